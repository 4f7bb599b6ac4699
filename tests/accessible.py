"""What axe-core, a thumb and a narrow screen object to, on a page that is open: in light, in dark, and on a phone."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
LOOKS: dict[str, tuple[dict[str, int], Any]] = {
    "light": (DESKTOP, "light"),
    "phone": (PHONE, "light"),
    "phone, dark": (PHONE, "dark"),
    "dark": (DESKTOP, "dark"),
}
# Without preloading: for that axe itself writes a style element, which the content policy rightly refuses.
EVERY_RULE = {"resultTypes": ["violations"], "preload": False}
# A theme changes nothing but colours.
RULES_OF_COLOUR = {**EVERY_RULE, "runOnly": ["color-contrast", "link-in-text-block"]}
TOUCH = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
TOUCH_TARGET = 44
"""Pixels a finger needs."""

TOO_SMALL = """
() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter((each) => each.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true }))
  .filter((each) => !each.closest('p, .cl-msg-text, .cl-prose, .cl-visually-hidden, .cl-skip'))
  .map((each) => {
    const label = each.closest('label') ?? each
    const box = label.getBoundingClientRect()
    const after = getComputedStyle(each, '::after')
    const stretched = after.position === 'absolute' && after.content !== 'none'
    return { box, stretched, name: (each.textContent || each.getAttribute('aria-label') || each.name || '').trim() }
  })
  .filter(({ box, stretched }) => box.width > 0 && box.height > 0 && !stretched && box.height < LIMIT - 0.5)
  .map(({ box, name }) => `${name}: ${Math.round(box.width)} x ${Math.round(box.height)}`)
"""
# Colours that are still on their way are no colours to judge, and a page nobody looks at may never get there.
SETTLED = """() => [...document.querySelectorAll('*')].map((each) => each.shadowRoot).filter(Boolean)
  .concat(document).flatMap((root) => root.getAnimations())
  .filter((each) => Number.isFinite(each.effect?.getComputedTiming().endTime)).forEach((each) => each.finish())"""

BROKEN = """async (options) => (await axe.run(document, options)).violations
  .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))"""


def objections(page: Any) -> dict[str, list[str]]:
    """Return what is wrong with an open page, by look; the page is left as a desktop shows it in the light."""
    found: dict[str, list[str]] = {}
    for look, (viewport, theme) in LOOKS.items():
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=theme)
        found[look] = violations(page, EVERY_RULE if theme == "light" else RULES_OF_COLOUR)
        if scrolls_sideways(page):
            found[look].append("scrolls sideways")
    page.emulate_media(color_scheme="light")
    return {look: wrong for look, wrong in found.items() if wrong}


def violations(page: Any, options: dict[str, Any] = EVERY_RULE) -> list[str]:
    """Return the rules of axe-core that elements of the page break, with the elements."""
    page.evaluate(SETTLED)
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    return list(page.evaluate(BROKEN, options))


def scrolls_sideways(page: Any) -> bool:
    """Return whether the page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))


def too_small(page: Any, limit: int = TOUCH_TARGET) -> list[str]:
    """Return the controls that are lower than so many pixels."""
    return list(page.evaluate(TOO_SMALL.replace("LIMIT", str(limit))))
