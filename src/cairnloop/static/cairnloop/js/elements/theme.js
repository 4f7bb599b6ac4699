/** Switches between the system's theme, light and dark, and remembers it on this device. */
const THEMES = ["system", "light", "dark"]

customElements.define("cl-theme", class extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button")
    this.button.addEventListener("click", () => this.#use(THEMES[(THEMES.indexOf(this.#theme) + 1) % THEMES.length]))
    this.#name()
  }

  get #theme() {
    return document.documentElement.dataset.theme ?? "system"
  }

  #use(theme) {
    const root = document.documentElement
    if (theme === "system") delete root.dataset.theme
    else root.dataset.theme = theme
    try {
      if (theme === "system") localStorage.removeItem("cl:theme")
      else localStorage.setItem("cl:theme", theme)
    } catch {
      // Forbidden storage only means that the next page starts with the system's theme.
    }
    this.#name()
  }

  #name() {
    this.button.setAttribute("aria-label", this.button.dataset[this.#theme])
    this.button.title = this.button.dataset[this.#theme]
  }
})
