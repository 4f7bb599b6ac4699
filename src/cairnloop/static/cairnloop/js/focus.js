/**
 * What is replaced, removed or disabled while it has the focus hands it on: to the same control in what came instead,
 * or to the part of the page that came. A page without a focus begins at its top again, for the keyboard and for those
 * it is read to.
 */
let held = null

/** What it says and where it leads; the query only says where one came from. */
const nameOf = (control) => {
  const address = control.form?.getAttribute("action") ?? control.getAttribute("href") ?? ""
  return `${control.textContent.trim()} ${address.split("?")[0]}`
}

const placesOf = (control) => {
  const ids = []
  for (let each = control.closest("[id]"); each; each = each.parentElement?.closest("[id]")) ids.push(each.id)
  return ids
}

document.addEventListener("focusin", ({ target }) => {
  held = { control: target, name: nameOf(target), places: placesOf(target) }
})
/* A control that is about to be removed loses the focus first. Only what stays, and can be used, was left by somebody. */
document.addEventListener("focusout", ({ target }) => {
  const left = held
  if (left?.control !== target || target.disabled) return
  left.isLeft = true
  setTimeout(() => { if (held === left && target.isConnected) held = null })
})

/** A message that passes is no place to stay in. */
const isPlace = (part) => part?.checkVisibility() && !part.matches("[role=status]")

const handOn = () => {
  if (!held || document.activeElement !== document.body) return
  const { control, name, places, isLeft } = held
  if (isLeft && control.isConnected) return
  const place = [...places, "main"].map((id) => document.getElementById(id)).find(isPlace)
  if (!place || document.querySelector("dialog[open]")) return
  const same = control.isConnected ? control : [...place.querySelectorAll("a[href], button")].find((each) => nameOf(each) === name)
  const next = same && !same.disabled && same.checkVisibility() ? same : place
  if (next === place && !place.matches("a[href], button, [tabindex]")) place.tabIndex = -1
  next.focus({ preventScroll: true })
}

for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap", "htmx:afterRequest"]) {
  document.addEventListener(name, () => setTimeout(handOn))
}
