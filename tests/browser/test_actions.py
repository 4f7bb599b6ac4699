"""An action from its form to its effect: one proposes, another approves, a worker runs it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class TestAnAction:
    def test_is_proposed_by_one_approved_by_another_and_done(self, window):
        ada, grace = window().become("ada"), window().become("grace")
        page = ada.open("/support/inbox/?q=northbeam")
        page.locator("a.cl-inbox-subject").first.click()
        page.wait_for_url("**/conversations/*/?from=*")
        other = grace.open(page.url.removeprefix(grace.example))
        for each in (page, other):
            each.locator('cl-live[data-state="live"]').first.wait_for(state="attached")

        page.get_by_role("link", name="Propose an action").click()
        page.get_by_role("link", name="Grant seats").click()
        page.get_by_role("spinbutton", name="Seats").fill("3")
        page.get_by_role("button", name="Propose", exact=True).click()
        card = page.locator("#timeline article.cl-action:focus")
        expect(card).to_contain_text("may seat 17 people instead of 14")
        expect(card).to_contain_text("Waits for approval")
        expect(card.get_by_role("button", name="Approve")).to_have_count(0)

        seen = other.locator(f"#{card.get_attribute('id')}")
        expect(seen).to_contain_text("Proposed by Ada Brandt")
        seen.get_by_role("button", name="Approve").click()
        expect(seen).to_contain_text("may seat 17 people.", timeout=15_000)
        expect(page.locator(f"#{card.get_attribute('id')}")).to_contain_text("Done")
