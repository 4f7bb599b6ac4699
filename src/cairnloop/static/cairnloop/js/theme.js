/** Applies the operator's theme and names the keyboard's keys before the first paint. Not a module: it has to block. */
{
  const platform = navigator.userAgentData?.platform || navigator.platform
  document.documentElement.dataset.keyboard = /mac|iphone|ipad/i.test(platform) ? "apple" : "other"
  try {
    const theme = localStorage.getItem("cl:theme")
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme
  } catch {
    // Storage may be forbidden; the system's theme is a fine answer.
  }
}
