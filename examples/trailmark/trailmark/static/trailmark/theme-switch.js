/** System, light or dark: remembered on this device. */
const root = document.documentElement
const buttons = document.querySelectorAll("[data-theme-set]")

const show = () => {
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(button.dataset.themeSet === (root.dataset.theme ?? "")))
  }
}

const choose = (theme) => {
  if (theme) root.dataset.theme = theme
  else delete root.dataset.theme
  try {
    if (theme) localStorage.setItem("cl:theme", theme)
    else localStorage.removeItem("cl:theme")
  } catch {
    // Forbidden storage only means that the next page starts with the system's theme.
  }
  show()
}

for (const button of buttons) button.addEventListener("click", () => choose(button.dataset.themeSet))
show()
