/** The workspace's furniture: two panes on a phone, and folds that stay as they were left. */
const FOLDS = "cl:folds"

customElements.define("cl-workspace", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => this.#showPane(event))
    this.addEventListener("toggle", (event) => this.#rememberFold(event.target), true)
    this.addEventListener("htmx:afterSettle", () => this.#restoreFolds())
    this.#restoreFolds()
  }

  #showPane(event) {
    const choice = event.target.closest("[data-show-pane]")
    if (!choice) return
    event.preventDefault()
    this.dataset.pane = choice.dataset.showPane
    for (const each of this.querySelectorAll("[data-show-pane]")) {
      if (each === choice) each.setAttribute("aria-current", "true")
      else each.removeAttribute("aria-current")
    }
    this.dispatchEvent(new CustomEvent("cl:pane"))
  }

  #restoreFolds() {
    const closed = this.#closed()
    for (const fold of this.querySelectorAll("[data-fold]")) fold.open = !closed.includes(fold.dataset.fold)
  }

  #rememberFold(fold) {
    const name = fold.dataset?.fold
    if (!name) return
    const others = this.#closed().filter((each) => each !== name)
    try {
      localStorage.setItem(FOLDS, JSON.stringify(fold.open ? others : [...others, name]))
    } catch {
      // Forbidden storage: the fold holds until the page is left.
    }
  }

  #closed() {
    try {
      const stored = JSON.parse(localStorage.getItem(FOLDS) ?? "[]")
      return Array.isArray(stored) ? stored : []
    } catch {
      return []
    }
  }
})
