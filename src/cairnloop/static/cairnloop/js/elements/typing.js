/** Says that the customer types, for as long as that stays likely. */
const LIKELY_MS = 6_000

customElements.define("cl-typing", class extends HTMLElement {
  connectedCallback() {
    const { topic } = this.dataset
    this.leaving = new AbortController()
    const { signal } = this.leaving
    document.body.addEventListener("cl:typing", ({ detail }) => detail.topic === topic && this.#show(), { signal })
    document.body.addEventListener(`cl:${topic}`, () => this.#hide(), { signal })
  }

  disconnectedCallback() {
    this.leaving.abort()
    clearTimeout(this.timer)
  }

  #show() {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.#hide(), LIKELY_MS)
    const line = this.querySelector("[role=status]")
    if (!line.childElementCount) line.replaceChildren(this.querySelector("template").content.cloneNode(true))
  }

  #hide() {
    this.querySelector("[role=status]").replaceChildren()
  }
})
