/** The panel in which an action is proposed: Escape closes it and not the page, and the focus goes back to its button. */
customElements.define("cl-proposing", class extends HTMLElement {
  connectedCallback() {
    this.leaving = new AbortController()
    const { signal } = this.leaving
    this.addEventListener("keydown", (event) => this.#pressed(event), { signal })
    this.addEventListener("click", (event) => this.#cancel(event), { signal })
    this.addEventListener("htmx:afterSettle", () => this.#show(), { signal })
    // Where nobody is in the panel, the page is offered the key.
    document.addEventListener("cl:key", (event) => event.detail.key === "Escape" && this.#isOpen && this.#close(event), { signal })
  }

  disconnectedCallback() {
    this.leaving.abort()
  }

  get #panel() {
    return this.querySelector("#proposing")
  }

  get #isOpen() {
    return this.#panel.childElementCount > 0
  }

  #pressed(event) {
    if (event.key === "Escape" && this.#isOpen && !event.isComposing) this.#close(event)
  }

  #cancel(event) {
    if (event.target.closest("[data-cancel]") && !event.metaKey && !event.ctrlKey) this.#close(event)
  }

  #close(event) {
    event.preventDefault()
    this.#panel.replaceChildren()
    this.querySelector("[data-open]").focus()
  }

  /** As much of the panel as there is room for, its first lines before its last ones. */
  #show() {
    const panel = this.#panel.firstElementChild
    const isTall = panel && panel.offsetHeight > this.closest("cl-thread").clientHeight
    panel?.scrollIntoView({ block: isTall ? "start" : "nearest" })
  }
})
