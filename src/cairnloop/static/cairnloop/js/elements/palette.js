/**
 * Search from anywhere: Ctrl or ⌘ with K opens it, also inside fields. It asks while one types, drops answers that
 * come too late, and keeps the last ones when asking fails. Questions leave by POST and stand in no address.
 */
const SHORTEST = 2
const PAUSE_MS = 120
const STANDS_MS = 1500
const WAIT_MS = 150
const STOPS = "input:not([type=hidden]), button, a[href]:not([role=option])"

customElements.define("cl-palette", class extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog")
    this.form = this.querySelector("form")
    this.field = this.form.elements.q
    this.hits = this.querySelector("cl-hits")
    this.leaving = new AbortController()
    const on = (target, name, listener, options) => target.addEventListener(name, listener, { signal: this.leaving.signal, ...options })
    on(document, "keydown", (event) => this.#shortcut(event), { capture: true })
    on(document, "click", (event) => this.#clicked(event))
    on(this.form, "submit", (event) => event.preventDefault())
    on(this.field, "input", () => this.#typed())
    on(this.dialog, "keydown", (event) => this.#pressed(event))
    on(this.dialog, "cancel", (event) => this.#leave(event))
    on(this.dialog, "close", () => this.#closed())
    on(this.dialog, "click", ({ target }) => target === this.dialog && this.dialog.close())
    on(this.querySelector("[data-close]"), "click", () => this.dialog.close())
    on(this.hits, "cl:choose", ({ detail }) => this.#choose(detail))
  }

  disconnectedCallback() {
    this.leaving.abort()
    clearTimeout(this.pausing)
    clearTimeout(this.standing)
    clearTimeout(this.waiting)
  }

  get query() {
    return this.field.value.trim()
  }

  /** The sources of the reply one could be writing; null where there is none. */
  get sources() {
    return document.querySelector("#reply-form cl-sources")
  }

  #shortcut(event) {
    const isApple = document.documentElement.dataset.keyboard === "apple"
    const isHeld = isApple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey
    if (event.key.toLowerCase() !== "k" || !isHeld || event.altKey || event.shiftKey || event.isComposing) return
    event.preventDefault()
    if (this.dialog.open) this.field.select()
    else this.#open()
  }

  #clicked(event) {
    if (!event.target.closest?.("[data-open-palette]") || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    this.#open()
  }

  #open() {
    // A modal dialog takes the caret from the field below it.
    const text = this.sources?.closest("form").elements.text
    this.caret = text === document.activeElement ? text.selectionEnd : text?.value.length
    this.hits.idle({ canCite: Boolean(this.sources) })
    this.dialog.showModal()
    this.field.focus()
  }

  #typed() {
    clearTimeout(this.pausing)
    clearTimeout(this.standing)
    this.unanswered = ""
    this.hits.filter(this.query)
    if (this.query.length >= SHORTEST) this.pausing = setTimeout(() => this.#ask(), PAUSE_MS)
    else this.#rest()
  }

  #rest() {
    this.asking?.abort()
    this.asking = null
    this.#wait(false)
    this.shown = ""
    this.hits.idle({ canCite: Boolean(this.sources) })
  }

  async #ask() {
    this.asking?.abort()
    const asking = (this.asking = new AbortController())
    const [query, body] = [this.query, new URLSearchParams(new FormData(this.form))]
    this.#wait(true)
    try {
      const headers = { "HX-Request": "true", "HX-Current-URL": location.href }
      const response = await fetch(this.form.action, { method: "POST", body, headers, signal: asking.signal })
      if (response.headers.has("HX-Redirect")) return location.assign(response.headers.get("HX-Redirect"))
      if (!response.ok) throw new Error(response.status)
      const html = await response.text()
      if (asking !== this.asking || query !== this.query) return
      this.#wait(false)
      this.shown = query
      this.hits.show(html, query)
      this.#stand(query, body)
    } catch {
      if (asking !== this.asking) return
      this.#wait(false)
      this.hits.fail()
    }
  }

  /** Most answers come before one would see it. Typing on does not begin the wait anew. */
  #wait(isAsked) {
    if (isAsked && this.waiting) return
    clearTimeout(this.waiting)
    this.waiting = isAsked ? setTimeout(() => this.hits.wait(true), WAIT_MS) : null
    if (!isAsked) this.hits.wait(false)
  }

  /**
   * A question that is left standing is worth judging, and keeping if nothing answers it; what is typed on its way is
   * not. Whoever leaves before that tells something only where nothing was found.
   */
  #stand(query, body) {
    if (this.kept === query) return
    this.unanswered = this.hits.isUnanswered ? query : ""
    this.asked = body
    this.standing = setTimeout(() => this.#keep(query), STANDS_MS)
  }

  #keep(query = this.unanswered) {
    clearTimeout(this.standing)
    this.unanswered = ""
    if (!query) return
    this.kept = query
    // Its loss is no loss to whoever searches; it may outlive the page.
    fetch(this.dataset.gapsUrl, { method: "POST", body: this.asked, headers: { "HX-Request": "true" }, keepalive: true }).catch(() => {})
  }

  #pressed(event) {
    if (event.isComposing) return
    if (event.key === "Escape") this.#leave(event)
    else if (event.key === "Tab") this.#turn(event)
    else if (event.target !== this.field) return
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#move(event, event.key === "ArrowDown" ? 1 : -1)
    else if (event.key === "Enter") this.#enter(event)
  }

  #move(event, by) {
    event.preventDefault()
    this.hits.move(by)
  }

  /** What is shown has to belong to what is typed: a row that is about to go is never opened. */
  #enter(event) {
    event.preventDefault()
    const isDrawn = this.query.length < SHORTEST || this.shown === this.query || this.hits.isAtCommand
    if (isDrawn) return this.hits.choose(event)
    clearTimeout(this.pausing)
    this.#ask()
  }

  /** Escape empties the field first, and closes then. */
  #leave(event) {
    event.preventDefault()
    event.stopPropagation()
    if (!this.field.value) return this.dialog.close()
    this.#keep()
    this.field.value = ""
    this.field.focus()
    this.#typed()
  }

  #turn(event) {
    const stops = [...this.dialog.querySelectorAll(STOPS)].filter((each) => each.checkVisibility())
    const at = stops.indexOf(document.activeElement)
    event.preventDefault()
    stops[(at + (event.shiftKey ? -1 : 1) + stops.length) % stops.length]?.focus()
  }

  #closed() {
    this.#keep()
    this.field.value = ""
    clearTimeout(this.pausing)
    this.#rest()
  }

  #choose({ option, isModified }) {
    const { passage, title, revision, quote, press } = option.dataset
    // What is opened may answer it.
    clearTimeout(this.standing)
    const isConversation = option.closest("[data-group]")?.dataset.group === "conversations"
    if (isConversation || press || "command" in option.dataset) this.unanswered = ""
    if (passage && this.sources) {
      const source = { passage, title, revision, url: option.href, quote: isModified ? quote : "", caret: this.caret }
      this.dialog.close()
      this.sources.dispatchEvent(new CustomEvent("cl:cite", { detail: source, bubbles: true }))
    } else if (press) {
      this.dialog.close()
      const control = [...document.querySelectorAll(press)].find((each) => each.checkVisibility())
      control?.click()
    } else if (isModified) window.open(option.href, "_blank", "noopener")
    else {
      this.#keep()
      location.assign(option.href)
    }
  }
})
