/** The rows of a search: one is current, arrows and pointer move it, and a look inside it needs no request. */
customElements.define("cl-hits", class extends HTMLElement {
  connectedCallback() {
    this.field = document.getElementById(this.dataset.field)
    this.list = this.querySelector("[role=listbox]")
    this.found = this.querySelector(".cl-palette-found")
    this.view = this.querySelector(".cl-palette-view")
    this.isWaiting = false
    this.none = this.querySelector(".cl-palette-none")
    this.skeleton = this.querySelector(".cl-palette-waiting")
    this.notice = this.querySelector(".cl-palette-notice")
    this.commands = [...this.querySelectorAll("[data-command]")]
    this.list.addEventListener("pointermove", (event) => this.#point(event))
    this.list.addEventListener("click", (event) => this.#click(event))
    this.view.addEventListener("click", ({ target }) => target.closest("[data-cite]") && this.#offer(false))
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")].filter((option) => !option.hidden)
  }

  get current() {
    return this.list.querySelector("[aria-selected=true]:not([hidden])")
  }

  /** Commands are the page's own and never out of date. */
  get isAtCommand() {
    return Boolean(this.current && "command" in this.current.dataset)
  }

  /** Nothing is searched for: what one can go to stands here, as far as the page has it. */
  idle({ canCite }) {
    this.canCite = canCite
    this.available = this.commands.filter(({ dataset }) => !dataset.press || this.#find(dataset.press))
    this.#draw(document.createElement("div"))
    this.filter("")
    this.#select(this.options[0])
  }

  /** Keeps the commands whose words begin with the ones typed. */
  filter(query) {
    const typed = query.length < 2 ? [] : this.#words(query)
    for (const command of this.commands) {
      const words = this.#words(command.querySelector(".cl-hit-title").textContent)
      const isMeant = typed.every((each) => words.some((word) => word.startsWith(each)))
      command.hidden = !isMeant || !this.available?.includes(command)
    }
    const group = this.commands[0]?.parentElement
    if (group) group.hidden = this.commands.every((command) => command.hidden)
    if (!this.current) this.#select(this.options[0])
    this.#settle()
  }

  show(html) {
    const before = this.isMoved ? this.current?.id : ""
    this.#draw(new DOMParser().parseFromString(html, "text/html").getElementById("findings"))
    this.#select(this.options.find(({ id }) => id === before) ?? this.options[0])
    this.#settle()
  }

  /** The answer takes a moment: rows of before stay, and where there are none, grey ones stand for them. */
  wait(isWaiting) {
    if (isWaiting === this.isWaiting) return
    this.isWaiting = isWaiting
    this.list.setAttribute("aria-busy", String(isWaiting))
    const count = this.querySelector("[data-count]")
    if (isWaiting) {
      this.counted = count.textContent
      this.querySelector("[data-time]").textContent = ""
      count.textContent = this.dataset.waiting
    } else count.textContent = this.counted
    this.#settle()
  }

  /** Asking failed: what stands here stays, and a line says so. */
  fail() {
    this.#say(this.dataset.failed, true)
    this.notice.removeAttribute("data-quiet")
  }

  move(by) {
    const options = this.options
    const next = options[(options.indexOf(this.current) + by + options.length) % options.length]
    this.isMoved = true
    this.#select(next)
    next?.scrollIntoView({ block: "nearest" })
  }

  choose({ metaKey, ctrlKey }) {
    if (this.current) this.#offer(metaKey || ctrlKey)
  }

  #offer(isModified) {
    this.dispatchEvent(new CustomEvent("cl:choose", { detail: { option: this.current, isModified } }))
  }

  #draw(findings) {
    const { count = "", time = "", notice = "" } = findings?.dataset ?? {}
    this.isUnanswered = "unanswered" in (findings?.dataset ?? {})
    this.isSearched = Boolean(count)
    this.isMoved = false
    this.found.replaceChildren(...(findings?.children ?? []))
    this.querySelector("[data-count]").textContent = count
    this.querySelector("[data-time]").textContent = time
    this.#say(notice, "failed" in (findings?.dataset ?? {}))
    this.notice.toggleAttribute("data-quiet", "quiet" in (findings?.dataset ?? {}))
    this.querySelector("[data-how]").textContent = this.notice.hasAttribute("data-quiet") ? notice : ""
  }

  #say(text, isFailure) {
    this.notice.hidden = !text
    this.notice.lastElementChild.textContent = text
    if (isFailure) this.notice.dataset.tone = "warning"
    else delete this.notice.dataset.tone
  }

  /** Says when nothing was found, and hides a list without rows. */
  #settle() {
    const isEmpty = this.found.childElementCount === 0
    this.skeleton.hidden = !this.isWaiting || !isEmpty
    this.none.hidden = !this.isSearched || !isEmpty || this.isWaiting
    this.list.hidden = this.options.length === 0
    this.field.setAttribute("aria-expanded", String(!this.list.hidden))
  }

  #select(option) {
    for (const each of this.list.querySelectorAll("[role=option]")) each.setAttribute("aria-selected", String(each === option))
    if (option) this.field.setAttribute("aria-activedescendant", option.id)
    else this.field.removeAttribute("aria-activedescendant")
    const preview = option?.querySelector("template") ?? this.querySelector("template[data-idle]")
    this.view.replaceChildren(preview.content.cloneNode(true))
    this.view.scrollTop = 0
    const isCitable = this.canCite && Boolean(option?.dataset.passage)
    for (const button of this.view.querySelectorAll("[data-cite]")) button.hidden = !isCitable
    this.#hint({ move: option, open: option && !isCitable, cite: isCitable, quote: isCitable && option.dataset.quote, tab: !isCitable && option?.href })
  }

  #hint(hints) {
    for (const [name, isShown] of Object.entries(hints)) this.querySelector(`[data-hint=${name}]`).hidden = !isShown
  }

  #point(event) {
    const option = event.target.closest("[role=option]")
    // A row that was drawn under a pointer at rest was not pointed at.
    if (!option || option === this.current || (!event.movementX && !event.movementY)) return
    this.isMoved = true
    this.#select(option)
  }

  #click(event) {
    const option = event.target.closest("[role=option]")
    if (!option || ((event.metaKey || event.ctrlKey || event.shiftKey) && option.href)) return
    event.preventDefault()
    this.#select(option)
    this.#offer(false)
  }

  #find(selector) {
    return [...document.querySelectorAll(selector)].some((each) => each.checkVisibility())
  }

  #words(text) {
    return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  }
})
