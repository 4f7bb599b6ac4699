/**
 * Brings governed actions to their places in the timeline, without moving the reader: one the page shows is exchanged
 * where it stands, and only if it changed; a new one joins by the time it was proposed. They come in a template, so
 * that nothing in them is there twice, or takes the focus, before it stands where it belongs.
 */
customElements.define("cl-proposals", class extends HTMLElement {
  connectedCallback() {
    this.thread = this.closest("cl-thread")
    this.leaving = new AbortController()
    this.observer = new MutationObserver(() => this.#deliver())
    this.observer.observe(this, { childList: true })
    document.addEventListener("click", (event) => this.#show(event), { signal: this.leaving.signal })
  }

  disconnectedCallback() {
    this.observer.disconnect()
    this.leaving.abort()
  }

  /** News say up to which version they bring the actions; the answer to what one did oneself is said by its toast. */
  #deliver() {
    const brought = this.querySelector("template")
    if (!brought) return
    this.replaceChildren()
    const isNews = "version" in brought.dataset
    if (isNews) this.dataset.version = brought.dataset.version
    for (const card of [...brought.content.querySelectorAll("cl-proposal")]) this.#place(card, card.previousElementSibling, isNews)
  }

  #place(card, day, isNews) {
    const known = document.getElementById(card.querySelector("article").id)?.closest("cl-proposal")
    const isAsked = card.querySelector("[autofocus], [role=alert]")
    if (known?.dataset.mark === card.dataset.mark && !isAsked) return
    const height = this.thread.scrollHeight
    if (known) known.replaceWith(card)
    else this.#join(card, day)
    if (!card.isConnected) return
    window.htmx.process(card)
    const isAbove = card.getBoundingClientRect().top < this.thread.getBoundingClientRect().top
    if (isAbove && !isAsked) this.thread.scrollTop += this.thread.scrollHeight - height
    if (isNews && known?.dataset.says !== card.dataset.says) this.#say(card.dataset.says)
  }

  #join(card, day) {
    const entries = [...this.thread.querySelectorAll("[data-at]")]
    const before = entries.findLast((each) => Number(each.dataset.at) <= Number(card.dataset.at))
    // It belongs to messages the page does not show.
    if (!before && document.getElementById("earlier")) return
    const shown = document.getElementById(day.id)
    const place = !before || shown?.compareDocumentPosition(before) & Node.DOCUMENT_POSITION_PRECEDING ? shown : before
    const joining = shown ? [card] : [day, card]
    if (place) place.after(...joining)
    else this.thread.querySelector(".cl-timeline-part").prepend(...joining)
  }

  /** A link to an action leads to its card where the page shows it, and to the page that does where it does not. */
  #show(event) {
    const link = event.target.closest?.("[data-to-card]")
    const card = link && this.thread.querySelector(link.hash)
    if (!card || event.metaKey || event.ctrlKey) return
    event.preventDefault()
    this.thread.show(card)
  }

  #say(words) {
    document.dispatchEvent(new CustomEvent("cl:say", { detail: words }))
  }
})
