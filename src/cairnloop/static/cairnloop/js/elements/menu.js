/** A disclosure that opens above the page closes again: by Escape, by a click elsewhere, when focus moves on. */
customElements.define("cl-menu", class extends HTMLElement {
  connectedCallback() {
    this.details = this.querySelector("details")
    this.away = ({ target }) => this.contains(target) || this.#close()
    this.addEventListener("keydown", (event) => this.#escape(event))
    this.addEventListener("focusout", ({ relatedTarget }) => this.#left(relatedTarget))
    document.addEventListener("pointerdown", this.away)
  }

  disconnectedCallback() {
    document.removeEventListener("pointerdown", this.away)
  }

  #escape(event) {
    if (event.key !== "Escape" || !this.details.open) return
    event.preventDefault()
    this.#close()
    this.details.querySelector("summary").focus()
  }

  /** A click beside the controls in here gives the focus to whatever is around all this: nobody left. */
  #left(next) {
    if (next && !next.contains(this)) this.away({ target: next })
  }

  #close() {
    this.details.open = false
  }
})
