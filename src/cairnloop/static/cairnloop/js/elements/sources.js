/** The sources of a reply that is being written: added from the search, removed here, kept with the unsent text. */
customElements.define("cl-sources", class extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector("ul")
    this.addEventListener("click", (event) => this.#remove(event.target.closest("[data-remove]")))
  }

  get values() {
    return [...this.list.children].map((chip) => {
      const link = chip.querySelector("a")
      const revision = chip.querySelector("span").textContent
      return { passage: chip.dataset.passage, title: link.textContent, revision, url: link.getAttribute("href") }
    })
  }

  /** Adds a source unless it stands here or there are too many; true if it was added. */
  add({ passage, title, revision, url }) {
    const known = [...this.list.children].find((chip) => chip.dataset.passage === passage)
    const isFull = !known && this.list.childElementCount >= Number(this.dataset.limit)
    this.querySelector("[role=status]").textContent = isFull ? this.dataset.full : ""
    const address = new URL(url, location.href)
    if (known || isFull || address.origin !== location.origin) return false
    const chip = this.querySelector("template").content.cloneNode(true).firstElementChild
    chip.dataset.passage = chip.querySelector("input").value = passage
    const link = chip.querySelector("a")
    link.textContent = title
    link.href = address.pathname + address.search + address.hash
    chip.querySelector("span").textContent = revision
    chip.querySelector("[data-remove]").setAttribute("aria-label", this.dataset.remove.replace("%s", title))
    this.list.append(chip)
    return true
  }

  #remove(button) {
    if (!button) return
    const chip = button.closest("li")
    const next = chip.nextElementSibling ?? chip.previousElementSibling
    const form = this.closest("form")
    chip.remove()
    this.querySelector("[role=status]").textContent = ""
    ;(next?.querySelector("[data-remove]") ?? form.elements.text).focus()
    this.dispatchEvent(new CustomEvent("cl:sources", { bubbles: true }))
  }
})
