/**
 * Sends the draft by one key where nobody is writing. What is changed in it stays in this browser until it is sent, and
 * in its place when news arrive: the server refuses what does not wait any more, and then the composer takes the text.
 * A draft that arrives is said once to screen readers. Nothing is sent in the moment after it, after a message of
 * somebody else, or after a refusal because of one: a key or a click of that moment was meant for what stood there before.
 */
const READ_SECONDS = 1.5

/** The draft that was here or said last: whatever takes the place of the element begins anew. */
let known

/** In which conversation something arrived last, and when. Here, because the element is drawn anew while one reads. */
let arrived = {}

customElements.define("cl-draft", class extends HTMLElement {
  connectedCallback() {
    this.leaving = new AbortController()
    const { signal } = this.leaving
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal })
    document.body.addEventListener("htmx:oobBeforeSwap", (event) => this.#stay(event), { signal })
    document.body.addEventListener("htmx:oobBeforeSwap", (event) => this.#notice(event), { signal })
    this.addEventListener("htmx:beforeSwap", ({ detail }) => detail.xhr.status === 409 && this.#arrive(), { signal })
    this.addEventListener("htmx:beforeOnLoad", ({ detail }) => this.#answered(detail.xhr), { signal })
    this.addEventListener("input", ({ target }) => target === this.text && this.#store(false), { signal })
    // Before any other listener: nothing is sent that nobody can have read.
    this.addEventListener("submit", (event) => this.#hold(event), { signal, capture: true })
    this.addEventListener("submit", () => this.text && this.#store(true), { signal })
    this.addEventListener("htmx:beforeSwap", ({ detail }) => detail.xhr.status >= 400 && this.text && this.#store(false), { signal })
    this.addEventListener("click", ({ target }) => target.closest("[data-cancel]") && this.#forget(), { signal })
    const isNews = document.readyState === "complete"
    if (isNews && known !== this.dataset.version) {
      this.#arrive()
      this.#say(this.dataset.announcement)
    }
    known = this.dataset.version
    // In a moment: what stands below is not there yet.
    setTimeout(() => this.isConnected && this.#resume(isNews))
  }

  disconnectedCallback() {
    this.leaving.abort()
  }

  get text() {
    return this.querySelector("#draft-text")
  }

  #pressed(event) {
    if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey) || event.isComposing || event.repeat || event.defaultPrevented) return
    if (document.querySelector("dialog[open]")) return
    const field = event.target.closest?.("input, textarea, select, [contenteditable]")
    const form = field ? field.closest("#draft-form") : this.querySelector("[data-approve]")
    if (!form || !this.contains(form)) return
    event.preventDefault()
    form.requestSubmit()
  }

  /** Behind a sign-in that was asked for, the text is one that was never sent. */
  #answered(xhr) {
    if (this.text && xhr.getResponseHeader("Cairnloop-Signed-Out")) this.#store(false)
  }

  #hold(event) {
    if (arrived.key !== this.#key || performance.now() - arrived.at >= READ_SECONDS * 1000) return
    event.preventDefault()
    event.stopImmediatePropagation()
    const hint = this.querySelector("[data-just-arrived]")
    if (!hint.hidden) return
    hint.hidden = false
    this.#say(hint.textContent.trim())
  }

  /** News replace neither a text that is being changed nor what is the same, with a source or a reason open in it. */
  #stay({ target, detail }) {
    if (target !== this) return
    const next = detail.fragment.querySelector("cl-draft") ?? detail.fragment.firstElementChild
    if (this.text || next?.dataset.version === this.dataset.version) detail.shouldSwap = false
  }

  /** The thread has left out what stands in it already. What one wrote oneself, which bears a client id, is no news. */
  #notice({ target, detail }) {
    if (target.id === "timeline" && detail.fragment.querySelector("[data-sequence]:not([data-client-id])")) this.#arrive()
  }

  #arrive() {
    arrived = { key: this.#key, at: performance.now() }
  }

  #resume(isNews) {
    const stored = this.#stored
    if (!stored) return
    if (stored.version !== this.dataset.version) return this.#handOver(stored, isNews)
    const link = this.querySelector("[data-edit]")
    if (this.text) this.text.value = stored.text
    else if (link) window.htmx.ajax("GET", link.getAttribute("hx-get"), { source: link, target: this, swap: "outerHTML" })
  }

  #say(words) {
    if (words) document.dispatchEvent(new CustomEvent("cl:say", { detail: words }))
  }

  /** Where nobody may reply any more, the text waits for a conversation that is opened again. */
  #handOver({ text, tried }, takesFocus) {
    const composer = document.querySelector("cl-composer:has(form[data-kind=reply])")
    if (!tried && !composer) return
    this.#forget()
    if (!tried) composer.dispatchEvent(new CustomEvent("cl:keep", { detail: { text, takesFocus } }))
  }

  get #key() {
    return `cl:unsent:${this.dataset.storageKey}`
  }

  get #stored() {
    try {
      return JSON.parse(localStorage.getItem(this.#key))
    } catch {
      return null
    }
  }

  #store(tried) {
    try {
      localStorage.setItem(this.#key, JSON.stringify({ text: this.text.value, version: this.dataset.version, tried }))
    } catch {
      // Forbidden or full storage: the text lives in the field alone.
    }
  }

  #forget() {
    try {
      localStorage.removeItem(this.#key)
    } catch {
      // Nothing was stored either.
    }
  }
})
