/**
 * Hears which names changed and tells the page, which then fetches: `cl:inbox`, `cl:conversation.42`, `cl:typing`.
 * Where sockets are not available it asks every few seconds, and it says how fresh the page is.
 */
const REFUSED = 4403
const LONGEST_WAIT_MS = 30_000
const ASK_MS = 30_000
const ANSWER_MS = 10_000

customElements.define("cl-live", class extends HTMLElement {
  connectedCallback() {
    this.topics = this.dataset.topics.split(" ")
    this.versions = JSON.parse(this.dataset.versions)
    this.failures = 0
    this.leaving = new AbortController()
    const { signal } = this.leaving
    document.addEventListener("visibilitychange", () => document.hidden || this.#again(), { signal })
    addEventListener("online", () => this.#again(), { signal })
    addEventListener("offline", () => this.#cutOff(), { signal })
    addEventListener("pagehide", () => this.#hangUp(), { signal })
    addEventListener("pageshow", ({ persisted }) => persisted && this.#again(), { signal })
    this.#again()
  }

  disconnectedCallback() {
    this.leaving.abort()
    clearTimeout(this.timer)
    this.#hangUp()
  }

  #hangUp() {
    clearTimeout(this.asking)
    this.socket?.close()
    this.socket = null
  }

  /** A socket may seem open long after the network went away. */
  #cutOff() {
    clearTimeout(this.timer)
    this.#hangUp()
    this.#say("offline")
  }

  /** Looks now, whatever was planned. */
  #again() {
    clearTimeout(this.timer)
    if (this.#isOpen) return
    if ("usesSockets" in this.dataset && !this.isRefused) this.#open()
    else this.#poll()
  }

  get #isOpen() {
    return this.socket && this.socket.readyState <= WebSocket.OPEN
  }

  #open() {
    const url = new URL(this.dataset.socket, location.href)
    url.protocol = url.protocol.replace("http", "ws")
    let socket
    try {
      socket = new WebSocket(url)
    } catch {
      // Some browsers, and extensions, allow no sockets at all.
      return this.#poll()
    }
    this.socket = socket
    const lost = (code) => socket === this.socket && this.#lost(code)
    socket.addEventListener("open", () => this.#ask())
    socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(data)))
    socket.addEventListener("close", ({ code }) => lost(code))
    // What the page's policy refuses is never closed, there is only an error.
    socket.addEventListener("error", () => socket.readyState === WebSocket.CLOSED && lost())
    this.#await()
  }

  /** Asks what is current; again and again, because a line can be dead without a word, and a hint can be lost. */
  #ask() {
    this.socket.send(JSON.stringify({ watch: this.topics }))
    this.#await()
  }

  #await() {
    clearTimeout(this.asking)
    this.asking = setTimeout(() => this.#lost(), ANSWER_MS)
  }

  #lost(code) {
    this.isRefused = code === REFUSED
    this.#hangUp()
    if (!this.isConnected || document.hidden) return
    this.#poll()
  }

  #hear(message) {
    if (message.watching) {
      this.failures = 0
      clearTimeout(this.asking)
      this.asking = setTimeout(() => this.#ask(), ASK_MS)
      this.#say("live")
      return this.#compare(message.watching)
    }
    const name = message.what === "typing" ? "typing" : message.topic
    this.#tell(name, message)
  }

  /** Tells about every topic whose version is another than the page knows. */
  #compare(versions) {
    const changed = this.topics.filter((topic) => versions[topic] !== this.versions[topic])
    this.versions = versions
    for (const topic of changed) this.#tell(topic, { topic, what: "missed" })
  }

  #tell(name, detail) {
    document.body.dispatchEvent(new CustomEvent(`cl:${name}`, { detail }))
  }

  async #poll() {
    try {
      const query = new URLSearchParams(this.topics.map((topic) => ["topic", topic]))
      const answer = await fetch(`${this.dataset.stateUrl}?${query}`, { redirect: "error", cache: "no-cache" })
      if (!answer.ok) throw new Error(answer.status)
      this.#compare((await answer.json()).versions)
      if (!this.#isOpen) this.#say("polling")
    } catch {
      this.#say("offline")
    }
    this.#plan()
  }

  /** Polls at an even pace, and gives the socket another try after ever longer waits. */
  #plan() {
    clearTimeout(this.timer)
    if (!this.isConnected || document.hidden || this.#isOpen) return
    const now = Date.now()
    this.retryAt ??= now + Math.min(1000 * 2 ** this.failures++, LONGEST_WAIT_MS)
    this.timer = setTimeout(() => {
      if (Date.now() < this.retryAt) return this.#poll()
      this.retryAt = null
      this.#again()
    }, Math.max(250, Math.min(this.retryAt - now, Number(this.dataset.pollSeconds) * 1000)))
  }

  #say(state) {
    if (this.dataset.state === state) return
    this.dataset.state = state
    this.textContent = this.dataset[state]
  }
})
