"""axe-core on every screen: light, dark and on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accessible import TOUCH, objections, too_small

pytestmark = [pytest.mark.browser, pytest.mark.slow]

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


@pytest.fixture
def ada(window: Any) -> Any:
    return window().become("ada")


class TestEveryScreen:
    @pytest.mark.parametrize("screen", SCREENS)
    def test_has_nothing_to_object_to(self, ada, screen):
        assert objections(ada.open(SCREENS[screen])) == {}
        if screen == "not found":
            ada.complaints = [each for each in ada.complaints if "404" not in each]

    def test_the_conversation_too(self, ada):
        page = ada.open("/support/inbox/")
        page.locator("a.cl-inbox-subject").first.click()
        page.wait_for_url("**/conversations/*/?from=*")
        page.locator('cl-live[data-state="live"]').first.wait_for(state="attached")
        assert objections(page) == {}

    def test_the_list_of_keys_too(self, ada):
        page = ada.open("/support/inbox/")
        page.keyboard.press("?")
        page.get_by_role("dialog").wait_for()
        assert objections(page) == {}


class TestOnAPhone:
    @pytest.mark.parametrize("screen", ["home", "inbox"])
    def test_everything_is_large_enough_for_a_finger(self, window, screen):
        page = window(**TOUCH).become("ada").open(SCREENS[screen])
        page.wait_for_timeout(300)
        assert too_small(page) == []
