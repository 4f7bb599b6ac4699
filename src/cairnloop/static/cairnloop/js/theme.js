/** Applies the operator's theme before the first paint; cl-theme changes it. Not a module: it has to block. */
{
  try {
    const theme = localStorage.getItem("cl:theme")
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme
  } catch {
    // Storage may be forbidden; the system's theme is a fine answer.
  }
}
