"""One conversation from the first message to the rating, in two windows that see each other live."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUESTION = "Since noon every build of nav-core is skipped, although two seats are free."
ANSWER = "Thanks, I see it. The seat count was stale, **nav-core** is building again."


def begin_anew(chat: Any) -> None:
    """Leave the conversation the widget opens with, and start another."""
    chat.get_by_role("button", name="All conversations").click()
    chat.get_by_role("button", name="New conversation").click()


def go_on_typing(box: Any, *, until: Any) -> None:
    """Write letter by letter, as people do: the first may come before the page's scripts run."""
    for _ in range(60):
        box.press_sequentially("o")
        if until.count():
            return
        box.page.wait_for_timeout(250)
    raise AssertionError("Nobody was told that somebody writes.")


class TestTheJourney:
    def test_customer_and_operator_see_each_other_live(self, window):
        customer = window().become("noor")
        operator = window().become("ada")
        inbox = operator.open("/support/inbox/?status=open&assignee=none")
        inbox.get_by_text("Live", exact=True).first.wait_for()

        chat = customer.open("/chat")
        begin_anew(chat)
        box = chat.get_by_role("textbox", name="Your message")
        box.fill(QUESTION)
        box.press("Enter")
        chat.get_by_text(re.compile("^Sent ")).last.wait_for()

        # The list never moves under the pointer: what is new waits behind a button.
        subject = inbox.get_by_role("link", name=re.compile("Since noon every build"))
        news = inbox.locator("#inbox-news a, #inbox-news button")
        subject.or_(news).first.wait_for()
        if not subject.is_visible():
            news.click()
        subject.first.click()
        inbox.get_by_text(QUESTION).first.wait_for()

        reply = inbox.get_by_role("textbox", name=re.compile("Reply", re.IGNORECASE))
        go_on_typing(reply, until=chat.get_by_text(re.compile("is writing")).first)
        reply.fill(ANSWER)
        reply.press("Control+Enter")
        inbox.get_by_text("The seat count was stale").first.wait_for()
        assert reply.input_value() == ""

        chat.get_by_text("The seat count was stale").first.wait_for()
        assert chat.locator("strong", has_text="nav-core").count() == 1

        chat.get_by_role("textbox", name="Your message").fill("Works, thank you!")
        chat.get_by_role("button", name="Send").click()
        inbox.get_by_text("Works, thank you!").first.wait_for()

        resolved_at = inbox.url
        inbox.get_by_role("button", name=re.compile("^Resolve")).first.click()
        inbox.wait_for_url(lambda url: url != resolved_at)
        rate = chat.get_by_role("group", name="How was this for you?")
        rate.wait_for()
        rate.get_by_role("button", name="Good", exact=True).click()
        chat.get_by_text("Your answer is saved").wait_for()

        operator.open("/support/inbox/?status=resolved")
        operator.page.get_by_role("link", name=re.compile("Since noon every build")).first.click()
        operator.page.get_by_text(re.compile("rated", re.IGNORECASE)).first.wait_for()

    def test_the_customer_goes_on_where_they_left(self, window):
        customer = window().become("noor")
        chat = customer.open("/chat")
        begin_anew(chat)
        box = chat.get_by_role("textbox", name="Your message")
        box.fill("Can two people share one key?")
        box.press("Enter")
        chat.get_by_text(re.compile("^Sent ")).last.wait_for()
        box.fill("An unsent thought")

        again = customer.open("/runs/")
        again.get_by_text("Can two people share one key?").first.wait_for()
        assert again.get_by_role("textbox", name="Your message").input_value() == "An unsent thought"

    def test_a_reply_written_too_late_is_kept(self, window):
        customer = window().become("noor")
        chat = customer.open("/chat")
        begin_anew(chat)
        box = chat.get_by_role("textbox", name="Your message")
        box.fill("Where do I find the audit log?")
        box.press("Enter")
        chat.get_by_text(re.compile("^Sent ")).last.wait_for()

        operator = window(java_script_enabled=False).become("ada")
        page = operator.open("/support/inbox/?status=open&assignee=none")
        page.get_by_role("link", name=re.compile("Where do I find the audit log")).first.click()
        chat.get_by_role("textbox", name="Your message").fill("Found it, never mind.")
        chat.get_by_role("button", name="Send").click()
        chat.get_by_text(re.compile("^Sent ")).last.wait_for()
        chat.wait_for_timeout(300)

        reply = page.get_by_role("textbox", name=re.compile("Reply", re.IGNORECASE))
        reply.fill("Under Settings, Audit.")
        page.get_by_role("button", name=re.compile("Send reply")).click()
        page.get_by_text(re.compile("wrote again")).first.wait_for()
        assert page.get_by_text("Found it, never mind.").first.is_visible()
        assert (
            page.get_by_role("textbox", name=re.compile("Reply", re.IGNORECASE)).input_value()
            == "Under Settings, Audit."
        )
        # Without scripts the answer to a refused POST is a 409 page, which a browser notes as a failed request.
        operator.complaints = [each for each in operator.complaints if "409" not in each]
