/**
 * The inbox's list: keys, the current row with a glance inside, and changes that never move what is under the
 * pointer. While someone works in the list its rows are renewed in place and new ones wait behind a button.
 * The address says which rows are loaded and which one is looked at, and every row's link carries it on.
 *
 * One row is the current one: it is marked, the glance shows it, and every key means it. What keys have chosen only
 * keys or a click move on; until then a pointer that moves and comes to rest may look at another row. From the row one
 * came back to it looks away once it has left the list and come again.
 */
const REST_MS = 250
const PLACE = "cl:inbox-place"
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
    on(document.body, "htmx:afterSwap", ({ target, detail }) => target === this.list && this.#begun(detail.requestConfig.elt))
    on(this, "htmx:afterSettle", ({ detail }) => this.#loaded(detail.requestConfig.path))
    on(document, "click", ({ target }) => target.closest?.("#inbox-preview a") && this.#remember())
    on(this, "click", (event) => this.#leaveFrom(event.target.closest(".cl-inbox-row"), event.detail === 0))
    on(window, "pagehide", () => this.#keepOffset())
    on(this, "focusin", ({ target }) => this.#choose(target.closest(".cl-inbox-row"), true))
    on(this, "keyup", ({ key }) => (this.byKeys ||= key === "Tab" && this.wasChosen))
    on(this, "pointermove", (event) => this.#rest(event))
    for (const name of ["pointerover", "focusin"]) on(this, name, ({ target }) => this.#carry(target.closest("a")))
    on(this, "pointerleave", () => this.#leaveInPeace())
    if (location.hash === "#search") document.getElementById("search").focus()
    document.querySelector(".cl-views [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" })
    if (!this.#return()) this.#choose(this.#rows[0])
    // The browser goes to the row by itself once all is loaded, and would put it at the edge.
    on(window, "load", () => this.#return())
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
    if (key === "Enter") return this.#open()
    return key in ACTIONS && this.#act(ACTIONS[key])
  }

  #open() {
    const row = this.#current
    if (!row || !(this.wasChosen || this.#isShown(row))) return false
    row.querySelector("a").click()
    return true
  }

  #step(by) {
    this.byKeys = true
    const rows = this.#rows
    const at = this.wasChosen || this.wasLookedAt ? rows.indexOf(this.#current) : by > 0 ? -1 : 0
    if (at + by >= rows.length && this.#more) return this.#stepIntoMore()
    const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)]
    next?.querySelector("a").focus()
    return Boolean(next)
  }

  get #more() {
    return this.list.querySelector("#inbox-more a")
  }

  /** Loads the next page and goes on to its first row. */
  #stepIntoMore() {
    if (this.isLoading) return true
    this.isLoading = true
    const last = this.#current
    const more = this.#more
    // As a source of its own: behind a glance that is under way it would be queued, and lost to the next one.
    this.#ask("GET", more.getAttribute("href"), { source: more, target: "#inbox-more", swap: "outerHTML" }).then(() => {
      this.isLoading = false
      if (this.#current === last && this.#rows.at(-1) !== last) this.#step(1)
    })
    return true
  }

  /** How far the list is loaded, as the server says it. */
  get #upto() {
    return this.#more ? new URL(this.#more.href).searchParams.get("cursor") : "all"
  }

  /** More rows are part of the place; a list that was begun anew has only its first ones. */
  #loaded(path) {
    const url = new URL(path, location.href)
    if (url.pathname !== location.pathname) return
    const place = new URL(location.href)
    if (url.searchParams.has("cursor")) place.searchParams.set("upto", this.#upto)
    else for (const name of ["cursor", "upto"]) place.searchParams.delete(name)
    this.#show(place)
  }

  #show(place) {
    if (place.href !== location.href) history.replaceState(history.state, "", place)
  }

  /** A row's link leads back to the list as it is now. */
  #carry(link) {
    if (!link?.matches(".cl-inbox-subject")) return
    const url = new URL(link.href)
    url.searchParams.set("from", location.search.slice(1))
    if (link.href !== url.href) link.href = url.href
  }

  #leaveFrom(row, byKeys) {
    if (!row) return
    this.byKeys = byKeys
    this.#choose(row, true)
    this.#remember()
  }

  /** The row one looks at is part of the place. */
  #remember() {
    if (!this.currentId) return
    const place = new URL(location.href)
    place.hash = `${this.currentId}-open`
    this.#show(place)
  }

  get #scroller() {
    return getComputedStyle(this.list).overflowY === "visible" ? document.scrollingElement : this.list
  }

  /** Which row stood where on the screen; the address has no words for that. */
  #keepOffset() {
    const edge = Math.max(0, this.list.getBoundingClientRect().top)
    const shown = this.#rows.find((row) => row.getBoundingClientRect().bottom > edge)
    const row = (this.wasChosen && this.#current) || shown
    if (!row) return
    try {
      const { top } = row.getBoundingClientRect()
      sessionStorage.setItem(PLACE, JSON.stringify({ list: location.search, id: row.id, top, byKeys: this.byKeys }))
    } catch {
      // Forbidden storage: the row comes into view, wherever that is.
    }
  }

  #keptOffset() {
    try {
      return JSON.parse(sessionStorage.getItem(PLACE))
    } catch {
      return null
    }
  }

  /** Comes back to the row the address names; to where the list was scrolled if it names none. */
  #return() {
    const named = document.getElementById(location.hash.slice(1))
    const row = this.list.contains(named) ? named.closest(".cl-inbox-row") : null
    const kept = this.#keptOffset()
    const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward"
    const known = kept && (row ? kept.id === row.id : isBack && kept.list === location.search)
    if (row) {
      this.byKeys ||= Boolean(kept?.byKeys)
      this.cameBack = true
      this.#choose(row, true)
      row.querySelector("a").focus({ preventScroll: true })
    }
    const seen = known ? document.getElementById(kept.id) : row
    if (!seen) return Boolean(row)
    if (!known) seen.scrollIntoView({ block: "center" })
    else this.#scroller.scrollTop += seen.getBoundingClientRect().top - kept.top
    return Boolean(row)
  }

  #act(action) {
    const row = this.wasChosen && this.#current
    const url = row && row.dataset[`${action}Url`]
    if (!url) return false
    this.byKeys = true
    const values = { instead_of: row.dataset.assignee, seen_sequence: row.dataset.sequence }
    this.#ask("POST", url + this.#placeOf(row), { source: row, swap: "none", values })
    return true
  }

  #placeOf(row) {
    const link = row.querySelector("a")
    this.#carry(link)
    return new URL(link.href).search
  }

  /** Rows that move below a pointer that stays where it is have not been pointed at. */
  #rest({ target, screenX, screenY }) {
    const point = `${screenX} ${screenY}`
    if (point === this.point) return
    this.point = point
    clearTimeout(this.resting)
    const row = target.closest(".cl-inbox-row")
    if (row && !this.byKeys && !this.cameBack) this.resting = setTimeout(() => this.#look(row), REST_MS)
  }

  #leaveInPeace() {
    this.cameBack = false
    clearTimeout(this.resting)
  }

  /** The pointer, which may rest anywhere, only looks: nothing is chosen any more, and no other row keeps the focus. */
  #look(row) {
    if (row.id === this.currentId) return
    if (document.activeElement.closest(".cl-inbox-row")) this.list.focus({ preventScroll: true })
    this.wasChosen = false
    this.wasLookedAt = true
    this.#choose(row)
  }

  /** Makes a row the current one. Focus and clicks choose it, and then keys may act on it. */
  #choose(row, chosen = false) {
    if (!row) return
    this.currentId = row.id
    this.wasChosen = chosen || this.wasChosen
    this.#mark()
    if (this.looking && this.looking.id !== row.id) this.#lookAway()
    clearTimeout(this.resting)
    clearTimeout(this.glancing)
    this.glancing = setTimeout(() => {
      if (this.wasChosen) this.#remember()
      this.#glance()
    }, 80)
  }

  /** A list that was begun anew keeps the chosen row, and the focus on it; a row that left it is not chosen. */
  #begun(source) {
    if (!this.#current) {
      this.wasChosen = this.byKeys = false
      this.#choose(this.#rows[0])
    }
    this.#mark()
    if (!source.matches("[data-news]")) return
    const kept = this.wasChosen ? this.#current.querySelector("a") : this.list
    kept.focus({ preventScroll: true })
  }

  #mark() {
    for (const row of this.#rows) row.toggleAttribute("data-current", row.id === this.currentId)
    // While it shows another row, nothing in it can be pressed.
    this.#pane.inert = this.#pane.dataset.id !== this.#current?.dataset.id
  }

  get #pane() {
    return document.getElementById("inbox-preview")
  }

  #isShown(row) {
    return this.#pane.checkVisibility() && this.#pane.dataset.id === row.dataset.id
  }

  /**
   * Shows the current row. Its source is the list, and that of changes this element, so that neither loses the other.
   */
  async #glance(again = false) {
    const row = this.#current
    if (!row || !this.#pane.checkVisibility() || (!again && (this.looking || this.#isShown(row)))) return
    this.#lookAway()
    const look = (this.looking = row)
    const url = row.dataset.previewUrl + this.#placeOf(row)
    await this.#ask("GET", url, { source: this.list, target: "#inbox-preview", swap: "outerHTML" })
    if (this.looking === look) this.looking = null
  }

  /** Ends the look that is under way: its answer, late as it may come, is not shown any more. */
  #lookAway() {
    this.looking = null
    htmx.trigger(this.list, "htmx:abort")
  }

  #renewed(id) {
    this.#mark()
    const row = document.getElementById(id)
    if (row?.matches(".cl-inbox-row") && this.currentId === id) this.#glance(true)
  }

  /** Someone points at the list, works in it, has scrolled, or looks at more or other rows than it would show. */
  get #isBusy() {
    return (
      this.wasChosen || this.matches(":hover") || this.contains(document.activeElement) || this.list.scrollTop > 0 ||
      scrollY > 0 || this.#rows.length > Number(this.dataset.pageSize) || /[?&]cursor=/.test(location.search) ||
      Boolean(document.querySelector("dialog[open]"))
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
    url.searchParams.set("upto", this.#upto)
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
