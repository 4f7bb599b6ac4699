/**
 * Keeps what is written but not saved: asks before the page is left, and brings it back after a crash or a sign-out.
 * What was saved is forgotten here. It also saves by Ctrl or Cmd and S, and opens the summary before publishing.
 */
const FIELDS = ["title", "text", "summary", "visibility", "locale", "tags"]
const SEEN = ["seen_revision_id", "seen_changed_at", "was_visibility", "was_locale", "was_tags"]
const KEEP_MS = 400

customElements.define("cl-editor", class extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("#article-form")
    this.saved = "unsaved" in this.form.dataset ? null : this.#written()
    this.leaving = new AbortController()
    const { signal } = this.leaving
    addEventListener("beforeunload", (event) => this.#ask(event), { signal })
    addEventListener("pagehide", () => this.#keep(), { signal })
    addEventListener("pageshow", () => (this.goes = false), { signal })
    document.addEventListener("keydown", (event) => this.#press(event), { signal })
    this.addEventListener("input", (event) => event.target.form === this.form && this.#changed())
    this.addEventListener("click", (event) => this.#click(event))
    this.form.addEventListener("submit", (event) => this.#submit(event))
    this.form.addEventListener("htmx:beforeRequest", (event) => this.#sends(event))
    this.form.addEventListener("htmx:beforeOnLoad", (event) => this.#answered(event))
    this.form.addEventListener("htmx:afterRequest", (event) => this.#done(event))
    this.addEventListener("htmx:afterSettle", () => this.#settled())
    this.#restore()
    this.#show()
  }

  disconnectedCallback() {
    this.leaving.abort()
    clearTimeout(this.keeping)
  }

  get #isUnsaved() {
    return this.#written() !== this.saved
  }

  #written() {
    return JSON.stringify(FIELDS.map((name) => this.form.elements[name]?.value))
  }

  #changed() {
    this.#show()
    clearTimeout(this.keeping)
    this.keeping = setTimeout(() => this.#keep(), KEEP_MS)
  }

  #show() {
    this.dataset.state = this.sent ? "saving" : this.#isUnsaved ? "unsaved" : "saved"
  }

  #ask(event) {
    if (this.goes || !this.#isUnsaved) return
    event.preventDefault()
    event.returnValue = true
  }

  #press(event) {
    if (event.key.toLowerCase() !== "s" || !(event.metaKey || event.ctrlKey) || event.altKey || event.shiftKey) return
    event.preventDefault()
    if (!document.querySelector("dialog[open]")) this.form.requestSubmit(this.querySelector("[data-save]"))
  }

  #click(event) {
    const pane = event.target.closest("[data-show-pane]")
    if (pane) this.#showPane(pane)
    if (event.target.closest("[data-leave]")) {
      this.goes = true
      this.#forget()
    }
    if (event.target.closest("[data-discard]")) {
      this.goes = true
      this.#forget()
      location.reload()
    }
    const dialog = event.target.closest("dialog")
    if (dialog && event.target.closest("[data-close-dialog]")) {
      event.preventDefault()
      dialog.close()
    }
  }

  #showPane(chosen) {
    this.dataset.show = chosen.dataset.showPane
    for (const each of this.querySelectorAll("[data-show-pane]")) each.setAttribute("aria-pressed", each === chosen)
  }

  /** Without htmx the form is sent as a whole page, and the page that answers holds what was written. */
  #submit() {
    if (!window.htmx) this.goes = true
  }

  #sends({ target }) {
    if (target !== this.form) return
    this.sent = this.#written()
    this.#show()
  }

  /** Before anything is swapped or left: what was sent is stored now. */
  #answered({ target, detail }) {
    if (target !== this.form || detail.xhr.status !== 200) return
    if (detail.xhr.getResponseHeader("Cairnloop-Signed-Out")) return this.#leaveToSignIn()
    if (!detail.xhr.getResponseHeader("Cairnloop-Saved")) return this.#keep()
    this.saved = this.sent
    if (this.#isUnsaved) this.#keep()
    else this.#forget()
    this.querySelector("[data-restored]")?.remove()
  }

  /** Nothing was saved: it is back in the fields after signing in. */
  #leaveToSignIn() {
    this.#keep()
    this.goes = true
  }

  #done({ target }) {
    if (target !== this.form) return
    this.sent = null
    this.#show()
  }

  #settled() {
    for (const name of FIELDS) {
      const isWrong = Boolean(this.querySelector(`[data-invalid="${name}"]`))
      if (isWrong) this.form.elements[name].setAttribute("aria-invalid", "true")
      else this.form.elements[name]?.removeAttribute("aria-invalid")
    }
    const dialog = this.querySelector("#publication-dialog:not([open])")
    if (dialog && !dialog.dataset.shown) {
      dialog.dataset.shown = "1"
      dialog.showModal()
    }
    if (this.#isUnsaved) this.#keep()
  }

  get #key() {
    return `cl:article:${this.dataset.storageKey}`
  }

  /** With the revision it was written on: if that is not the newest any more, saving says so. */
  #keep() {
    if (!this.#isUnsaved) return this.#forget()
    if (this.goes) return
    const values = Object.fromEntries([...FIELDS, ...SEEN].map((name) => [name, this.form.elements[name]?.value]))
    try {
      localStorage.setItem(this.#key, JSON.stringify(values))
    } catch {
      // Forbidden or full storage: the text lives in the page alone.
    }
  }

  #restore() {
    const values = this.#kept()
    if (!values || this.saved === null) return
    for (const [name, value] of Object.entries(values)) {
      const field = this.form.elements[name]
      if (field && typeof value === "string") field.value = value
    }
    if (!this.#isUnsaved) return this.#forget()
    const notice = this.querySelector("template[data-kept]").content.cloneNode(true)
    notice.firstElementChild.dataset.restored = ""
    this.form.querySelector("#article-state").after(notice)
    // htmx may not have looked at the page yet.
    setTimeout(() => this.form.dispatchEvent(new CustomEvent("cl:restored")), 100)
  }

  #kept() {
    try {
      return JSON.parse(localStorage.getItem(this.#key))
    } catch {
      return null
    }
  }

  #forget() {
    clearTimeout(this.keeping)
    try {
      localStorage.removeItem(this.#key)
    } catch {
      // Nothing was stored either.
    }
  }
})
