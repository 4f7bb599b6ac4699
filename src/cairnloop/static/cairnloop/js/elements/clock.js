/** Lets every age on the page go on counting, and what is left on its last day, by the server's clock and in the server's words. */
const TICK_MS = 15_000
const DAY_MINUTES = 24 * 60

customElements.define("cl-clock", class extends HTMLElement {
  connectedCallback() {
    this.ahead = Number(this.dataset.now) * 1000 - Date.now()
    this.timer = setInterval(() => this.#tick(), TICK_MS)
    this.wake = () => document.hidden || this.#tick()
    document.addEventListener("visibilitychange", this.wake)
    this.#tick()
  }

  disconnectedCallback() {
    clearInterval(this.timer)
    document.removeEventListener("visibilitychange", this.wake)
  }

  #tick() {
    const now = Date.now() + this.ahead
    for (const time of document.querySelectorAll("time[data-age]")) {
      const words = time.lastElementChild
      const text = this.#age((now - Date.parse(time.dateTime)) / 60_000)
      if (words.textContent !== text) words.textContent = text
    }
    for (const time of document.querySelectorAll("time[data-left]")) {
      const minutes = Math.ceil((Date.parse(time.dateTime) - now) / 60_000)
      if (minutes >= DAY_MINUTES) continue
      const text = minutes > 0 ? time.dataset.left.replace("%(left)s", this.#age(minutes)) : time.dataset.over
      if (time.textContent !== text) time.textContent = text
    }
  }

  #age(elapsed) {
    const minutes = Math.max(0, Math.floor(elapsed))
    const hours = Math.floor(minutes / 60)
    const days = Math.floor(hours / 24)
    if (minutes < 1) return this.dataset.just
    if (hours < 1) return this.#fill(this.dataset.minutes, { minutes })
    if (days >= 1) return this.#fill(this.dataset.days, { days })
    return this.#fill(minutes % 60 ? this.dataset.both : this.dataset.hours, { hours, minutes: minutes % 60 })
  }

  /** Fills Python's %(name)d and %(name)02d. */
  #fill(words, values) {
    return words.replace(/%\((\w+)\)(02)?d/g, (_, name, padded) => String(values[name]).padStart(padded ? 2 : 1, "0"))
  }
})
