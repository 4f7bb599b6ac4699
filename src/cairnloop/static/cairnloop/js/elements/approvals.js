/**
 * The approvals: keys, how many are selected, and changes that never move what is under the pointer. While someone
 * works in the list, what is new or changed waits behind a button.
 */
const STEP = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }
const MOST_SELECTED = 50

customElements.define("cl-approvals", class extends HTMLElement {
  connectedCallback() {
    this.leaving = new AbortController()
    const on = (target, name, listener) => target.addEventListener(name, listener, { signal: this.leaving.signal })
    on(document, "cl:key", (event) => this.#press(event.detail.key) && event.preventDefault())
    on(document.body, "cl:approvals", () => this.#hear())
    on(this, "change", ({ target }) => this.#chosen(target))
    on(this, "click", ({ target }) => target.closest("[data-all]") && this.#selectAll())
    on(this, "htmx:afterSwap", () => this.#count())
    this.addEventListener("toggle", () => this.#count(), { signal: this.leaving.signal, capture: true })
    this.querySelector("[data-all]")?.removeAttribute("hidden")
    this.#count()
  }

  disconnectedCallback() {
    this.leaving.abort()
    clearTimeout(this.waiting)
  }

  get #rows() {
    return [...this.querySelectorAll(".cl-approval")]
  }

  get #choices() {
    return [...this.querySelectorAll('input[name="chosen"]')]
  }

  #press(key) {
    if (key in STEP) return this.#step(STEP[key])
    if (key !== "x") return false
    const choice = document.activeElement.closest(".cl-approval")?.querySelector('input[name="chosen"]')
    choice?.click()
    return Boolean(choice)
  }

  /** Behind the last row stands what loads more. */
  #step(by) {
    const stops = [...this.querySelectorAll(".cl-approval-title, #approvals-more a")]
    const row = document.activeElement.closest(".cl-approval, #approvals-more")
    const at = stops.findIndex((stop) => row?.contains(stop))
    const next = stops[at < 0 ? 0 : Math.min(Math.max(at + by, 0), stops.length - 1)]
    next?.focus()
    return Boolean(next)
  }

  #foldsOf(choice) {
    return [...choice.closest(".cl-approval").querySelectorAll("details:not([open])")]
  }

  /** What is folded nobody has seen: only its own checkbox selects it, and unfolds it. */
  #selectAll() {
    const told = this.#choices.filter((choice) => !this.#foldsOf(choice).length).slice(0, MOST_SELECTED)
    const isAll = told.every((choice) => choice.checked)
    for (const choice of told) choice.checked = !isAll
    this.#count()
  }

  #chosen(choice) {
    if (choice.checked) for (const fold of this.#foldsOf(choice)) fold.open = true
    this.#count()
  }

  #count() {
    const bar = this.querySelector("#approvals-batch")
    if (!bar) return
    const choices = this.#choices
    const chosen = choices.filter((choice) => choice.checked)
    bar.querySelector("[data-chosen]").textContent = chosen.length || ""
    bar.querySelector("[type=submit]").disabled = !chosen.length
    bar.querySelector("[data-folded]").hidden = !choices.some((choice) => !choice.checked && this.#foldsOf(choice).length)
  }

  /** Someone points at the list, works in it, has scrolled, or looks at more or other rows than it would show. */
  get #isBusy() {
    return (
      this.matches(":hover") || this.contains(document.activeElement) || scrollY > 0 ||
      this.#rows.length > Number(this.dataset.pageSize) || /[?&]cursor=/.test(location.search) ||
      Boolean(this.querySelector("[data-open], :checked")) || Boolean(document.querySelector("dialog[open]"))
    )
  }

  /** A burst of changes is asked about once, and what changes meanwhile afterwards. */
  #hear() {
    clearTimeout(this.waiting)
    this.waiting = setTimeout(async () => {
      if (this.isAsking) return (this.asksAgain = true)
      this.isAsking = true
      await (this.#isBusy ? this.#askForNews() : this.#reload())
      this.isAsking = false
      if (this.asksAgain && this.isConnected) this.#hear()
      this.asksAgain = false
    }, 300)
  }

  #askForNews() {
    const url = new URL(this.dataset.changesUrl, location.href)
    url.searchParams.set("shown", this.#rows.map((row) => row.dataset.mark).filter(Boolean))
    const more = this.querySelector("#approvals-more a")
    if (more) url.searchParams.set("upto", new URL(more.href).searchParams.get("cursor"))
    const cursor = new URL(location.href).searchParams.get("cursor")
    if (cursor) url.searchParams.set("cursor", cursor)
    return this.#ask(url.pathname + url.search, "#approvals-news")
  }

  #reload() {
    return this.#ask(this.dataset.url, "#approvals")
  }

  /** A request that failed is announced elsewhere; here the next one has its turn. */
  #ask(url, target) {
    return htmx.ajax("GET", url, { source: this, target, swap: "outerHTML" }).catch(() => null)
  }
})
