/** Governed actions: what was unfolded, and the reasons begun, stay when the cards are exchanged. */
const open = new Map()
const written = new Map()

customElements.define("cl-proposals", class extends HTMLElement {
  connectedCallback() {
    for (const [id, is] of open) this.#find(id)?.toggleAttribute("open", is)
    for (const [id, text] of written) {
      const field = this.#find(id)
      if (field) field.value = text
    }
    this.addEventListener("toggle", ({target}) => open.set(target.id, target.open), true)
    this.addEventListener("input", ({target}) => written.set(target.id, target.value))
  }

  #find(id) {
    return id && this.querySelector(`#${CSS.escape(id)}`)
  }
})
