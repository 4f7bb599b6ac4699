"""The approvals in real browsers: two operators at once, by keyboard, and for everyone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

import cairnloop
from cairnloop.governance.installing import install_triggers
from cairnloop.models import ToolApproval
from tests.accessible import TOUCH, objections, too_small
from tests.factories import BILLING, actor_of, make_conversation
from tests.governance.conftest import grant
from tests.governance.tools import CAIRNLOOP
from tests.web.approvals.conftest import QUEUE, proposed
from tests.web.test_in_browser import chrome, desk  # noqa: F401  # fixtures

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def five(backstage: Any, ada: Any, settings: Any) -> list[Any]:
    """Five actions that wait, the last of high risk."""
    settings.CAIRNLOOP = CAIRNLOOP

    def write() -> list[Any]:
        install_triggers()
        by = actor_of(grant(ada, "change_toolapproval", "change_group"))
        low = [proposed(make_conversation(), cents=cents) for cents in range(1, 5)]
        return [*low, proposed(make_conversation(), cents=5, tool="charge", by=by)]

    found: list[Any] = backstage(write)
    return found


def row(page: Any, proposal: Any) -> Any:
    return page.locator(f"#approvals-row-{proposal.pk}")


def why(page: Any, proposal: Any) -> Any:
    return page.locator(f"#proposal-{proposal.pk}-reject-reason")


def test_two_operators_decide_and_nothing_moves_under_the_pointer(desk, five, backstage, ada):  # noqa: F811
    mine, theirs = desk().open(QUEUE, state="live"), desk().open(QUEUE, state="live")
    badge = mine.locator("#rail-approvals")
    expect(badge).to_contain_text("5")
    row(mine, five[1]).locator(".cl-approval-title").click()
    row(mine, five[1]).get_by_text("Reject…").click()
    why(mine, five[1]).fill("Paid twice")
    row(mine, five[4]).locator(".cl-approval-title").click()
    expect(row(mine, five[4]).get_by_role("button", name="Approve")).to_be_visible()

    for number in (0, 2):
        row(theirs, five[number]).locator("input").check()
    theirs.get_by_role("button", name="Approve selected 2").click()
    expect(theirs.get_by_role("alert")).to_contain_text("2 actions were approved.")
    expect(row(theirs, five[0])).to_have_count(0)
    expect(badge).to_contain_text("3")
    news = mine.locator("#approvals-news")
    expect(news).to_have_text("2 changed")
    expect(row(mine, five[0])).to_be_visible()
    expect(why(mine, five[1])).to_have_value("Paid twice")

    row(mine, five[0]).locator("input").check()
    mine.get_by_role("button", name="Approve selected 1").click()
    expect(mine.get_by_role("alert")).to_contain_text("This does not wait any more")
    expect(row(mine, five[0])).to_have_count(0)
    # What one had unfolded and begun is there again.
    row(mine, five[1]).locator(".cl-approval-title").click()
    expect(why(mine, five[1])).to_have_value("Paid twice")
    row(mine, five[1]).get_by_role("button", name="Reject", exact=True).click()
    expect(row(mine, five[1]).get_by_text("Rejected", exact=True)).to_be_visible()
    backstage(lambda: proposed(make_conversation(), cents=9))
    expect(news).to_have_text("1 new")
    news.get_by_role("link").click()
    expect(mine.locator(".cl-approval")).to_have_count(3)
    assert backstage(lambda: ToolApproval.objects.filter(decided_by_ref=actor_of(ada).ref).count()) == 3


def test_goes_by_keyboard(desk, five, backstage):  # noqa: F811
    page = desk().open(QUEUE, state="live")
    page.keyboard.press("j")
    expect(row(page, five[0]).locator(".cl-approval-title")).to_be_focused()
    page.keyboard.press("x")
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Approve selected 2")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(row(page, five[1]).get_by_text("Policy")).to_be_visible()
    expect(row(page, five[1]).locator(".cl-approval-title")).to_be_focused()
    expect(page.get_by_role("button", name="Approve selected 1")).to_be_enabled()
    # Until then a link that was put in leads to its own page.
    expect(page.locator(".htmx-added, .htmx-settling")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(row(page, five[1]).get_by_text("Policy")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(row(page, five[4]).locator(".cl-approval-title")).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Approve selected 1")).to_be_enabled()
    page.get_by_role("button", name="Select all that are shown whole").click()
    page.get_by_role("button", name="Approve selected 4").click()
    expect(page.get_by_role("alert")).to_contain_text("4 actions were approved.")
    assert backstage(lambda: ToolApproval.objects.pending().get().proposal_id) == five[4].pk


def test_selects_nothing_that_is_folded_without_unfolding_it(desk, five, backstage):  # noqa: F811
    more = {"input": {"cents": 9, "url": "A" * 700 + " AND MONEY"}, "by": BILLING}
    folded = backstage(lambda: cairnloop.propose_tool(tool="tag", **more))
    page = desk().open(QUEUE, state="live")
    hint = page.get_by_text("What is folded is not selected with the others")
    expect(hint).to_be_visible()
    expect(row(page, folded).get_by_text("AND MONEY")).to_be_hidden()
    page.get_by_role("button", name="Select all that are shown whole").click()
    expect(page.get_by_role("button", name="Approve selected 4")).to_be_enabled()
    expect(row(page, folded).locator("input")).not_to_be_checked()
    row(page, folded).locator("input").check()
    expect(row(page, folded).get_by_text("AND MONEY")).to_be_visible()
    expect(hint).to_be_hidden()
    page.get_by_role("button", name="Approve selected 5").click()
    expect(page.get_by_role("alert")).to_contain_text("5 actions were approved.")


def test_shows_what_became_of_a_batch_from_the_end_of_a_long_list(desk, five, backstage):  # noqa: F811
    page = desk().open(QUEUE, state="")
    page.set_viewport_size({"width": 1000, "height": 420})
    for refused in (False, True):
        row(page, five[3 - refused]).locator("input").check()
        if refused:
            backstage(lambda: ToolApproval.objects.filter(proposal=five[2]).update(status="expired"))
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        assert page.evaluate("scrollY") > 100
        page.get_by_role("button", name="Approve selected 1").click()
        expect(page.get_by_role("alert")).to_contain_text("Nothing was approved." if refused else "1 action was")
        expect(page.get_by_role("alert")).to_be_focused()
        expect(page.get_by_role("alert")).to_be_in_viewport(ratio=1)


def test_counts_down_on_the_last_day(desk, five, backstage):  # noqa: F811
    soon, later = timezone.now() + timedelta(minutes=90), timezone.now() + timedelta(days=1, hours=2)
    backstage(lambda: ToolApproval.objects.filter(proposal=five[0]).update(expires_at=soon))
    backstage(lambda: ToolApproval.objects.filter(proposal=five[1]).update(expires_at=later))
    window = desk()
    window.page.clock.install()
    page = window.open(QUEUE, state="")
    expect(row(page, five[0]).locator("[data-left]")).to_have_text("Expires in 1h 30m")
    page.clock.fast_forward("40:00")
    expect(row(page, five[0]).locator("[data-left]")).to_have_text("Expires in 50m")
    page.clock.fast_forward("55:00")
    expect(row(page, five[0]).locator("[data-left]")).to_have_text("Expired")
    expect(row(page, five[1]).locator("[data-left]")).to_have_text(re.compile("Expires in 1.day, 1.hour"))


def test_can_be_used_by_everyone(desk, five):  # noqa: F811
    page, phone = desk().open(QUEUE, state=""), desk(**TOUCH).open(QUEUE, state="")
    for window in (page, phone):
        row(window, five[4]).locator(".cl-approval-title").click()
        row(window, five[4]).get_by_text("Reject…").click()
        expect(why(window, five[4])).to_be_visible()
    assert objections(page) == {}
    assert too_small(phone) == []
