"""The audit log in a real browser: entries open in their place, more are loaded, and everyone can use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from playwright.sync_api import expect

import cairnloop
from cairnloop.audit.standing import seal_and_verify
from tests.accessible import TOUCH, objections, too_small
from tests.factories import actor_of, make_article, make_conversation, make_draft
from tests.web.test_in_browser import chrome, desk  # noqa: F401  # fixtures

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

LOG = "/support/audit/"


@pytest.fixture
def record(backstage: Any, ada: Any) -> Callable[..., None]:
    """Record five entries of as many kinds, so many times, and verify them."""

    def write(times: int) -> None:
        ada.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
        for _ in range(times):
            conversation, by = make_conversation(), actor_of(ada)
            make_draft(conversation)
            cairnloop.resolve_conversation(conversation_id=conversation.pk, by=by, reason="Refunded by phone.")
            make_article(by=by)
        seal_and_verify(now=timezone.now())

    return lambda *, times: backstage(lambda: write(times))


class TestTheAuditLog:
    def test_opens_entries_in_their_place_and_loads_more(self, desk, record):  # noqa: F811  # the fixture
        record(times=15)
        page = desk().open(LOG, state="")
        toggles = page.locator(".cl-audit-toggle")
        expect(toggles).to_have_count(50)
        toggles.nth(2).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Matches", exact=True)).to_be_visible()
        expect(toggles.nth(2)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Matches", exact=True)).to_have_count(0)
        expect(toggles.nth(2)).to_be_focused()
        assert page.url.endswith(LOG)

        page.get_by_role("link", name="Load more").click()
        expect(toggles).to_have_count(75)
        expect(page.get_by_text("This is where the log begins.")).to_be_visible()

        page.keyboard.press("/")
        page.keyboard.type("refunded phone")
        page.keyboard.press("Enter")
        page.wait_for_url("**/audit/?q=refunded+phone")
        expect(toggles).to_have_count(15)

    def test_can_be_used_by_everyone(self, desk, record):  # noqa: F811  # the fixture
        record(times=2)
        page, phone = desk().open(LOG, state=""), desk(**TOUCH).open(LOG, state="")
        for window in (page, phone):
            window.locator(".cl-audit-toggle").first.click()
            expect(window.get_by_text("Matches", exact=True)).to_be_visible()
            window.locator("summary", has_text="Filter").click()
        assert objections(page) == {}
        assert too_small(phone) == []
