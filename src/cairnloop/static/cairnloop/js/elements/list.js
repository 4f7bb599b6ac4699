/**
 * The inbox's list: keys, the current row with a glance inside, and changes that never move what is under the
 * pointer. While someone works in the list its rows are renewed in place and new ones wait behind a button.
 */
const REST_MS = 250
const STEP = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }
const ACTIONS = { a: "assignment", e: "resolution" }

customElements.define("cl-list", class extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector("ul")
    this.leaving = new AbortController()
    const on = (target, name, listener) => target.addEventListener(name, listener, { signal: this.leaving.signal })
    on(document, "cl:key", (event) => this.#press(event.detail.key) && event.preventDefault())
    on(document.body, "cl:inbox", (event) => this.#hear(event.detail.ids))
    on(document.body, "htmx:oobAfterSwap", ({ target }) => this.#renewed(target.id))
    on(document.body, "htmx:afterSwap", ({ target }) => target === this.list && this.#mark())
    on(this, "focusin", ({ target }) => this.#choose(target.closest(".cl-inbox-row"), true))
    on(this, "pointerover", ({ target }) => this.#rest(target.closest(".cl-inbox-row")))
    on(this, "pointerleave", () => clearTimeout(this.resting))
    if (location.hash === "#search") document.getElementById("search").focus()
    document.querySelector(".cl-views [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" })
    this.#choose(this.#rows[0])
  }

  disconnectedCallback() {
    this.leaving.abort()
    clearTimeout(this.resting)
    clearTimeout(this.glancing)
  }

  get #rows() {
    return [...this.list.querySelectorAll(".cl-inbox-row")]
  }

  get #current() {
    return this.currentId && document.getElementById(this.currentId)
  }

  #press(key) {
    if (key in STEP) return this.#step(STEP[key])
    if (key === "Enter" && this.wasChosen) return this.#current?.querySelector("a").click() ?? true
    return key in ACTIONS && this.#act(ACTIONS[key])
  }

  #step(by) {
    const rows = this.#rows
    const at = this.wasChosen ? rows.indexOf(this.#current) : by > 0 ? -1 : 0
    const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)]
    next?.querySelector("a").focus()
    return Boolean(next)
  }

  #act(action) {
    const row = this.wasChosen && this.#current
    const url = row && row.dataset[`${action}Url`]
    if (!url) return false
    const values = { instead_of: row.dataset.assignee, seen_sequence: row.dataset.sequence }
    this.#ask("POST", url, { source: row, swap: "none", values })
    return true
  }

  #rest(row) {
    clearTimeout(this.resting)
    if (row) this.resting = setTimeout(() => this.#choose(row), REST_MS)
  }

  /** Makes a row the current one. Focus chooses it; the pointer, which may rest anywhere, only looks. */
  #choose(row, chosen = false) {
    if (!row) return
    this.currentId = row.id
    this.wasChosen = chosen || this.wasChosen
    this.#mark()
    clearTimeout(this.glancing)
    this.glancing = setTimeout(() => this.#glance(row), 80)
  }

  #mark() {
    for (const row of this.#rows) row.toggleAttribute("data-current", row.id === this.currentId)
  }

  #glance(row, again = false) {
    const pane = document.getElementById("inbox-preview")
    if (!pane?.checkVisibility() || (!again && pane.dataset.id === row.dataset.id)) return
    this.#ask("GET", row.dataset.previewUrl, { target: pane, swap: "outerHTML" })
  }

  #renewed(id) {
    this.#mark()
    const pane = document.getElementById("inbox-preview")
    const row = document.getElementById(id)
    if (row?.matches(".cl-inbox-row") && pane?.dataset.id === row.dataset.id) this.#glance(row, true)
  }

  /** Someone points at the list, works in it, has scrolled, or has loaded more than it would show. */
  get #isBusy() {
    return (
      this.wasChosen || this.matches(":hover") || this.contains(document.activeElement) || this.list.scrollTop > 0 ||
      scrollY > 0 || this.#rows.length > Number(this.dataset.pageSize) || Boolean(document.querySelector("dialog[open]"))
    )
  }

  /** One request at a time; what changes meanwhile waits for the next. Without ids anything may have changed. */
  async #hear(ids) {
    this.heard = ids && this.heard !== "anything" ? [...(this.heard ?? []), ...ids] : "anything"
    if (this.asking) return
    this.asking = true
    while (this.heard) {
      const heard = this.heard
      this.heard = null
      await (this.#isBusy ? this.#renew(heard) : this.#reload())
    }
    this.asking = false
  }

  #renew(heard) {
    const url = new URL(this.dataset.changesUrl, location.href)
    const shown = this.#rows.map((row) => row.dataset.id)
    url.searchParams.set("shown", shown)
    if (heard !== "anything") url.searchParams.set("changed", shown.filter((id) => heard.includes(Number(id))))
    return this.#ask("GET", url.pathname + url.search, { target: "#inbox-news", swap: "outerHTML" })
  }

  async #reload() {
    const before = new Set(this.#rows.map((row) => row.id))
    await this.#ask("GET", this.dataset.url, { target: this.list, swap: "innerHTML" })
    for (const row of this.#rows) row.toggleAttribute("data-fresh", !before.has(row.id))
  }

  /** A request that failed is announced elsewhere; here the next one has its turn. */
  #ask(verb, url, options) {
    return htmx.ajax(verb, url, { source: this, ...options }).catch(() => null)
  }
})
