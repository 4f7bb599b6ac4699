/**
 * The keyboard: a letter presses or focuses whatever carries it as data-key, and is offered to the page first.
 * Letters work outside fields only and can be switched off; the list of keys opens with "?".
 */
const FIELDS = "input, textarea, select, [contenteditable]"
const GO_MS = 1200

customElements.define("cl-keys", class extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog")
    this.letters = this.querySelector("[data-letters]")
    this.letters.checked = this.#stored !== "off"
    this.letters.addEventListener("change", () => this.#store())
    this.querySelector("[data-open]").addEventListener("click", () => this.dialog.showModal())
    this.listen = (event) => this.#press(event)
    document.addEventListener("keydown", this.listen)
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.listen)
  }

  #press(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    if (event.target.closest?.(FIELDS) || document.querySelector("dialog[open], :popover-open")) return
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    if (key.length === 1 && !this.letters.checked) return
    if (key === "Enter" && event.target.closest?.("a, button, summary")) return
    if (this.#answer(key)) event.preventDefault()
  }

  /** True when the key meant something here. */
  #answer(key) {
    if (key === "?") return this.dialog.showModal() ?? true
    if (this.#goes(key)) return true
    return this.#acts(key) || (key === "/" && this.#leave(`${this.dataset.inbox}#search`))
  }

  #acts(key) {
    const offer = new CustomEvent("cl:key", { detail: { key }, cancelable: true })
    if (!document.dispatchEvent(offer)) return true
    const target = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((each) => each.checkVisibility())
    if (!target) return false
    if (target.matches(FIELDS)) target.focus()
    else target.click()
    return true
  }

  #goes(key) {
    const going = this.goingUntil > Date.now()
    this.goingUntil = key === "g" ? Date.now() + GO_MS : 0
    if (key === "g") return true
    const url = going && { h: this.dataset.home, i: this.dataset.inbox, k: this.dataset.knowledge }[key]
    return Boolean(url) && this.#leave(url)
  }

  #leave(url) {
    location.assign(url)
    return true
  }

  get #stored() {
    try {
      return localStorage.getItem("cl:letters")
    } catch {
      return null
    }
  }

  #store() {
    try {
      localStorage.setItem("cl:letters", this.letters.checked ? "on" : "off")
    } catch {
      // Forbidden storage: the choice holds until the page is left.
    }
  }
})
