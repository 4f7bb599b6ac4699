/** A governed action: what was unfolded in its card and what was begun there stay when the card is exchanged. */
const places = new Map()

customElements.define("cl-proposal", class extends HTMLElement {
  connectedCallback() {
    const { id } = this.querySelector("article")
    const { open, written } = places.get(id) ?? { open: new Map(), written: new Map() }
    places.set(id, { open, written })
    // What is not there any more was decided: asked again, it begins anew.
    this.#bringBack(open, (part, is) => part.toggleAttribute("open", is))
    this.#bringBack(written, (field, text) => { field.value = text })
    // At once: until htmx has settled, the card may have been exchanged again, and would take the focus with it.
    this.querySelector("[autofocus]")?.focus()
    this.addEventListener("toggle", ({target}) => target.id && open.set(target.id, target.open), true)
    this.addEventListener("input", ({target}) => target.id && written.set(target.id, target.value))
  }

  #bringBack(kept, put) {
    for (const [id, value] of kept) {
      const part = this.querySelector(`#${CSS.escape(id)}`)
      if (part) put(part, value)
      else kept.delete(id)
    }
  }
})
