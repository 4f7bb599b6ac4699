/**
 * Keeps unsent text across reloads, swaps and refusals, and lets go of it once the message stands in the timeline.
 * A text keeps its client id while a try to send it may still be under way, so that trying again sends it once.
 */
const TYPING_MS = 3_000
const MOST_ROWS = 12

customElements.define("cl-composer", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => this.#choose(event))
    this.addEventListener("input", (event) => this.#written(event.target.form))
    this.addEventListener("submit", (event) => this.#tried(event.target), true)
    this.addEventListener("keydown", (event) => this.#pressed(event))
    this.addEventListener("cl:sources", (event) => this.#written(event.target.closest("form")))
    this.addEventListener("cl:cite", (event) => this.#cite(event))
    this.addEventListener("cl:keep", ({ detail }) => this.#keep(detail))
    this.addEventListener("htmx:afterSwap", () => this.#restoreAll())
    this.#restoreAll()
    const unsent = this.forms.find((form) => form.hidden && this.#isBegun(form) && !this.#isBegun(this.chosen))
    if (unsent) this.#show(unsent.dataset.kind)
  }

  get forms() {
    return [...this.querySelectorAll("form[data-kind]")]
  }

  get chosen() {
    return this.forms.find((form) => !form.hidden)
  }

  #choose(event) {
    const choice = event.target.closest("[data-choose]")
    if (!choice || event.metaKey || event.ctrlKey) return
    event.preventDefault()
    this.#show(choice.dataset.choose)
    this.chosen.elements.text.focus()
  }

  #show(kind) {
    for (const form of this.forms) form.hidden = form.dataset.kind !== kind
    for (const choice of this.querySelectorAll("[data-choose]")) {
      if (choice.dataset.choose === kind) choice.setAttribute("aria-current", "true")
      else choice.removeAttribute("aria-current")
    }
    this.#grow(this.chosen.elements.text)
  }

  #pressed(event) {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey) && !event.isComposing) {
      event.preventDefault()
      event.target.form?.requestSubmit()
    } else if (event.key === "Escape" && event.target.matches("textarea")) {
      event.preventDefault()
      event.target.blur()
    }
  }

  /** Names a source of the reply, and puts its words where the writer is if they are to be quoted. */
  #cite({ target, detail }) {
    const form = target.closest("form")
    const text = form.elements.text
    this.#show(form.dataset.kind)
    target.add(detail)
    if (detail.quote) {
      const isAfterWord = /\S$/.test(text.value.slice(0, detail.caret))
      text.setRangeText(`${isAfterWord ? " " : ""}${detail.quote}`, detail.caret, detail.caret, "end")
    }
    text.focus()
    this.#written(form)
  }

  /** Takes over a text that cannot be sent any more where it was written. */
  #keep({ text, takesFocus }) {
    const form = this.forms.find((each) => each.dataset.kind === "reply")
    form.elements.text.value = [form.elements.text.value.trim(), text].filter(Boolean).join("\n\n")
    this.#changed(form)
    this.#show("reply")
    if (takesFocus) form.elements.text.focus()
  }

  #isBegun(form) {
    return Boolean(form.elements.text.value.trim() || this.#sources(form)?.length)
  }

  #sources(form) {
    return form.querySelector("cl-sources")?.values
  }

  #changed(form) {
    // Other words are another message: they may not borrow the id of one that may have been sent.
    if (this.#stored(form)?.tried) form.elements.client_id.value = this.#newId()
    this.#store(form, false)
    this.#grow(form.elements.text)
  }

  #written(form) {
    this.#changed(form)
    if (form.dataset.kind === "reply" && form.elements.text.value.trim()) this.#announce(form)
  }

  #tried(form) {
    this.#store(form, true)
  }

  #restoreAll() {
    for (const form of this.forms) this.#restore(form)
  }

  #restore(form) {
    const stored = this.#stored(form)
    const text = form.elements.text
    if (stored && document.querySelector(`[data-client-id="${CSS.escape(stored.id)}"]`)) this.#forget(form)
    else if (stored && !text.value) {
      const given = this.#sources(form)?.length
      text.value = stored.text
      for (const source of stored.sources ?? []) form.querySelector("cl-sources")?.add(source)
      if (given) this.#written(form)
      else form.elements.client_id.value = stored.id
    } else if (this.#isBegun(form)) this.#store(form, false)
    this.#grow(text)
  }

  /** Where the stylesheet cannot let a field grow with its text, the lines are counted. */
  #grow(text) {
    if (CSS.supports("field-sizing", "content")) return
    text.rows = Math.min(MOST_ROWS, Math.max(2, text.value.split("\n").length))
  }

  #announce(form) {
    if (Date.now() < (this.quietUntil ?? 0)) return
    this.quietUntil = Date.now() + TYPING_MS
    const token = form.elements.csrfmiddlewaretoken?.value ?? ""
    // Only a hint: if it gets lost, the customer sees the reply itself.
    fetch(this.dataset.typingUrl, { method: "POST", body: new URLSearchParams({ csrfmiddlewaretoken: token }) }).catch(() => {})
  }

  #newId() {
    return `op-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`
  }

  #key(form) {
    return `cl:unsent:${form.dataset.storageKey}`
  }

  #stored(form) {
    try {
      return JSON.parse(localStorage.getItem(this.#key(form)))
    } catch {
      return null
    }
  }

  #store(form, tried) {
    const text = form.elements.text.value
    if (!this.#isBegun(form)) return this.#forget(form)
    try {
      localStorage.setItem(this.#key(form), JSON.stringify({ text, id: form.elements.client_id.value, tried, sources: this.#sources(form) }))
    } catch {
      // Forbidden or full storage: the text lives in the field alone.
    }
  }

  #forget(form) {
    try {
      localStorage.removeItem(this.#key(form))
    } catch {
      // Nothing was stored either.
    }
  }
})
