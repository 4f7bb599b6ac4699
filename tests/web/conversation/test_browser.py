"""The workspace in a real browser: news that arrive while one reads or writes, and text that is never lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, expect

import cairnloop
from cairnloop.core import live
from cairnloop.models import Conversation, Message, ReadMarker, ToolProposal
from tests import factories
from tests.accessible import PHONE, TOUCH, objections, violations
from tests.factories import BILLING, LIN, actor_of, make_conversation
from tests.web.conversation.conftest import said, writes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
R = TypeVar("R")
Backstage = Callable[[Callable[[], R]], R]
HERE = "tests.web.conversation.hooks"


@pytest.fixture
def browser(transactional_db: None, shared_chromium: Browser) -> Browser:
    return shared_chromium


class Workspace:
    """An operator's browser on conversations; whatever it complains about fails the test."""

    def __init__(self, browser: Browser, address: str, session: str, **context: Any) -> None:
        self.address = address
        self.context = browser.new_context(locale="en-GB", **context)
        self.context.add_cookies([{"name": "sessionid", "value": session, "url": f"http://{address}"}])
        self.complaints: list[str] = []

    def open(self, conversation: Conversation, query: str = "") -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self._hear(line.text))
        page.goto(f"http://{self.address}{reverse('cairnloop:conversation', args=[conversation.pk])}{query}")
        return page

    def _hear(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.complaints.append(text)


@pytest.fixture
def ada(backstage: Backstage[Any]) -> Any:
    return backstage(lambda: factories.make_operator("ada", first_name="Ada", last_name="Brandt"))


@pytest.fixture
def conversation(backstage: Backstage[Any]) -> Conversation:
    return backstage(make_conversation)


@pytest.fixture
def session(ada: Any, backstage: Backstage[Any]) -> str:
    def sign_in() -> str:
        client = Client()
        client.force_login(ada)
        return client.cookies["sessionid"].value

    return backstage(sign_in)


@pytest.fixture
def desk(browser: Browser, address: str, session: str) -> Iterator[Callable[..., Workspace]]:
    opened: list[Workspace] = []

    def enter(**context: Any) -> Workspace:
        opened.append(Workspace(browser, address, session, **context))
        return opened[-1]

    yield enter
    for workspace in opened:
        workspace.context.close()
        assert workspace.complaints == []


def log(page: Page) -> Locator:
    return page.get_by_role("log", name="Messages")


def reply_field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Reply")


def is_live(page: Page) -> None:
    expect(page.locator("cl-live")).to_have_text("Live")


def sequences(page: Page) -> list[int]:
    found = page.locator("#timeline [data-sequence]")
    return [int(sequence) for sequence in found.evaluate_all("all => all.map(each => each.dataset.sequence)")]


def scrolled(page: Page) -> float:
    return page.evaluate("document.querySelector('cl-thread').scrollTop")


def eventually(page: Page, truth: Callable[[], bool]) -> None:
    for _ in range(200):
        if truth():
            return
        page.wait_for_timeout(50)
    raise AssertionError("this never became true")


def sends_and_never_hears_back(page: Page, text: str) -> None:
    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/replies/", lose)
    reply_field(page).fill(text)
    with page.expect_event("requestfailed"):
        page.keyboard.press("Control+Enter")
    page.unroute("**/replies/")


class TestNewsWhileReading:
    def test_join_at_the_end_and_count_as_read(self, desk, backstage, ada, conversation):
        page = desk().open(conversation)
        is_live(page)
        backstage(lambda: writes(conversation, "One more thing.", "And another."))
        expect(log(page)).to_contain_text("And another.")
        assert sequences(page) == [1, 2, 3]
        expect(page.locator("#reply-form [name=seen_sequence]")).to_have_value("3")
        eventually(page, lambda: backstage(lambda: ReadMarker.objects.get(operator_ref=str(ada.pk)).sequence) == 3)

    def test_wait_below_for_those_who_read_further_up(self, desk, backstage, ada, conversation):
        backstage(lambda: writes(conversation, *[f"Message {number}" for number in range(2, 61)]))
        page = desk().open(conversation)
        is_live(page)
        page.evaluate("document.querySelector('cl-thread').scrollTop = 200")
        page.wait_for_timeout(100)
        before = scrolled(page)
        backstage(lambda: writes(conversation, "Down here."))
        more = page.get_by_role("button", name="1 new message")
        expect(more).to_be_visible()
        assert scrolled(page) == before
        expect(page.locator("#reply-form [name=seen_sequence]")).to_have_value("60")
        reply_field(page).fill("I did not see that.")
        page.get_by_role("button", name="Send reply").click()
        expect(page.get_by_role("alert")).to_contain_text("Not sent: Lin Zhao wrote again.")
        expect(reply_field(page)).to_have_value("I did not see that.")
        expect(page.get_by_text("New since you last looked")).to_be_in_viewport()
        assert sequences(page).count(61) == 1
        expect(more).to_be_hidden()
        page.get_by_role("button", name="Send reply").click()
        expect(log(page)).to_contain_text("I did not see that.")
        assert backstage(lambda: said(conversation))[-1] == (62, "operator", "I did not see that.")

    def test_bring_the_header_along(self, desk, backstage, conversation):
        page = desk().open(conversation)
        is_live(page)
        grace = backstage(lambda: factories.make_operator("grace", first_name="Grace", last_name="Owusu"))
        backstage(
            lambda: cairnloop.assign_conversation(
                conversation_id=conversation.pk, to=actor_of(grace), by=actor_of(grace)
            )
        )
        expect(page.locator("#conversation-header")).to_contain_text("Grace Owusu")

    def test_show_that_the_customer_types(self, desk, backstage, conversation):
        page = desk().open(conversation)
        is_live(page)
        topic = live.conversation_topic(conversation.pk)
        hint = {"type": "live.hint", "topic": topic, "what": "typing", "by": "customer"}
        backstage(lambda: live.send([hint]))
        expect(page.get_by_text("Lin Zhao is typing…")).to_be_visible()

    def test_keep_their_order_when_earlier_messages_come_in_above(self, desk, backstage, conversation):
        backstage(lambda: writes(conversation, *[f"Message {number}" for number in range(2, 131)]))
        page = desk().open(conversation)
        is_live(page)
        for first in (31, 1):
            page.get_by_role("link", name="Show earlier messages").click()
            page.locator(f"#message-{first}").wait_for(state="attached")
        shown = page.eval_on_selector_all("[id^=message-]", "found => found.map(each => +each.dataset.sequence)")
        assert shown == list(range(1, 131))
        assert page.locator(".cl-day").count() == 1


class TestUnsentText:
    def test_survives_a_reload_and_is_let_go_once_sent(self, desk, backstage, conversation):
        page = desk().open(conversation)
        is_live(page)
        reply_field(page).fill("Half a sen")
        page.keyboard.press("Escape")
        page.keyboard.press("n")
        page.keyboard.type("Ask Ivo")
        page.reload()
        expect(reply_field(page)).to_have_value("Half a sen")
        page.keyboard.press("n")
        expect(page.get_by_role("textbox", name="Internal note")).to_have_value("Ask Ivo")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("Note added. Only operators see it.")).to_be_visible()
        expect(log(page)).to_contain_text("Ask Ivo")
        page.reload()
        expect(reply_field(page)).to_have_value("Half a sen")
        page.keyboard.press("n")
        expect(page.get_by_role("textbox", name="Internal note")).to_have_value("")

    def test_is_sent_once_when_the_answer_got_lost(self, desk, backstage, conversation):
        workspace = desk()
        page = workspace.open(conversation)
        is_live(page)

        sends_and_never_hears_back(page, "Sent, but never heard back.")
        page.keyboard.press("Control+Enter")
        expect(reply_field(page)).to_have_value("")
        assert [row[2] for row in backstage(lambda: said(conversation))].count("Sent, but never heard back.") == 1
        assert sequences(page) == [1, 2]

    def test_is_let_go_when_the_page_comes_back_with_the_message(self, desk, backstage, conversation):
        workspace = desk()
        page = workspace.open(conversation)
        is_live(page)

        sends_and_never_hears_back(page, "Sent, but never heard back.")
        page.reload()
        expect(log(page)).to_contain_text("Sent, but never heard back.")
        expect(reply_field(page)).to_have_value("")

    def test_stays_when_someone_else_signs_in(self, desk, browser, address, backstage, conversation):
        page = desk().open(conversation)
        reply_field(page).fill("Ada's words")

        def sign_in() -> str:
            client = Client()
            client.force_login(factories.make_operator("grace", first_name="Grace", last_name="Owusu"))
            return client.cookies["sessionid"].value

        page.context.add_cookies([{"name": "sessionid", "value": backstage(sign_in), "url": f"http://{address}"}])
        page.reload()
        expect(reply_field(page)).to_have_value("")


class TestTyping:
    def test_is_announced_once_in_a_while_and_never_for_notes(self, desk, conversation):
        page = desk().open(conversation)
        is_live(page)
        announced: list[str] = []
        page.on("request", lambda request: request.url.endswith("/typing/") and announced.append(request.method))
        page.keyboard.press("n")
        page.keyboard.type("Between us")
        page.keyboard.press("Escape")
        page.keyboard.press("r")
        with page.expect_response(re.compile("/typing/$")) as answer:
            page.keyboard.type("Dear Lin, thank you")
        assert answer.value.status == 204
        assert announced == ["POST"]


class TestWideText:
    @pytest.mark.parametrize("width", [390, 1440])
    def test_stays_inside_its_message(self, desk, backstage, ada, width):
        word = "x" * 300
        text = f"https://x.example/{word}\n\n```\n{word} {word}\n```\n\n| a | b |\n|---|---|\n| {word} | {word} |"

        def tell() -> Conversation:
            conversation = make_conversation(text=text, subject=word[:200], customer_name=word[:200])
            cairnloop.post_reply(conversation_id=conversation.pk, text=text, by=actor_of(ada))
            return conversation

        page = desk(viewport={"width": width, "height": 844}).open(backstage(tell))
        log(page).wait_for()
        wide = """() => [...document.querySelectorAll("html, cl-thread, .cl-msg-text, .cl-aside, h1")]
          .filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.outerHTML.slice(0, 80))"""
        assert page.evaluate(wide) == []


class TestKeys:
    def test_reach_everything_there_is(self, desk, backstage, ada, conversation):
        following = backstage(lambda: make_conversation(subject="The next", customer_ref="c2"))
        page = desk().open(conversation)
        is_live(page)
        page.keyboard.press("r")
        expect(reply_field(page)).to_be_focused()
        page.keyboard.press("Escape")
        expect(reply_field(page)).not_to_be_focused()
        page.keyboard.press("a")
        expect(page.get_by_text("Assigned to you.")).to_be_visible()
        page.keyboard.press("e")
        expect(page.get_by_role("heading", level=1, name="The next")).to_be_visible()
        is_live(page)
        assert backstage(lambda: Conversation.objects.get(pk=conversation.pk).status) == "resolved"
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("heading", level=1, name="Charged twice for March")).to_be_visible()
        assert backstage(lambda: Conversation.objects.get(pk=conversation.pk).status) == "open"
        is_live(page)
        page.keyboard.press("j")
        expect(page).to_have_url(re.compile(f"/conversations/{following.pk}/"))
        is_live(page)
        page.keyboard.press("Escape")
        expect(page).to_have_url(re.compile("/inbox/$"))


class TestWithoutScripts:
    def test_a_reply_and_a_resolution_work_all_the_same(self, desk, backstage, conversation):
        page = desk(java_script_enabled=False).open(conversation)
        reply_field(page).fill("Both charges are **known**.")
        page.get_by_role("button", name="Send reply").click()
        expect(page.get_by_text("Reply sent.")).to_be_visible()
        expect(log(page).locator("strong", has_text="known")).to_be_visible()
        page.get_by_role("link", name="Internal note").click()
        page.get_by_role("textbox", name="Internal note").fill("Done.")
        page.get_by_role("button", name="Add note").click()
        expect(page.get_by_text("Note added.")).to_be_visible()
        page.get_by_role("button", name="Resolve").click()
        expect(page.get_by_text("Nobody else is waiting.")).to_be_visible()
        assert backstage(lambda: Conversation.objects.get(pk=conversation.pk).status) == "resolved"

    def test_the_customers_details_are_one_link_away(self, desk, settings, conversation):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "CONTEXT_PROVIDER": f"{HERE}.Facts"}
        page = desk(java_script_enabled=False).open(conversation)
        page.get_by_role("link", name="Show customer details").click()
        expect(page.get_by_role("heading", name="Trailmark account")).to_be_visible()


class TestTheCustomersPanel:
    def test_fails_alone_and_can_be_tried_again(self, desk, settings, conversation):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "CONTEXT_PROVIDER": f"{HERE}.Facts"}
        workspace = desk()
        workspace.context.route("**/customer/", lambda route: route.fulfill(status=500, body="broken"))
        page = workspace.open(conversation)
        expect(page.get_by_text("Customer context is unavailable")).to_be_visible()
        expect(log(page)).to_contain_text("Two charges")
        workspace.context.unroute("**/customer/")
        page.get_by_role("link", name="Try again").click()
        expect(page.get_by_role("heading", name="Trailmark account")).to_be_visible()


@pytest.fixture
def storied(backstage: Backstage[Any], ada: Any) -> Conversation:
    """A conversation with everything in it: notes, a resolution with its rating, and something new."""

    def tell() -> Conversation:
        earlier = make_conversation(subject="Invite link expired")
        cairnloop.resolve_conversation(conversation_id=earlier.pk, by=actor_of(ada))
        conversation = make_conversation(priority="urgent")
        for act in (cairnloop.post_reply, cairnloop.add_note):
            act(
                conversation_id=conversation.pk, text="See `CI`:\n\n- one\n- [two](https://x.example)", by=actor_of(ada)
            )
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        cairnloop.record_rating(conversation_id=conversation.pk, rating="negative", by=LIN)
        cairnloop.mark_read(conversation_id=conversation.pk, by=actor_of(ada), sequence=4)
        writes(conversation, "Not yet solved.")
        return conversation

    return backstage(tell)


class TestAnActionThatWaits:
    @pytest.fixture
    def page(self, desk, settings, backstage, ada, conversation) -> Page:
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "TOOLS": ["tests.governance.tools.Tag"]}

        def propose() -> None:
            ada.user_permissions.add(Permission.objects.get(codename="change_toolapproval"))
            cairnloop.propose_tool(tool="tag", input={"cents": 5}, by=BILLING, conversation_id=conversation.pk)

        backstage(propose)
        page = desk().open(conversation)
        is_live(page)
        page.get_by_text("Reject…").click()
        return page

    def test_keeps_the_reason_that_is_being_written_and_the_place_in_it(self, page, backstage, conversation):
        reason = page.get_by_role("textbox", name="Why?")
        reason.click()
        page.keyboard.type("Paid ")
        backstage(lambda: writes(conversation, "Any news?"))
        expect(log(page)).to_contain_text("Any news?")
        page.keyboard.type("twice")
        expect(reason).to_have_value("Paid twice")

    def test_stands_between_the_messages_around_it_also_when_it_arrives_late(self, page, backstage, conversation):
        def news() -> None:
            late = cairnloop.propose_tool(tool="tag", input={"cents": 7}, by=BILLING, conversation_id=conversation.pk)
            writes(conversation, "Any news?")
            # As one whose preview took so long that a message overtook it.
            ToolProposal.objects.filter(pk=late.pk).update(proposed_at=Message.objects.get(sequence=1).created_at)

        backstage(news)
        expect(page.locator("#timeline article")).to_have_count(4)
        order = "all => all.map(each => each.id.split('-')[0])"
        shown = page.locator("#timeline article, #timeline .cl-day").evaluate_all(order)
        assert shown == ["day", "message", "proposal", "proposal", "message"]
        cards = page.locator("#timeline article.cl-action")
        assert int(cards.nth(0).get_attribute("id").split("-")[1]) > int(cards.nth(1).get_attribute("id").split("-")[1])
        page.reload()
        shown = page.locator("#timeline article, #timeline .cl-day").evaluate_all(order)
        assert shown == ["day", "message", "proposal", "proposal", "message"]

    def test_is_exchanged_in_its_place_when_somebody_decides_and_leaves_the_others(
        self, page, backstage, conversation, ada
    ):
        second = backstage(
            lambda: cairnloop.propose_tool(tool="tag", input={"cents": 7}, by=BILLING, conversation_id=conversation.pk)
        )
        expect(page.locator("#waiting")).to_have_text("2 actions wait for a decision")
        page.locator(f"#proposal-{second.pk}").get_by_text("History").click()
        page.get_by_role("textbox", name="Why?").fill("Paid")
        page.keyboard.press("Home")

        def decide() -> None:
            lane = second.approvals.get()
            cairnloop.reject_tool(approval_id=lane.pk, by=actor_of(ada), reason="Twice")

        backstage(decide)
        expect(page.locator(f"#proposal-{second.pk}")).to_contain_text("Rejected")
        expect(page.locator("#toasts")).to_contain_text("Tag: Rejected")
        expect(page.locator(f"#proposal-{second.pk}-history")).to_have_attribute("open", "")
        expect(page.locator("#waiting")).to_have_text("1 action waits for a decision")
        # The other was left as it is, with the cursor where it was.
        page.keyboard.type("Not ")
        expect(page.get_by_role("textbox", name="Why?")).to_have_value("Not Paid")

    def test_is_found_at_once_where_it_stands_far_above(self, page, backstage, conversation, desk):
        backstage(lambda: writes(conversation, *[f"Message {number}" for number in range(2, 40)]))
        expect(log(page)).to_contain_text("Message 39")
        card = page.locator("#timeline article.cl-action")
        page.evaluate("document.querySelector('cl-thread').scrollTop = 1e6")
        expect(card).not_to_be_in_viewport()
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 844})
            if width == 390:
                page.get_by_role("link", name="Details").click()
            page.get_by_role("link", name="1 action waits for a decision").click()
            expect(card).to_be_focused()
            expect(card).to_be_in_viewport()
        backstage(lambda: writes(conversation, *[f"Message {number}" for number in range(40, 80)]))
        other = desk().open(conversation)
        card = other.locator("article.cl-action")
        expect(card).to_have_count(0)
        other.get_by_role("link", name="1 action waits for a decision").click()
        expect(card).to_be_focused()
        expect(card).to_be_in_viewport()

    def test_is_decided_among_earlier_messages(self, page, backstage, conversation, desk):
        backstage(lambda: writes(conversation, *[f"Message {number}" for number in range(2, 80)]))
        other = desk().open(conversation)
        is_live(other)
        other.get_by_role("link", name="Show earlier messages").click()
        card = other.locator("article.cl-action")
        card.get_by_role("button", name="Approve").click()
        expect(card).to_contain_text("About to run")
        expect(card).to_have_count(1)
        expect(other.locator("#waiting")).to_be_empty()
        # And on the page of somebody who looks at it meanwhile.
        expect(page.locator("article.cl-action")).to_contain_text("About to run")

    def test_forgets_the_reason_once_it_was_given(self, page):
        page.get_by_role("textbox", name="Why?").fill("Not now")
        page.get_by_role("button", name="Reject", exact=True).click()
        expect(page.locator("cl-proposal")).to_contain_text("Rejected")
        page.get_by_role("button", name="Ask again").click()
        page.get_by_text("Reject…").click()
        expect(page.get_by_role("textbox", name="Why?")).to_have_value("")

    def test_can_be_decided_by_everybody(self, page):
        assert objections(page) == {}
        page.set_viewport_size(PHONE)
        assert violations(page) == []


class TestAnActionThatIsProposed:
    @pytest.fixture
    def page(self, desk, settings, conversation) -> Page:
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "TOOLS": ["tests.governance.tools.Tag"]}
        page = desk().open(conversation)
        is_live(page)
        return page

    def test_keeps_what_is_entered_while_news_arrive_and_stands_once(self, page, backstage, conversation):
        page.keyboard.press("p")
        expect(page.get_by_role("link", name="Tag")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Cents")).to_be_focused()
        page.keyboard.type("1")

        def news() -> None:
            writes(conversation, "Any news?")
            cairnloop.propose_tool(tool="tag", input={"cents": 5}, by=BILLING, conversation_id=conversation.pk)

        backstage(news)
        expect(log(page)).to_contain_text("Any news?")
        expect(page.locator("#timeline article.cl-action")).to_have_count(1)
        page.keyboard.type("2")
        expect(page.get_by_label("Cents")).to_have_value("12")
        page.get_by_role("button", name="Propose", exact=True).dblclick()
        expect(page.locator("#timeline article.cl-action:focus")).to_contain_text("Proposed by Ada Brandt")
        assert backstage(ToolProposal.objects.count) == 2

    def test_has_the_focus_though_news_of_it_arrive_first(self, page):
        card, held = page.locator("#timeline article.cl-action"), []
        page.route("**/actions/", lambda route: held.append((route, route.fetch())))
        page.keyboard.press("p")
        page.get_by_role("link", name="Tag").click()
        page.get_by_label("Cents").fill("1")
        page.get_by_role("button", name="Propose", exact=True).click()
        expect(card).to_contain_text("Proposed by Ada Brandt")
        expect(card).not_to_be_focused()
        route, answer = held[0]
        route.fulfill(response=answer)
        expect(card).to_be_focused()
        expect(card).to_have_count(1)

    def test_is_given_up_by_escape_wherever_one_is(self, page, conversation):
        button = page.get_by_role("link", name="Propose an action")
        for leave in (lambda: None, lambda: page.evaluate("document.activeElement.blur()")):
            page.keyboard.press("p")
            page.get_by_role("link", name="Tag").click()
            expect(page.get_by_label("Cents")).to_be_focused()
            leave()
            page.keyboard.press("Escape")
            expect(button).to_be_focused()
            expect(page.get_by_label("Cents")).to_have_count(0)
        assert page.url.endswith(reverse("cairnloop:conversation", args=[conversation.pk]))

    def test_can_be_reached_by_the_palette_and_by_everybody(self, page):
        page.keyboard.press("Control+k")
        page.get_by_role("option", name="Propose an action").click()
        expect(page.get_by_role("link", name="Tag")).to_be_focused()
        assert objections(page) == {}
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Propose", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("Not proposed.")
        expect(page.get_by_label("Cents")).to_be_focused()
        assert objections(page) == {}


class TestAccessibility:
    def test_has_no_violation(self, desk, settings, storied):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "CONTEXT_PROVIDER": f"{HERE}.Facts"}
        page = desk().open(storied)
        page.get_by_text("lin.zhao@northbeam.example").wait_for(state="attached")
        assert objections(page) == {}
        page.evaluate("document.querySelector('[data-choose=note]').click()")
        assert objections(page) == {}
        page.set_viewport_size(PHONE)
        page.get_by_role("link", name="Details").click()
        assert violations(page) == []

    def test_has_none_when_a_reply_is_refused(self, desk, backstage, storied):
        page = desk().open(storied)
        page.get_by_role("button", name="Send reply").click()
        expect(page.get_by_text("Nothing is written yet.")).to_be_visible()
        assert objections(page) == {}

    def test_offers_targets_of_44_pixels_to_fingers(self, desk, settings, storied):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "CONTEXT_PROVIDER": f"{HERE}.Facts"}
        page = desk(**TOUCH).open(storied)
        page.get_by_text("lin.zhao@northbeam.example").wait_for(state="attached")
        small = """() => [...document.querySelectorAll("main :is(a, button, summary, textarea)")]
          .filter(each => each.checkVisibility() && !each.closest(".cl-prose, .cl-crumbs, p"))
          .map(each => [each.outerHTML.slice(0, 90), each.getBoundingClientRect()])
          .filter(([_, box]) => box.height < 44 && box.width > 0).map(([html, box]) => `${box.height} ${html}`)"""
        assert page.evaluate(small) == []
        page.get_by_role("link", name="Details").click()
        assert page.evaluate(small) == []


class TestOnAShortScreen:
    """1280 by 720 at 200 %, and a phone on its side."""

    @pytest.mark.parametrize("size", [(640, 360), (844, 390)])
    def test_what_is_said_has_the_room_until_one_writes(self, desk, storied, size):
        width, height = size
        page = desk(viewport={"width": width, "height": height}).open(storied)
        is_live(page)
        assert page.locator("cl-thread").bounding_box()["height"] > height / 2
        assert violations(page) == []
        send = page.get_by_role("button", name="Send reply")
        assert page.locator(".cl-writing-foot").first.bounding_box()["height"] <= 1
        page.keyboard.press("n")
        expect(page.get_by_role("textbox", name="Internal note")).to_be_focused()
        page.get_by_role("link", name="Reply").click()
        expect(send).to_be_in_viewport(ratio=1)
        assert page.locator("cl-thread").bounding_box()["height"] > height / 3
        for name in ("Resolve", "Assign to me"):
            assert page.get_by_role("button", name=name).bounding_box()["height"] >= 20
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


class TestTheKeyThatSends:
    @pytest.mark.parametrize(("platform", "shown"), [("Linux x86_64", "Ctrl↵"), ("MacIntel", "⌘↵")])
    def test_has_the_name_it_has_on_this_keyboard(self, desk, conversation, platform, shown):
        page = desk().open(conversation)
        page.add_init_script(
            f"Object.defineProperty(navigator, 'platform', {{get: () => '{platform}'}});"
            "Object.defineProperty(navigator, 'userAgentData', {get: () => undefined})"
        )
        page.reload()
        assert page.locator("#reply-form .cl-keys").inner_text().replace("\n", "") == shown
