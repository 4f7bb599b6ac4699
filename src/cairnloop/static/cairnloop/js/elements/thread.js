/**
 * Keeps the timeline current without moving the reader: what is new joins in order and once, and counts as seen only
 * when it came into view. What the reader has seen travels with everything they send.
 */
const END_PX = 48
const RETRY_MS = 5_000
const SEEN_MS = 1_000
const MOST_ACTIONS = 50

customElements.define("cl-thread", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("htmx:beforeSwap", (event) => this.#beforeEarlier(event))
    this.workspace = this.closest("cl-workspace")
    if (!("newest" in this.dataset)) return this.#named && this.show(this.#named)
    this.log = this.querySelector("#timeline")
    this.more = this.querySelector(".cl-ws-new")
    this.seen = this.marked = this.last
    this.leaving = new AbortController()
    const { signal } = this.leaving
    document.body.addEventListener(`cl:${this.dataset.topic}`, () => this.#fetch(), { signal })
    document.addEventListener("visibilitychange", () => this.#look(), { signal })
    this.workspace.addEventListener("cl:pane", () => this.#look(), { signal })
    this.workspace.addEventListener("htmx:oobBeforeSwap", (event) => this.#leaveOutKnown(event), { signal })
    this.workspace.addEventListener("htmx:beforeRequest", ({ detail }) => this.#follow(detail), { signal })
    this.workspace.addEventListener("htmx:afterRequest", () => setTimeout(() => this.#settle()), { signal })
    this.addEventListener("scroll", () => this.#look(), { passive: true, signal })
    this.more.addEventListener("click", () => this.#toEnd(), { signal })
    this.observer = new MutationObserver((changes) => this.#grown(changes))
    this.observer.observe(this.log, { childList: true })
    this.resized = new ResizeObserver(() => this.isAtEnd && this.#toEnd())
    for (const each of [this, this.firstElementChild]) this.resized.observe(each)
    this.#begin()
  }

  disconnectedCallback() {
    this.leaving?.abort()
    this.observer?.disconnect()
    this.resized?.disconnect()
    for (const timer of [this.retry, this.marking]) clearTimeout(timer)
  }

  get last() {
    return Number([...this.log.querySelectorAll("[data-sequence]")].at(-1)?.dataset.sequence ?? 0)
  }

  get header() {
    return document.getElementById("conversation-header").dataset
  }

  #begin() {
    const unread = document.getElementById("unread")
    if (this.#named) this.show(this.#named)
    else if (unread) this.scrollTop = unread.offsetTop - END_PX / 2
    else this.#toEnd()
    this.isAtEnd = this.#isNearEnd
  }

  /** What the address names, as far as it stands in the timeline. */
  get #named() {
    const id = location.hash.slice(1)
    return id && this.querySelector(`#${CSS.escape(id)}`)
  }

  /** Brings a part of the timeline into view, its beginning first, and puts the focus there. */
  show(part) {
    if (!this.checkVisibility()) this.workspace.querySelector("[data-show-pane=timeline]").click()
    const isTall = part.offsetHeight > this.clientHeight
    part.scrollIntoView({ block: isTall ? "start" : "center" })
    if (!part.matches("a[href], button, [tabindex]")) part.tabIndex = -1
    part.focus({ preventScroll: true })
    this.#look()
  }

  get #isNearEnd() {
    return this.scrollHeight - this.scrollTop - this.clientHeight < END_PX
  }

  #toEnd() {
    this.scrollTop = this.scrollHeight
    this.#look()
  }

  /** Asks for whatever the page does not show; at most one question at a time. */
  async #fetch() {
    if (this.isAsking) return (this.asksAgain = true)
    this.isAsking = true
    this.asksAgain = false
    clearTimeout(this.retry)
    const [after, seen] = [this.last, this.seen]
    const url = new URL(this.dataset.url, location.href)
    const known = { after, seen, version: this.header.version, ...this.#actions }
    for (const [name, value] of Object.entries(known)) url.searchParams.set(name, value)
    const status = await this.#ask(url.pathname + url.search)
    this.isAsking = false
    if (!this.isConnected) return
    if (status === 0 || status >= 500) this.retry = setTimeout(() => this.#fetch(), RETRY_MS)
    if (status >= 300 || status === 0) return
    this.marked = Math.max(this.marked, seen)
    const isBehind = this.last > after && Number(this.header.sequence) > this.last
    if (this.asksAgain || isBehind) this.#fetch()
  }

  /** How the actions stand that the page shows, and from which message on it would show them. */
  get #actions() {
    const shown = [...this.querySelectorAll("cl-proposal")].slice(-MOST_ACTIONS).map((card) => card.dataset.mark)
    const first = this.querySelector("[data-sequence]")?.dataset.sequence ?? 0
    return { actions: document.getElementById("proposals").dataset.version, first, shown }
  }

  /** Lets htmx put the answer in its places, and returns the status; 0 for no answer. */
  async #ask(url) {
    let status = 0
    const hear = ({ target, detail }) => target === this && (status = detail.xhr.status)
    this.addEventListener("htmx:afterRequest", hear)
    try {
      await window.htmx.ajax("GET", url, { source: this, target: this, swap: "none" })
    } catch {
      status = 0
    } finally {
      this.removeEventListener("htmx:afterRequest", hear)
    }
    return status
  }

  /** Answers may overlap: what the page has already is left out, and what belongs before it goes there. */
  #leaveOutKnown({ target, detail }) {
    if (target !== this.log) return
    const unread = detail.fragment.querySelector("#unread")
    if (unread) document.getElementById("unread")?.remove()
    const known = unread && document.getElementById(unread.nextElementSibling?.id)
    if (known) known.before(unread)
    for (const entry of [...detail.fragment.children]) {
      if (document.getElementById(entry.id)) entry.remove()
    }
    if (!detail.fragment.querySelector("[data-sequence]")) detail.shouldSwap = false
  }

  #grown(changes) {
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.nodeType === Node.ELEMENT_NODE)
    if (!added.some((node) => node.dataset.sequence || node.id === "unread")) return
    if (this.isFollowing) {
      this.seen = this.last
      const unread = added.find((node) => node.id === "unread")
      if (unread) this.scrollTop = unread.offsetTop - END_PX / 2
      else this.#toEnd()
    } else if (this.isAtEnd) this.#toEnd()
    this.#look()
  }

  /** What one does oneself is followed to where it shows. */
  #follow({ requestConfig, elt }) {
    if (requestConfig.verb === "post" && this.workspace.contains(elt)) this.isFollowing = true
  }

  #settle() {
    this.isFollowing = false
    this.#look()
  }

  #look() {
    if (!this.log || !this.checkVisibility()) return
    this.isAtEnd = this.#isNearEnd
    if (this.isAtEnd && !document.hidden) this.seen = Math.max(this.seen, this.last)
    for (const input of this.workspace.querySelectorAll('input[name="seen_sequence"]')) input.value = this.seen
    const count = this.last - this.seen
    this.more.hidden = this.isAtEnd || count < 1
    const words = count === 1 ? this.dataset.newOne : this.dataset.newMany.replace("%(count)d", count)
    if (this.more.lastElementChild.textContent !== words) this.more.lastElementChild.textContent = words
    if (this.seen <= this.marked || this.marking) return
    this.marking = setTimeout(() => {
      this.marking = null
      this.#fetch()
    }, SEEN_MS)
  }

  /** Earlier messages come in above, and what is being read stays where it is. */
  #beforeEarlier({ target }) {
    if (target.id !== "earlier") return
    const below = this.scrollHeight - this.scrollTop
    this.addEventListener("htmx:afterSwap", () => {
      this.scrollTop = this.scrollHeight - below
      this.focus({ preventScroll: true })
    }, { once: true })
  }
})
