/** Applies the chosen theme before the first paint. The key is the dashboard's, so that both look alike. */
try {
  const theme = localStorage.getItem("cl:theme")
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden; the system's theme is a fine answer.
}
