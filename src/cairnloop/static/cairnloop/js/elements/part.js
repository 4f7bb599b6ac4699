/** A part of a page that loads by itself: when that fails it says so in its own place, and the rest goes on. */
customElements.define("cl-part", class extends HTMLElement {
  connectedCallback() {
    for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
      this.addEventListener(failure, () => this.#fail())
    }
    if (!window.htmx) this.#fail()
  }

  #fail() {
    this.querySelector("[data-loading]").hidden = true
    this.querySelector("[data-failed]").hidden = false
  }
})
