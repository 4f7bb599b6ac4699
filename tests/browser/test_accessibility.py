"""axe-core on every screen: light, dark and on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light", "viewport": PHONE, "has_touch": True, "is_mobile": True},
}
SCREENS = {
    "tour": "/",
    "runs": "/runs/",
    "billing": "/billing/",
    "api keys": "/api-keys/",
    "chat": "/chat",
    "home": "/support/",
    "inbox": "/support/inbox/",
    "inbox, resolved": "/support/inbox/?status=resolved",
    "inbox, nothing found": "/support/inbox/?q=zzzzzz",
    "articles": "/support/knowledge/",
    "article": "/support/knowledge/1/",
    "article, editor": "/support/knowledge/1/edit/",
    "not found": "/support/conversations/999999/",
}
SMALLEST_TARGET = 24
TOUCH_TARGET = 44

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


@pytest.mark.parametrize("look", LOOKS)
class TestEveryScreen:
    @pytest.mark.parametrize("screen", SCREENS)
    def test_has_nothing_axe_objects_to(self, window, look, screen):
        shown = window(**LOOKS[look]).become("ada")
        page = shown.open(SCREENS[screen])
        page.wait_for_timeout(400)
        assert violations(page) == []
        assert not scrolls_sideways(page)
        if screen == "not found":
            shown.complaints = [each for each in shown.complaints if "404" not in each]

    def test_the_conversation_too(self, window, look):
        page = window(**LOOKS[look]).become("ada").open("/support/inbox/")
        page.locator("a.cl-inbox-subject").first.click()
        page.wait_for_url("**/conversations/*/?from=*")
        page.wait_for_timeout(600)
        assert violations(page) == []
        assert not scrolls_sideways(page)

    def test_the_list_of_keys_too(self, window, look):
        if look == "phone":
            return  # A phone has no such keys, and the list stays away.
        page = window(**LOOKS[look]).become("ada").open("/support/inbox/")
        page.keyboard.press("?")
        page.get_by_role("dialog").wait_for()
        assert violations(page) == []


class TestOnAPhone:
    @pytest.mark.parametrize("screen", ["home", "inbox"])
    def test_everything_is_large_enough_for_a_finger(self, window, screen):
        page = window(**LOOKS["phone"]).become("ada").open(SCREENS[screen])
        page.wait_for_timeout(300)
        assert page.evaluate(TOO_SMALL.replace("LIMIT", str(TOUCH_TARGET))) == []


def violations(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    # Without preloading: for that axe itself writes a style element, which the content policy rightly refuses.
    found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


def scrolls_sideways(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))
