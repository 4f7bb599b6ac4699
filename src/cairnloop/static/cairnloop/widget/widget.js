/**
 * The chat a customer sees: one element with a shadow root, no globals, nothing fetched but from its own server.
 *
 * What the customer wrote is kept in the browser until the server has acknowledged it, and is sent again with the
 * same client id until then. Messages are shown in the order of their sequence, never in the order of arrival.
 */
(() => {
  "use strict"

  const script = document.currentScript
  const TAG = "cairnloop-widget"
  const PROTOCOL = "cairnloop.v1"
  const PROOF_ENDED = 4401
  const PATIENCE = 15_000
  const HEARTBEAT = 45_000
  const SOCKET_AGAIN = 60_000
  const QUIET = 2_000
  const TYPING_EVERY = 3_000
  const TYPING_SHOWN = 6_000
  const SAID = 10_000
  const GROUP = 5 * 60_000
  const DAY = 24 * 60 * 60_000
  const FOLLOWED = 6
  /** How many conversations with unread answers the server tells of at most. */
  const UNREAD_TOLD = 10
  /** How a conversation is called that does not exist yet and that the customer asked for. */
  const CHOSEN = "new:chosen:"

  /** English, until the server has said what the page's language is. */
  const ENGLISH = {
    open: "Open chat", close: "Close chat", back: "All conversations", dialog: "Chat with {name}", log: "Messages",
    one_new: "{count} new answer", many_new: "{count} new answers",
    hello: "How can we help?", hello_name: "Hi {name}, how can we help?",
    hello_more: "A person reads every message. You can leave, we keep your place.",
    answers_here: "Answers arrive here", answered: "{name} answered {time}", is_resolved: "This conversation is resolved",
    your_conversations: "Your conversations", new_conversation: "New conversation", untitled: "Conversation",
    open_status: "Open", resolved_status: "Resolved", archived_status: "Closed", is_archived: "This conversation is closed",
    more: "Show older conversations",
    write: "Write a message", your_message: "Your message", send: "Send",
    keys: "Enter sends, Shift and Enter starts a new line.", reopens: "Writing again reopens this conversation.",
    kept: "What you type is kept on this device.",
    too_long: "{count} characters too many. Shorten it, or send it in parts.",
    sending: "Sending", sent: "Sent {time}", waiting: "Not sent yet.", not_sent: "Not sent: {reason}",
    try_now: "Try now", try_again: "Try again", edit: "Edit",
    said: "{name}, {time}", you_said: "You", support: "Support", writing: "{name} is writing", someone: "Someone",
    today: "Today", yesterday: "Yesterday",
    resolved_by: "Resolved by {name} at {time}", resolved_at: "Resolved at {time}",
    rate: "How was this for you?", good: "Good", not_good: "Not good",
    thanks: "Thank you. Your answer is saved, and you can still change it.",
    rate_kept: "Not sent yet. It is kept, and sent when the connection is back.",
    offline: "No connection. Trying again by itself.",
    refused: "We could not confirm who you are. Reload the page to go on, your text is kept.",
    limited: "That was a lot at once. The rest is sent in {seconds} seconds.",
    old: "Written earlier and not sent. Send it now?", reload: "Reload",
  }

  const ICONS = {
    chat: ["M2.992 16.342a2 2 0 0 1 .094 1.167l-1.065 3.29a1 1 0 0 0 1.236 1.168l3.413-.998a2 2 0 0 1 1.099.092 10 10 0 1 0-4.777-4.719"],
    close: ["M18 6 6 18", "m6 6 12 12"],
    back: ["m15 18-6-6 6-6"],
    next: ["m9 18 6-6-6-6"],
    send: ["m5 12 7-7 7 7", "M12 19V5"],
    check: ["M20 6 9 17l-5-5"],
    done: ["M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0", "m16 9-5.5 5.5L8 12"],
    alert: ["M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0", "M12 8v4", "M12 16h.01"],
    offline: ["M12 20h.01", "M8.5 16.429a5 5 0 0 1 7 0", "M5 12.859a10 10 0 0 1 5.17-2.69", "M19 12.859a10 10 0 0 0-2.007-1.523",
      "M2 8.82a15 15 0 0 1 4.177-2.643", "M22 8.82a15 15 0 0 0-11.288-3.764", "m2 2 20 20"],
    up: ["M15 5.88 14 10h5.83a2 2 0 0 1 1.92 2.56l-2.33 8A2 2 0 0 1 17.5 22H4a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2h2.76a2 2 0 0 0 1.79-1.11L12 2a3.13 3.13 0 0 1 3 3.88Z", "M7 10v12"],
    down: ["M9 18.12 10 14H4.17a2 2 0 0 1-1.92-2.56l2.33-8A2 2 0 0 1 6.5 2H20a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-2.76a2 2 0 0 0-1.79 1.11L12 22a3.13 3.13 0 0 1-3-3.88Z", "M17 14V2"],
  }

  /** Make an element; attributes that start with "on" are listeners, false and null are left out. */
  const h = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value)
      else if (value === true) node.setAttribute(name, "")
      else if (value !== false && value != null) node.setAttribute(name, value)
    }
    node.append(...children.filter((child) => child != null && child !== false))
    return node
  }

  const icon = (name) => {
    const draw = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag)
    const svg = draw("svg")
    svg.setAttribute("viewBox", "0 0 24 24")
    svg.setAttribute("aria-hidden", "true")
    for (const line of ICONS[name]) svg.appendChild(draw("path")).setAttribute("d", line)
    return svg
  }

  /** Hosts that require trusted types allow ours by its name, "cairnloop". */
  let policy
  const trusted = (html) => {
    policy ??= window.trustedTypes?.createPolicy("cairnloop", { createHTML: (given) => given })
    return policy ? policy.createHTML(html) : html
  }

  const TAGS = new Set(["A", "BLOCKQUOTE", "BR", "CODE", "DEL", "EM", "H1", "H2", "H3", "H4", "H5", "H6", "HR", "LI", "OL", "P", "PRE", "S",
    "STRONG", "TABLE", "TBODY", "TD", "TH", "THEAD", "TR", "UL"])

  /** Rebuild the server's sanitised HTML from the few elements a message may hold: nothing else can get in. */
  const prose = (html) => {
    const rebuild = (from, into) => {
      for (const child of from.childNodes) {
        if (child.nodeType === Node.TEXT_NODE) into.append(child.data)
        if (child.nodeType !== Node.ELEMENT_NODE) continue
        if (!TAGS.has(child.tagName)) { rebuild(child, into); continue }
        const fresh = document.createElement(child.tagName)
        const href = child.tagName === "A" ? child.getAttribute("href") ?? "" : ""
        if (/^(https?:|mailto:)/i.test(href)) {
          Object.assign(fresh, { href, target: "_blank", rel: "noopener noreferrer nofollow" })
        }
        rebuild(child, fresh)
        into.append(fresh)
      }
      return into
    }
    return rebuild(new DOMParser().parseFromString(trusted(html), "text/html").body, h("div", { class: "bubble prose" }))
  }

  /** Bring a parent's children in line with `items` and touch only what changed, so that a log reads out additions. */
  const reconcile = (parent, items) => {
    const old = new Map([...parent.children].map((node) => [node.dataset.key, node]))
    let at = parent.firstElementChild
    for (const { key, mark = "", make, refresh } of items) {
      let node = old.get(key)
      old.delete(key)
      if (node && node.mark !== mark) {
        if (at === node) at = node.nextElementSibling
        node.remove()
        node = null
      }
      if (!node) {
        node = make()
        node.dataset.key = key
        node.mark = mark
      }
      refresh?.(node)
      if (node === at) at = node.nextElementSibling
      else parent.insertBefore(node, at)
    }
    old.forEach((node) => node.remove())
  }

  /** What a rating is kept by while it is unsent: one per resolution, so that the last choice wins. */
  const ratingId = (conversation, resolution) => `rating.${conversation}.${resolution}`

  const newId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16))
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
  }
  const utf8 = (text) => String.fromCharCode(...new TextEncoder().encode(text))
  const fill = (text, words) => text.replace(/\{(\w+)\}/g, (all, word) => words[word] ?? all)
  const initials = (name) => {
    const words = name.trim().split(/\s+/)
    return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word][0] ?? "").join("").toUpperCase()
  }
  /** The list does not count further. */
  const upToNine = (count) => count > 9 ? "9+" : `${count}`
  const jittered = (wait) => wait * (0.6 + Math.random() * 0.4)

  /** One customer's corner of the browser's storage; a browser that forbids storage keeps things for this page only. */
  class Keeper {
    #spare = new Map()
    constructor(owner) { this.prefix = `cairnloop.${owner}.` }

    put(area, key, value) {
      try {
        if (value === null) area().removeItem(this.prefix + key)
        else area().setItem(this.prefix + key, JSON.stringify(value))
      } catch { this.#spare.set(key, value) }
    }

    get(area, key) {
      try { return JSON.parse(area().getItem(this.prefix + key)) ?? this.#spare.get(key) ?? null } catch { return this.#spare.get(key) ?? null }
    }

    all(area, start) {
      try {
        const names = Object.keys(area()).filter((name) => name.startsWith(this.prefix + start))
        return names.map((name) => this.get(area, name.slice(this.prefix.length))).filter(Boolean)
      } catch { return [] }
    }
  }
  const lasting = () => localStorage
  const passing = () => sessionStorage

  /** Carries frames: over a socket, and by HTTP while sockets do not work. Silent about how. */
  class Line {
    #socket = null
    #timer = 0
    #beat = 0
    #failures = 0
    #polling = false
    #stopped = true
    #pollSeconds = 4
    #socketsOff = false
    #socketAgainAt = 0
    #renewed = false
    #isAsking = false
    #askAgain = false

    /** `owner` has hear(frame), connected(), turned(state, detail) and positions(). */
    constructor(owner, { base, socket, token, tokenUrl, language }) {
      Object.assign(this, { owner, base, tokenUrl, language })
      this.socketUrl = socket
      this.token = token
    }

    get isUp() { return this.#polling || (this.#socket?.isReady ?? false) }

    get #maySocket() { return this.socketUrl && !this.#socketsOff && "WebSocket" in window }

    start() { this.#stopped = false; this.#connect() }

    stop() { this.#stopped = true; this.#drop() }

    /** Try at once, because the network or the visitor came back. */
    hurry() {
      if (this.#stopped) return
      if (this.isUp) this.#ping()
      else { this.#failures = 0; this.#connect() }
    }

    /** The other end does not answer: begin anew. */
    reset() { this.#drop(); this.#connect() }

    configure({ poll_seconds: seconds, sockets }) {
      this.#pollSeconds = seconds
      this.#socketsOff = !sockets
    }

    send(frame) {
      if (this.#socket?.isReady) this.#socket.send(JSON.stringify(frame))
      else if (this.#polling) this.#post(frame)
    }

    /** Ask for what comes after a sequence, and for whatever follows. */
    follow(conversation, after) {
      if (this.#socket?.isReady) this.send({ type: "join", conversation, after })
      else if (this.#polling) this.#poll()
    }

    #connect() {
      clearTimeout(this.#timer)
      if (this.#stopped || this.#socket) return
      if (!this.token) this.#renew()
      else if (this.#maySocket) this.#openSocket()
      else this.#knock()
    }

    #drop() {
      clearTimeout(this.#timer)
      clearInterval(this.#beat)
      this.#polling = false
      const socket = this.#socket
      this.#socket = null
      socket?.close()
    }

    #later() {
      this.owner.turned("offline")
      const wait = Math.min(30_000, 500 * 2 ** this.#failures++)
      this.#timer = setTimeout(() => this.#connect(), jittered(wait))
    }

    #openSocket() {
      const url = new URL(this.socketUrl, location.href)
      url.protocol = url.protocol.replace("http", "ws")
      url.searchParams.set("lang", this.language)
      // The token travels as a subprotocol: an address would end up in access logs.
      const token = btoa(utf8(this.token)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")
      let socket
      try {
        socket = new WebSocket(url, [PROTOCOL, `cl-token.${token}`])
      } catch {
        // Some browsers, and extensions, allow no sockets at all.
        return this.#noSocket()
      }
      this.#socket = socket
      const over = ({ code }) => {
        clearTimeout(deadline)
        if (this.#socket !== socket) return
        this.#socket = null
        clearInterval(this.#beat)
        if (this.#stopped) return
        if (code === PROOF_ENDED) this.#renew()
        else if (socket.isReady) this.#later()
        else this.#noSocket()
      }
      const deadline = setTimeout(() => {
        socket.close()
        // Its end may never be told: nobody on the other side says goodbye.
        over({})
      }, PATIENCE)
      socket.onmessage = ({ data }) => {
        if (this.#socket !== socket) return
        const frame = JSON.parse(data)
        this.silentSince = 0
        if (frame.type === "ready" && !socket.isReady) {
          clearTimeout(deadline)
          socket.isReady = true
          this.#polling = false
          clearTimeout(this.#timer)
          this.#welcome()
          this.#beat = setInterval(() => document.hidden || this.#ping(), HEARTBEAT)
        }
        this.owner.hear(frame)
      }
      socket.onclose = over
      // What the page's policy refuses is never closed, there is only an error.
      socket.onerror = () => socket.readyState === WebSocket.CLOSED && over({})
    }

    #noSocket() {
      this.#socketAgainAt = Date.now() + SOCKET_AGAIN
      if (!this.#polling) this.#knock()
    }

    /** Find out over HTTP how things stand: a browser does not say why a socket was refused. */
    async #knock() {
      const answers = await this.#fetch("frames/", { type: "list" })
      if (!answers || this.#stopped || this.#socket) return
      if (answers[0]?.type !== "ready") return this.#later()
      this.#polling = true
      this.#welcome()
      answers.forEach((frame) => this.owner.hear(frame))
      this.#poll()
    }

    #welcome() {
      this.#failures = 0
      this.#renewed = false
      this.owner.turned("up")
      this.owner.connected()
    }

    /** Ask for the list, then for what is new in whatever it says has grown. One round at a time. */
    async #poll() {
      clearTimeout(this.#timer)
      this.#askAgain = this.#isAsking
      if (this.#isAsking) return
      this.#isAsking = true
      const isDone = await this.#ask()
      this.#isAsking = false
      if (!isDone || !this.#polling || this.#stopped) return
      if (this.#askAgain) return this.#poll()
      clearTimeout(this.#timer)
      if (!this.#socket && this.#maySocket && Date.now() > this.#socketAgainAt) this.#openSocket()
      this.#timer = setTimeout(() => this.#poll(), this.#pollSeconds * 1000 * (document.hidden ? 5 : 1))
    }

    async #ask() {
      const list = await this.#fetch("updates/")
      if (!list) return false
      list.forEach((frame) => this.owner.hear(frame))
      this.#askAgain = false
      for (const [conversation, after] of this.owner.positions()) {
        let page = { more: true, after }
        while (page?.more && this.#polling) {
          const answers = await this.#fetch(`updates/?conversation=${conversation}&after=${page.messages?.at(-1)?.sequence ?? page.after}`)
          if (!answers) return false
          answers.forEach((frame) => this.owner.hear(frame))
          page = answers[0]
        }
      }
      return true
    }

    async #post(frame) {
      const answers = await this.#fetch("frames/", frame)
      if (answers) answers.forEach((answer) => this.owner.hear(answer))
    }

    /** Return the answering frames, or nothing after having said what is wrong. */
    async #fetch(path, frame) {
      const url = new URL(this.base + path, location.href)
      url.searchParams.set("lang", this.language)
      let response, answers
      try {
        response = await fetch(url, {
          method: frame ? "POST" : "GET",
          body: frame && JSON.stringify(frame),
          headers: { Authorization: `Bearer ${utf8(this.token)}`, ...(frame && { "Content-Type": "application/json" }) },
          credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(PATIENCE),
        })
        answers = await response.json()
      } catch {
        this.#polling = false
        if (!this.#stopped) this.#later()
        return null
      }
      const code = answers[0]?.type === "error" ? answers[0].code : ""
      if (code === "refused") { this.#polling = false; this.#renew(); return null }
      if (code === "foreign_origin") { this.#polling = false; this.owner.turned("refused"); return null }
      if (code === "too_many_attempts") {
        this.#polling = false
        this.owner.turned("offline")
        this.#timer = setTimeout(() => this.#connect(), jittered(answers[0].retry_after * 1500))
        return null
      }
      return answers
    }

    /** Ask the host for a fresh token; without one, or if that is refused as well, the visitor has to reload. */
    async #renew() {
      if (!this.tokenUrl || this.#renewed) return this.owner.turned("refused")
      this.#renewed = true
      try {
        const response = await fetch(this.tokenUrl, { credentials: "same-origin", headers: { Accept: "application/json" }, cache: "no-store" })
        if (response.status >= 500) throw new Error("try again")
        const { token } = await response.json().catch(() => ({}))
        if (!response.ok || !token) return this.owner.turned("refused")
        this.token = token
      } catch {
        this.#renewed = false
        return this.#later()
      }
      this.#connect()
    }

    #ping() {
      if (!this.#socket?.isReady) return this.#polling && this.#poll()
      if (this.silentSince) return
      this.silentSince = Date.now()
      this.send({ type: "ping" })
      const socket = this.#socket
      setTimeout(() => { if (this.#socket === socket && this.silentSince) this.reset() }, PATIENCE)
    }
  }

  class Widget extends HTMLElement {
    #line = null
    #keeper = new Keeper("unknown")
    #words = ENGLISH
    #config = { name: "", visitor: "", store: "", message_limit: Infinity }
    #conversations = new Map()
    #followed = new Set()
    #outbox = []
    #flying = null
    #waitUntil = 0
    #retries = 0
    #current = null
    #next = null
    #wantsOlder = false
    #view = "thread"
    #state = "connecting"
    #notice = ""
    #noticeTimer = 0
    #typedAt = 0
    #drawing = false
    #isLoaded = false
    #cleanUp = null

    connectedCallback() {
      const given = { ...script?.dataset, ...this.dataset }
      this.#current ??= this.#fresh()
      if (!this.shadowRoot) this.#build(given)
      this.lang ||= given.lang || document.documentElement.lang || "en"
      const base = given.base ?? "/support/widget/"
      this.#line ??= new Line(this.#ear(), {
        base,
        socket: given.socket === "off" ? "" : given.socket || `${base}socket/`,
        token: given.token ?? "",
        tokenUrl: given.tokenUrl ?? "",
        language: this.lang,
      })
      const quitting = new AbortController()
      const on = (target, name, act) => target.addEventListener(name, act, { signal: quitting.signal })
      on(window, "online", () => this.#line.hurry())
      on(document, "visibilitychange", () => { if (!document.hidden) { this.#line.hurry(); this.#draw() } })
      this.#cleanUp = quitting
      this.#followTheme(given.theme, quitting.signal)
      if (given.store) this.#meet({ ...this.#config, store: given.store })
      const wasOpen = this.#remembered()
      if (wasOpen === "open" || (wasOpen === null && given.open)) this.open({ focus: false })
      this.#line.start()
      this.#draw()
    }

    disconnectedCallback() {
      this.#line.stop()
      this.#cleanUp.abort()
    }

    /** Show the chat and put the cursor into it. */
    open({ focus = true } = {}) {
      this.toggleAttribute("open", true)
      this.#remember("open")
      this.#draw(true)
      if (!focus) return
      const keyboard = matchMedia("(pointer: fine)").matches && this.#view === "thread"
      ;(keyboard ? this.parts.text : this.parts.panel).focus()
    }

    /** Hide the chat; what was typed stays. */
    close() {
      const hadFocus = this.shadowRoot.activeElement
      this.toggleAttribute("open", false)
      this.#remember("closed")
      this.#draw(true)
      if (hadFocus) this.parts.launcher.focus()
    }

    get #isOpen() { return this.hasAttribute("open") }

    #remembered() { try { return sessionStorage.getItem("cairnloop.is") } catch { return null } }
    #remember(what) { try { sessionStorage.setItem("cairnloop.is", what) } catch { /* forgotten with the page */ } }

    // ------------------------------------------------------------------ what the server says

    #ear() {
      return {
        hear: (frame) => { this.#hear(frame); this.#draw() },
        connected: () => { this.#followed.clear(); this.#flying = null },
        turned: (state) => { this.#turn(state); this.#draw() },
        positions: () => this.#behind().map(({ id, after }) => [id, after]),
      }
    }

    #hear(frame) {
      const known = this.#conversations.get(frame.conversation)
      if (frame.type === "ready") this.#begin(frame)
      if (frame.type === "conversations") this.#learn(frame)
      if (frame.type === "messages") this.#receive(frame)
      if (frame.type === "ack") this.#acknowledged(frame)
      if (frame.type === "status" && known) Object.assign(known, { status: frame.status, rating: frame.rating })
      if (frame.type === "rated") this.#rated(frame, known)
      if (frame.type === "typing" && known) this.#someoneTypes(known)
      if (frame.type === "error") this.#failed(frame)
    }

    #begin(frame) {
      const { config } = frame
      this.#meet(config)
      this.#words = { ...ENGLISH, ...config.strings }
      this.#line.configure(config)
      this.#learn(frame)
      if (!this.#isLoaded) this.#next = frame.next
      const latest = this.#latest()
      const last = latest.find(({ status }) => status !== "archived")
      if (!this.#isLoaded && last && !this.parts.text.value && !this.#waiting().length) this.#current = last.id
      this.#isLoaded = true
      const wanted = latest.filter((each) => each.status === "open" || each.id === this.#current || each.total > each.seen)
      wanted.slice(0, FOLLOWED).forEach((each) => this.#follow(each.id))
      if (this.#wantsOlder) this.#showOlder()
      // What was shown without a connection, or just before it broke.
      for (const { conversation: id, seen } of [...frame.conversations, ...frame.unread]) this.#tellSeen(this.#conversations.get(id), seen)
      this.#flush()
    }

    #latest() { return [...this.#conversations.values()].sort((a, b) => b.at - a.at) }

    /** Take in a page of the list: the first one again because something changed, or an older one that was asked for. */
    #learn({ conversations, unread = [], before, next }) {
      const isNews = this.#isLoaded && !before
      const begun = isNews ? conversations.find((line) => line.status !== "archived" && !this.#conversations.has(line.conversation)) : null
      const grown = []
      const lines = [...conversations, ...unread]
      if (!before) this.#learnWhatIsRead(lines)
      for (const line of lines) {
        const { conversation: id, subject, status, rating, sequence, last_activity_at: at } = line
        const known = this.#conversations.get(id) ?? this.#unknown(id)
        if (isNews && sequence > Math.max(known.after, known.total)) grown.push(id)
        this.#conversations.set(id, Object.assign(known, { subject, status, rating, unread: line.unread, seen: Math.max(known.seen, line.seen), total: sequence, at: Date.parse(at) }))
      }
      if (before) {
        this.#next = next
        this.#wantsOlder = false
      }
      if (begun) this.#adopt(begun.conversation)
      // What has grown elsewhere is read here as well, even if the other end stopped following it for lack of room.
      grown.forEach((id) => { this.#followed.delete(id); this.#follow(id) })
    }

    /** What is not told any more has been read elsewhere, unless there is more that is unread than is told. */
    #learnWhatIsRead(lines) {
      if (lines.filter(({ unread }) => unread).length >= UNREAD_TOLD) return
      const told = new Set(lines.map(({ conversation: id }) => id))
      for (const known of this.#conversations.values()) {
        if (!told.has(known.id)) Object.assign(known, { unread: 0, seen: Math.max(known.seen, known.total) })
      }
    }

    #unknown(id) { return { id, after: 0, total: 0, seen: 0, unread: 0, rating: "", messages: new Map() } }

    /** A conversation began elsewhere: an empty new chat shows it, unless the customer asked for a new one. */
    #adopt(id) {
      if (!this.#current.startsWith("new:") || this.#current.startsWith(CHOSEN)) return
      // What may have been stored already is only ever sent again as it was.
      for (const entry of this.#waiting().filter((each) => !each.isTried)) {
        entry.conversation = id
        this.#keep(entry)
      }
      this.#current = id
      this.#keepDraft()
      this.#follow(id)
    }

    /** What polling has to ask for: what is in view, and what the list says is longer than what we have. */
    #behind() {
      const followed = [...this.#followed].map((id) => this.#conversations.get(id)).filter(Boolean)
      return followed.filter((each) => each.id === this.#current || !each.loaded || each.after < each.total)
    }

    /** Take up what this customer left unsent; of another customer than before nothing may stay in view. */
    #meet(config) {
      const before = this.#config.store
      this.#config = config
      if (before === config.store) return
      if (before) {
        this.#conversations.clear()
        this.#followed.clear()
        this.#outbox = []
        this.#isLoaded = this.#wantsOlder = false
        this.#current = this.#fresh()
        this.parts.text.value = ""
      }
      this.#keeper = new Keeper(config.store)
      const stored = this.#keeper.all(lasting, "out.").sort((a, b) => a.at - b.at)
      for (const entry of stored) entry.isOld = !entry.rating && Date.now() - entry.at > DAY
      this.#outbox.forEach((entry) => this.#keep(entry))
      this.#outbox = [...stored, ...this.#outbox]
      const last = stored.findLast(({ rating }) => !rating)
      if (last) this.#current = last.conversation
      const draft = this.#keeper.get(passing, "draft")
      if (draft && !this.parts.text.value) {
        this.parts.text.value = draft.text
        this.#current = draft.conversation ?? this.#current
      }
      this.#keepDraft()
    }

    #follow(id) {
      if (id.startsWith("new:") || this.#followed.has(id)) return
      this.#followed.add(id)
      this.#line.follow(id, this.#conversations.get(id)?.after ?? 0)
    }

    #receive({ conversation: id, status, rating, messages, after, more }) {
      const known = this.#conversations.get(id)
      if (!known) return
      if (after > known.after) {
        // Something between is missing: ask again from where we are.
        this.#followed.delete(id)
        return this.#follow(id)
      }
      Object.assign(known, { status, rating, loaded: !more })
      for (const message of messages) {
        known.messages.set(message.sequence, message)
        known.after = Math.max(known.after, message.sequence)
        known.at = Math.max(known.at, Date.parse(message.created_at))
        if (message.role === "operator") known.typing = 0
        if (message.client_id) this.#settle(message.client_id, id)
      }
    }

    #acknowledged({ client_id: clientId, conversation: id, sequence }) {
      this.#retries = 0
      const entry = this.#settle(clientId, id)
      const known = this.#conversations.get(id)
      if (entry && !known.messages.has(sequence)) {
        const message = { sequence, role: "customer", kind: "message", text: entry.text, client_id: clientId, created_at: new Date(entry.at).toISOString() }
        known.messages.set(sequence, message)
      }
      if (known) this.#follow(id)
      this.#flush()
    }

    /** A message is stored: what waited for the same new conversation now knows its name. */
    #settle(clientId, id) {
      const entry = this.#drop(clientId)
      if (!entry) return null
      const subject = entry.text.split("\n", 1)[0]
      const known = this.#conversations.get(id) ?? { ...this.#unknown(id), loaded: true, subject }
      this.#conversations.set(id, Object.assign(known, { at: Date.now(), status: "open" }))
      for (const other of this.#outbox.filter((each) => each.conversation === entry.conversation)) {
        other.conversation = id
        this.#keep(other)
      }
      if (this.#current === entry.conversation) {
        this.#current = id
        this.#keepDraft()
      }
      return entry
    }

    #failed({ code, message, client_id: clientId, conversation, retry_after: seconds }) {
      // What is no frame to the server has no client id either, and only a message can be too large.
      const flying = this.#outbox.find((each) => each.client_id === this.#flying)
      const isFlying = code.startsWith("frame_") || (flying?.rating && flying.conversation === conversation)
      const about = clientId ?? (isFlying ? this.#flying : null)
      const entry = this.#outbox.find((each) => each.client_id === about)
      if (!entry) {
        if (code === "not_found" && this.#conversations.has(conversation)) this.#forget(conversation)
        return
      }
      this.#flying = null
      if (code === "rate_limited") return this.#wait(seconds * 1000, fill(this.#words.limited, { seconds }))
      if (code === "unavailable") return this.#wait(jittered(Math.min(30_000, 1000 * 2 ** this.#retries++)), "")
      if (code === "not_found") this.#forget(conversation)
      if (entry.rating) {
        this.#drop(about)
        // Where it would stand the question may be gone, because the conversation goes on.
        this.#say(message, SAID)
        return this.#flush()
      }
      if (code === "not_found") entry.conversation = this.#current = this.#fresh()
      entry.problem = message
      this.#keep(entry)
      this.#flush()
    }

    /** A rating is stored; what was chosen meanwhile is still to be sent. */
    #rated({ conversation: id, rating }, known) {
      const entry = this.#outbox.find((each) => each.client_id === this.#flying)
      if (entry?.rating && entry.conversation === id) this.#flying = null
      if (entry?.rating === rating && entry.conversation === id) this.#drop(entry.client_id)
      if (known) known.rating = rating
      this.#flush()
    }

    #forget(id) {
      this.#conversations.delete(id)
      this.#followed.delete(id)
      if (this.#current === id) this.#current = this.#fresh()
    }

    #wait(milliseconds, notice) {
      this.#waitUntil = Date.now() + milliseconds
      this.#say(notice, milliseconds)
    }

    #say(notice, milliseconds) {
      this.#notice = notice
      setTimeout(() => { this.#notice = ""; this.#flush(); this.#draw() }, milliseconds + 50)
    }

    #someoneTypes(known) {
      known.typing = Date.now() + TYPING_SHOWN
      setTimeout(() => this.#draw(), TYPING_SHOWN + 50)
    }

    #turn(state) {
      if (state !== "up") this.#flying = null
      if (state === "offline") {
        // A reconnect that takes a moment is nobody's business.
        this.#noticeTimer ||= setTimeout(() => { this.#state = "offline"; this.#draw() }, QUIET)
        return
      }
      clearTimeout(this.#noticeTimer)
      this.#noticeTimer = 0
      this.#state = state
      if (state === "up") this.#notice = ""
    }

    // ------------------------------------------------------------------ what the customer says

    #fresh(kind = "new:") { return kind + newId() }

    #keep(entry) { if (this.#config.store) this.#keeper.put(lasting, `out.${entry.client_id}`, entry) }

    #drop(clientId) {
      const entry = this.#outbox.find((each) => each.client_id === clientId)
      this.#outbox = this.#outbox.filter((each) => each !== entry)
      this.#keeper.put(lasting, `out.${clientId}`, null)
      if (this.#flying === clientId) this.#flying = null
      return entry
    }

    #write() {
      // Half a character cannot be stored.
      const text = this.parts.text.value.trim().replace(/[\ud800-\udfff]/gu, "\ufffd")
      if (!text || [...text].length > this.#config.message_limit) return
      const entry = { client_id: newId(), text, conversation: this.#current, at: Date.now() }
      this.#outbox.push(entry)
      this.#keep(entry)
      this.parts.text.value = ""
      this.#typed()
      this.#flush()
    }

    /** One at a time and in order; whatever is not acknowledged stays. */
    #flush() {
      if (this.#flying || !this.#line?.isUp || !this.#isLoaded || Date.now() < this.#waitUntil) return
      const entry = this.#outbox.find((each) => !each.problem && !each.isOld)
      if (!entry) return
      this.#flying = entry.client_id
      entry.isTried = true
      this.#keep(entry)
      const { client_id, text, rating, conversation, resolution } = entry
      this.#line.send(rating ? { type: "rating", conversation, resolution, rating } : { type: "message", client_id, text, ...this.#whereTo(conversation) })
      setTimeout(() => { if (this.#flying === entry.client_id) { this.#flying = null; this.#line.reset() } }, PATIENCE)
    }

    /** Another tab may have begun one that is not told here yet; who asked for a new one gets it. */
    #whereTo(conversation) {
      if (!conversation.startsWith("new:")) return { conversation }
      return conversation.startsWith(CHOSEN) ? {} : { unless_begun: true }
    }

    #again(entry) {
      delete entry.problem
      delete entry.isOld
      this.#keep(entry)
      if (this.#line.isUp) this.#flush()
      else this.#line.hurry()
      this.#draw()
    }

    #edit(entry) {
      this.#drop(entry.client_id)
      this.parts.text.value = [this.parts.text.value, entry.text].filter(Boolean).join("\n")
      this.#typed()
      this.parts.text.focus()
    }

    #typed() {
      const { text } = this.parts
      this.#keepDraft()
      if (!CSS.supports("field-sizing", "content")) text.rows = Math.min(6, text.value.split("\n").length)
      const isConversation = this.#conversations.has(this.#current)
      if (text.value && isConversation && this.#line.isUp && Date.now() - this.#typedAt > TYPING_EVERY) {
        this.#typedAt = Date.now()
        this.#line.send({ type: "typing", conversation: this.#current })
      }
      this.#draw()
    }

    #keepDraft() {
      const text = this.parts.text.value
      if (this.#config.store) this.#keeper.put(passing, "draft", text ? { text, conversation: this.#current } : null)
    }

    #rate(resolution, rating) {
      const conversation = this.#current
      const made = { client_id: ratingId(conversation, resolution), conversation, resolution, at: Date.now() }
      const entry = this.#unsentRating(conversation, resolution) ?? made
      if (!this.#outbox.includes(entry)) this.#outbox.push(entry)
      entry.rating = rating
      this.#keep(entry)
      this.#flush()
      this.#draw()
    }

    #unsentRating(id, resolution) { return this.#outbox.find((each) => each.client_id === ratingId(id, resolution)) }

    #show(id) {
      this.#view = "thread"
      this.#current = id
      this.#follow(id)
      this.#draw(true)
      ;(matchMedia("(pointer: fine)").matches ? this.parts.text : this.parts.panel).focus()
    }

    /** Asked again after a reconnect, until the answer is here. */
    #showOlder() {
      this.#wantsOlder = true
      this.#line.send({ type: "list", before: this.#next })
    }

    #showAll() {
      this.#view = "list"
      if (this.#line.isUp) this.#line.send({ type: "list" })
      this.#draw(true)
      this.parts.panel.focus()
    }

    // ------------------------------------------------------------------ what is seen

    #build({ css, nonce }) {
      const root = this.attachShadow({ mode: "open" })
      const style = h("link", { rel: "stylesheet", href: css || new URL("widget.css", script?.src || location.href), nonce: script?.nonce || nonce })
      // Unstyled for a moment would be worse than absent for a moment.
      this.hidden = true
      style.onload = style.onerror = () => { this.hidden = false }
      const p = this.parts = {}
      p.launcher = h("button", { class: "launcher", type: "button", "aria-haspopup": "dialog", onclick: () => this.open() }, icon("chat"),
        p.unread = h("span", { class: "unread", "aria-hidden": "true" }))
      p.news = h("p", { class: "hidden", role: "status" })
      p.panel = h("section", { class: "panel", role: "dialog", tabindex: "-1", onkeydown: (event) => this.#key(event) },
        h("div", { class: "head" },
          p.back = h("button", { class: "icon", type: "button", onclick: () => this.#showAll() }, icon("back")),
          p.faces = h("div", { class: "faces", "aria-hidden": "true" }),
          h("div", { class: "title" }, p.name = h("h2"), p.line = h("p")),
          p.close = h("button", { class: "icon", type: "button", onclick: () => this.close() }, icon("close"))),
        p.notice = h("div", { class: "notice", role: "status" }),
        p.log = h("div", { class: "log", role: "log", "aria-live": "polite", tabindex: "0" }, p.thread = h("div", { class: "thread" })),
        p.list = h("div", { class: "log", "data-start": true }, p.lines = h("div", { class: "thread" })),
        p.form = h("form", { class: "write", onsubmit: (event) => { event.preventDefault(); this.#write() } },
          p.text = h("textarea", { rows: "1", "aria-describedby": "foot", oninput: () => this.#typed(), onkeydown: (event) => this.#enter(event) }),
          p.send = h("button", { class: "send", type: "submit" }, icon("send"))),
        p.foot = h("p", { class: "foot", id: "foot" }))
      root.append(style, p.launcher, p.news, p.panel)
    }

    #followTheme(given, quitting) {
      const chosen = () => {
        const theme = given || document.documentElement.dataset.theme
        if (theme === "dark" || theme === "light") this.dataset.theme = theme
        else delete this.dataset.theme
      }
      chosen()
      if (given) return
      const watching = new MutationObserver(chosen)
      watching.observe(document.documentElement, { attributeFilter: ["data-theme"] })
      quitting.addEventListener("abort", () => watching.disconnect())
    }

    #key(event) {
      if (event.key === "Escape" && !event.isComposing) { event.preventDefault(); event.stopPropagation(); return this.close() }
      if (event.key !== "Tab" || !this.#isFull) return
      // The page behind a full screen cannot be seen, so focus must not wander there.
      const stops = [...this.parts.panel.querySelectorAll("button, textarea, a[href], [tabindex='0']")].filter((each) => !each.disabled && each.checkVisibility())
      const edge = event.shiftKey ? stops[0] : stops.at(-1)
      const at = this.shadowRoot.activeElement
      if (at !== edge && !(event.shiftKey && at === this.parts.panel)) return
      event.preventDefault()
      ;(event.shiftKey ? stops.at(-1) : stops[0]).focus()
    }

    #enter(event) {
      // A phone's keyboard has no other way to begin a new line.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return
      event.preventDefault()
      this.#write()
    }

    get #isFull() { return matchMedia("(max-width: 480px)").matches }

    /** Draw once per turn, however much happened in it. */
    #draw(now = false) {
      if (now) return this.#drawAll()
      if (this.#drawing) return
      this.#drawing = true
      queueMicrotask(() => { this.#drawing = false; this.#drawAll() })
    }

    #drawAll() {
      const p = this.parts
      const w = this.#words
      const known = this.#conversations.get(this.#current)
      const isList = this.#view === "list"
      const support = this.#config.name || w.support
      this.#noteSeen(known)
      const unread = [...this.#conversations.values()].reduce((sum, each) => sum + this.#unread(each), 0)
      const news = this.#news(unread)
      set(p.launcher, "aria-label", [w.open, news].filter(Boolean).join(", "))
      p.launcher.hidden = this.#isOpen
      p.unread.hidden = !unread
      write(p.unread, upToNine(unread))
      write(p.news, this.#isOpen ? "" : news)
      p.panel.hidden = !this.#isOpen
      set(p.panel, "aria-label", fill(w.dialog, { name: support }))
      set(p.panel, "aria-modal", this.#isFull ? "true" : null)
      for (const [part, label] of [["back", w.back], ["close", w.close], ["log", w.log], ["text", w.your_message], ["send", w.send]]) set(p[part], "aria-label", label)
      p.text.placeholder = w.write
      p.back.hidden = isList || !this.#conversations.size
      write(p.name, isList ? w.your_conversations : support)
      write(p.line, isList ? support : this.#subtitle(known))
      this.#drawFaces(known)
      p.faces.hidden = isList
      this.#drawNotice()
      p.log.hidden = p.form.hidden = p.foot.hidden = isList
      p.list.hidden = !isList
      if (isList) this.#drawList()
      else this.#drawThread(known)
      const excess = [...p.text.value.trim()].length - this.#config.message_limit
      p.send.disabled = !p.text.value.trim() || excess > 0
      set(p.text, "aria-invalid", excess > 0 ? "true" : null)
      write(p.foot, this.#footnote(known, excess))
      p.foot.classList.toggle("bad", excess > 0)
    }

    #drawList() {
      const held = this.shadowRoot.activeElement?.closest("[data-key]")?.dataset.key
      reconcile(this.parts.lines, this.#listItems())
      if (!held || this.shadowRoot.activeElement) return
      // Whoever stood on a line that moved still stands on it.
      const line = [...this.parts.lines.querySelectorAll("[data-key]")].find(({ dataset }) => dataset.key === held)
      ;(line?.querySelector("button") ?? this.parts.panel).focus()
    }

    #drawThread(known) {
      const { log, thread } = this.parts
      const items = this.#threadItems(known)
      const isEmpty = !items.some(({ key }) => key !== "hello")
      set(log, "aria-busy", known && !known.loaded ? "true" : null)
      log.toggleAttribute("data-start", isEmpty)
      reconcile(thread, items)
    }

    #noteSeen(known) {
      if (!known || !this.#isOpen || document.hidden || this.#view !== "thread" || !this.#unread(known)) return
      const { seen } = known
      known.seen = Math.max(seen, ...known.messages.keys())
      this.#tellSeen(known, seen)
    }

    /** What is read here is read on every device of the customer. */
    #tellSeen({ id, seen }, toldBefore) {
      if (seen > toldBefore) this.#line.send({ type: "seen", conversation: id, sequence: seen })
    }

    /** How many answers came since the customer was shown the conversation, and since they last wrote. */
    #unread(known) {
      // The list knows them where not everything was loaded yet.
      if (!known.loaded) return known.unread
      const messages = [...known.messages.values()]
      const own = messages.filter(({ role }) => role === "customer").map(({ sequence }) => sequence)
      const from = Math.max(known.seen, ...own)
      return messages.filter(({ role, sequence }) => (role === "operator" || role === "outbound") && sequence > from).length
    }

    #news(count) {
      const { one_new: one, many_new: many } = this.#words
      return count ? fill(count === 1 ? one : many, { count: upToNine(count) }) : ""
    }

    #subtitle(known) {
      if (known && known.status !== "open") return this.#words[`is_${known.status}`]
      const last = this.#ordered(known).filter(({ role }) => role === "operator").at(-1)
      if (!last) return this.#words.answers_here
      const at = new Date(last.created_at)
      const time = this.#isToday(at) ? this.#time(at) : this.#day(at)
      return fill(this.#words.answered, { name: last.author_name || this.#words.support, time })
    }

    #drawFaces(known) {
      const names = [...new Set(this.#ordered(known).filter(({ role }) => role === "operator").map((each) => each.author_name).filter(Boolean))].slice(-2)
      const items = names.map((name) => ({ key: name, make: () => h("span", { class: "face" }, initials(name)) }))
      if (!items.length) items.push({ key: "", make: () => h("span", { class: "face" }, icon("chat")) })
      reconcile(this.parts.faces, items)
    }

    #drawNotice() {
      const w = this.#words
      const kinds = {
        offline: () => [icon("offline"), w.offline],
        refused: () => [icon("alert"), h("span", {}, w.refused), h("button", { type: "button", onclick: () => location.reload() }, w.reload)],
        waiting: () => [icon("alert"), this.#notice],
      }
      const kind = this.#state === "offline" || this.#state === "refused" ? this.#state : this.#notice ? "waiting" : ""
      const mark = kind + this.#notice
      const { notice } = this.parts
      notice.hidden = !kind
      if (notice.mark === mark) return
      notice.mark = mark
      notice.replaceChildren(...(kind ? kinds[kind]() : []))
    }

    #footnote(known, excess) {
      const w = this.#words
      if (excess > 0) return fill(w.too_long, { count: excess })
      if (this.#state === "offline" || this.#state === "refused") return w.kept
      if (known && known.status !== "open") return w.reopens
      return matchMedia("(pointer: fine)").matches ? w.keys : ""
    }

    #ordered(known) {
      return known ? [...known.messages.values()].sort((a, b) => a.sequence - b.sequence) : []
    }

    #threadItems(known) {
      const messages = this.#ordered(known)
      const waiting = this.#waiting()
      if (!messages.length && !waiting.length && !known) return [this.#hello()]
      const items = []
      let day = ""
      const asks = messages.filter(({ kind }) => kind === "csat_request").at(-1)
      messages.forEach((message, index) => {
        const at = new Date(message.created_at)
        const today = at.toDateString()
        if (today !== day) items.push(this.#dayItem(at))
        day = today
        if (message.kind !== "message") items.push(...this.#eventItems(message, at, message === asks ? known : null))
        else items.push(...this.#messageItems(message, at, isLastOfGroup(message, messages[index + 1], at)))
      })
      if (waiting.length && new Date().toDateString() !== day) items.push(this.#dayItem(new Date()))
      waiting.forEach((entry, index) => items.push(...this.#waitingItems(entry, !waiting[index + 1])))
      if (known?.typing > Date.now()) items.push(this.#typingItem(messages))
      return items
    }

    #waiting() { return this.#outbox.filter((each) => !each.rating && each.conversation === this.#current) }

    #hello() {
      const w = this.#words
      const name = [...this.#config.visitor.split(/\s+/)[0]].slice(0, 40).join("")
      const title = name ? fill(w.hello_name, { name }) : w.hello
      return { key: "hello", mark: title, make: () => h("div", { class: "hello" }, h("h3", {}, title), h("p", {}, w.hello_more)) }
    }

    #dayItem(at) {
      const label = this.#day(at)
      return { key: `day-${at.toDateString()}`, mark: label, make: () => h("p", { class: "day" }, label) }
    }

    #messageItems(message, at, isLast) {
      const w = this.#words
      const isOwn = message.role === "customer"
      const key = message.client_id || message.sequence
      const name = message.author_name || w.support
      const time = this.#time(at)
      const bubble = {
        key: `m-${key}`,
        make: () => isOwn ? this.#ownBubble(message.text)
          : h("div", { class: "line" }, h("span", { class: "face small", "aria-hidden": "true" }, initials(name)), this.#answer(message, name)),
      }
      if (!isLast) return [bubble]
      const label = isOwn ? fill(w.sent, { time }) : fill(w.said, { name, time })
      const meta = () => h("p", { class: isOwn ? "meta own" : "meta" }, isOwn && icon("check"), label)
      return [bubble, { key: `meta-${key}`, mark: label, make: meta }]
    }

    #ownBubble(text) {
      return h("p", { class: "bubble mine" }, h("span", { class: "hidden" }, `${this.#words.you_said}: `), text)
    }

    #answer({ html, text }, name) {
      let bubble
      try { bubble = prose(html ?? "") } catch { /* the host forbids parsing: show it as it was written */ }
      if (!bubble?.textContent) bubble = h("p", { class: "bubble plain" }, text)
      bubble.prepend(h("span", { class: "hidden" }, `${name}: `))
      return bubble
    }

    #waitingItems(entry, isLast) {
      const w = this.#words
      const isStuck = Boolean(entry.problem || entry.isOld) || this.#state === "offline" || this.#state === "refused"
      const bubble = { key: `m-${entry.client_id}`, make: () => this.#ownBubble(entry.text), refresh: (node) => node.classList.toggle("failed", isStuck) }
      if (!isStuck && !isLast) return [bubble]
      const again = (label) => h("button", { type: "button", onclick: () => this.#again(entry) }, label)
      const make = () => {
        if (!isStuck) return h("p", { class: "meta own" }, w.sending)
        if (!entry.problem && !entry.isOld) return h("p", { class: "meta own bad" }, icon("alert"), h("span", {}, w.waiting), again(w.try_now))
        const reason = entry.problem ? fill(w.not_sent, { reason: entry.problem }) : w.old
        return h("p", { class: "meta own bad" }, icon("alert"), h("span", {}, reason),
          again(w.try_again), h("button", { type: "button", onclick: () => this.#edit(entry) }, w.edit))
      }
      return [bubble, { key: `meta-${entry.client_id}`, mark: `${isStuck}${entry.problem}${entry.isOld}`, make }]
    }

    #eventItems(message, at, rated) {
      const w = this.#words
      const isRequest = message.kind === "csat_request"
      const words = { name: message.author_name, time: this.#time(at) }
      const label = isRequest ? fill(message.author_name ? w.resolved_by : w.resolved_at, words) : message.text
      const items = [{ key: `m-${message.sequence}`, mark: label, make: () => h("p", { class: "event" }, isRequest && icon("done"), label) }]
      if (rated?.status === "resolved") items.push(this.#ratingItem(rated, message.sequence))
      return items
    }

    #ratingItem(known, sequence) {
      const w = this.#words
      const choice = (value, name, label) => h("button", { class: "choice", type: "button", "data-rating": value, onclick: () => this.#rate(sequence, value) }, icon(name), label)
      return {
        key: `rate-${sequence}`,
        mark: w.rate,
        make: () => h("div", { class: "rate", role: "group", "aria-label": w.rate }, h("h3", {}, w.rate),
          h("div", { class: "choices" }, choice("positive", "up", w.good), choice("negative", "down", w.not_good)), h("p", { role: "status" })),
        refresh: (node) => {
          const unsent = this.#unsentRating(known.id, sequence)
          const chosen = unsent?.rating ?? known.rating
          for (const button of node.querySelectorAll("button")) set(button, "aria-pressed", `${button.dataset.rating === chosen}`)
          const kept = this.#state === "up" ? "" : w.rate_kept
          write(node.lastChild, unsent ? kept : known.rating ? w.thanks : "")
          node.lastChild.hidden = !node.lastChild.textContent
        },
      }
    }

    #typingItem(messages) {
      const name = messages.filter(({ role }) => role === "operator").at(-1)?.author_name
      const label = fill(this.#words.writing, { name: name || this.#words.someone })
      return {
        key: "typing",
        mark: label,
        make: () => h("div", { class: "line" }, h("span", { class: "face small", "aria-hidden": "true" }, name ? initials(name) : icon("chat")),
          h("p", { class: "bubble typing" }, h("span", { class: "hidden" }, label), h("i"), h("i"), h("i"))),
      }
    }

    #listItems() {
      const w = this.#words
      const wide = (key, label, act) => ({ key, mark: label, make: () => h("button", { class: `wide ${key}`, type: "button", onclick: act }, label) })
      const items = [
        { key: "lines", make: () => h("ul", { class: "starts" }), refresh: (node) => reconcile(node, this.#latest().map((each) => this.#lineItem(each))) },
        wide("new", w.new_conversation, () => this.#show(this.#fresh(CHOSEN))),
      ]
      if (this.#next) items.splice(1, 0, wide("more", w.more, () => this.#showOlder()))
      return items
    }

    #lineItem(known) {
      const w = this.#words
      const at = new Date(known.at)
      const time = this.#isToday(at) ? this.#time(at) : this.#day(at)
      const count = this.#unread(known)
      const line = [time, w[`${known.status}_status`], this.#news(count)].filter(Boolean).join(" · ")
      const subject = known.subject || w.untitled
      const make = () => h("li", {}, h("button", { class: "start", type: "button", onclick: () => this.#show(known.id) },
        h("span", {}, h("b", {}, subject), h("small", {}, line)), count > 0 && h("i", { "aria-hidden": "true" }), icon("next")))
      return { key: known.id, mark: `${subject}\n${line}`, make }
    }

    #isToday(at) { return at.toDateString() === new Date().toDateString() }

    #time(at) { return this.#format(at, { timeStyle: "short" }) }

    /** As the visitor's own system writes dates, if it speaks the page's language. */
    #format(at, style) {
      const spoken = (name) => name.toLowerCase().split("-")[0]
      const locale = navigator.languages.find((each) => spoken(each) === spoken(this.lang)) ?? this.lang
      try { return new Intl.DateTimeFormat(locale, style).format(at) } catch { return new Intl.DateTimeFormat([], style).format(at) }
    }

    #day(at) {
      if (this.#isToday(at)) return this.#words.today
      if (at.toDateString() === new Date(Date.now() - DAY).toDateString()) return this.#words.yesterday
      const isThisYear = at.getFullYear() === new Date().getFullYear()
      return this.#format(at, { day: "numeric", month: "long", year: isThisYear ? undefined : "numeric" })
    }
  }

  const set = (node, name, value) => {
    if (value === null) node.removeAttribute(name)
    else if (node.getAttribute(name) !== value) node.setAttribute(name, value)
  }
  const write = (node, text) => { if (node.textContent !== text) node.textContent = text }
  const isLastOfGroup = (message, next, at) =>
    next?.kind !== "message" || next.role !== message.role || Date.parse(next.created_at) - at > GROUP ||
    (message.role !== "customer" && next.author_name !== message.author_name)

  if (!customElements.get(TAG)) customElements.define(TAG, Widget)
  if (script && !document.querySelector(TAG)) document.body.append(document.createElement(TAG))
})()
