/** A toast leaves by itself, unless it is needed, or someone is about to read or use it; and the page says so when a request failed. */
const SECONDS = 8

customElements.define("cl-toast", class extends HTMLElement {
  connectedCallback() {
    this.querySelector("[data-close]").addEventListener("click", () => this.remove())
    this.querySelector("[data-reload]")?.addEventListener("click", () => location.reload())
    this.addEventListener("htmx:afterRequest", () => this.remove())
    this.#wait()
    for (const busy of ["pointerenter", "focusin"]) this.addEventListener(busy, () => clearTimeout(this.timer))
    for (const idle of ["pointerleave", "focusout"]) this.addEventListener(idle, () => this.#wait())
  }

  disconnectedCallback() {
    clearTimeout(this.timer)
  }

  #wait() {
    clearTimeout(this.timer)
    if (!("stays" in this.dataset)) this.timer = setTimeout(() => this.remove(), SECONDS * 1000)
  }
})

const say = (id) => document.getElementById("toasts").replaceChildren(document.getElementById(id).content.cloneNode(true))

/* What arrived is said to those who do not see it arrive: an element that is swapped says nothing by itself. */
document.addEventListener("cl:say", ({ detail }) => {
  const line = document.createElement("p")
  line.className = "cl-visually-hidden"
  line.textContent = detail
  document.getElementById("toasts").append(line)
  setTimeout(() => line.remove(), SECONDS * 1000)
})

/* A refusal of ours brings its own toast and says how to swap; anyone else's error page must not land in a fragment. */
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status < 400 || !detail.xhr.getResponseHeader("HX-Reswap")) return
  detail.shouldSwap = true
  detail.isError = false
})
document.addEventListener("htmx:responseError", ({ detail }) => detail.requestConfig.verb === "get" || say("toast-failed"))
document.addEventListener("htmx:sendError", ({ detail }) => detail.requestConfig.verb === "get" || say("toast-offline"))
