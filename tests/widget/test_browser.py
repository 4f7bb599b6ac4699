"""The widget in a real browser: written to, answered, cut off, reloaded, read aloud."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import cairnloop
from cairnloop.core import live
from cairnloop.models import Conversation, Message
from cairnloop.widget import consumers
from tests.accessible import objections
from tests.factories import make_conversation
from tests.widget import site
from tests.widget.visiting import eventually as wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
ADA = cairnloop.Actor.operator("7", name="Ada Brandt")
R = TypeVar("R")


@pytest.fixture
def browser(transactional_db: None, shared_chromium: Browser) -> Browser:
    return shared_chromium


class Desktop:
    """A customer's browser on the host's page."""

    def __init__(self, browser: Browser, address: str, **context: Any) -> None:
        self.address = address
        self.context = browser.new_context(locale="en-GB", **context)
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.page = self.tab()

    def tab(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._note(request.url))
        page.on("websocket", lambda socket: self._note(socket.url))
        return page

    def _note(self, url: str) -> None:
        if self.address not in url:
            self.foreign.append(url)

    def visit(self, query: str = "") -> Page:
        self.page.goto(f"http://{self.address}/{query}")
        return self.page

    def open_chat(self, query: str = "") -> Page:
        page = self.visit(query)
        page.get_by_role("button", name="Open chat").click()
        return page


@pytest.fixture
def desktop(browser: Browser, asgi_address: str) -> Iterator[Desktop]:
    site.violations.clear()
    desktop = Desktop(browser, asgi_address)
    yield desktop
    # What is still on its way would be stored in the next test.
    desktop.context.close()
    wait_until(lambda: not consumers._open)
    assert desktop.complaints == []
    assert desktop.foreign == []
    assert site.violations == []


def log(page: Page) -> Locator:
    return page.get_by_role("log", name="Messages")


def write(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Your message").fill(text)
    page.keyboard.press("Enter")


def eventually(page: Page, truth: str) -> None:
    """Wait until an expression holds; Playwright's own way would need the eval that the page's policy forbids."""
    for _ in range(200):
        if page.evaluate(truth):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"this never became true: {truth}")


def all_acknowledged(page: Page) -> None:
    eventually(page, "!Object.keys(localStorage).some((name) => name.includes('.out.'))")


def cut_off(page: Page, *, back: str = "http") -> Callable[[], None]:
    """Take the network away from the widget, and return what gives it back: for HTTP alone, or for a "socket" too."""
    opened: list[str] = []

    def connect(socket: Any) -> None:
        socket.connect_to_server() if "socket" in opened else socket.close()

    page.route("**/support/widget/**", lambda route: route.abort())
    page.route_web_socket("**/socket/**", connect)
    page.evaluate("document.body.append(document.querySelector('cairnloop-widget'))")
    expect(page.get_by_role("status").filter(has_text="No connection")).to_be_visible()

    def give_back() -> None:
        opened.append(back)
        page.unroute("**/support/widget/**")
        page.evaluate("window.dispatchEvent(new Event('online'))")

    return give_back


def the_conversation() -> Conversation:
    return Conversation.objects.get()


class TestTalking:
    def test_a_customer_writes_is_answered_and_rates(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        page = desktop.open_chat()
        expect(page.get_by_role("heading", name="Hi Lin, how can we help?")).to_be_visible()
        write(page, "Two charges for March.")
        expect(log(page)).to_contain_text("Sent")
        conversation = backstage(the_conversation)

        backstage(
            lambda: live.send(
                [{"type": "live.hint", "topic": live.thread_topic(conversation.pk), "what": "typing", "by": "operator"}]
            )
        )
        expect(log(page)).to_contain_text("is writing")
        backstage(
            lambda: cairnloop.post_reply(
                conversation_id=conversation.pk, text="**Refunded**, see [billing](https://trailmark.example/b)", by=ADA
            )
        )
        expect(log(page).locator("strong")).to_have_text("Refunded")
        expect(log(page)).not_to_contain_text("is writing")
        link = log(page).get_by_role("link", name="billing")
        assert link.get_attribute("target") == "_blank"
        assert "noopener" in (link.get_attribute("rel") or "")

        backstage(lambda: cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ADA))
        page.get_by_role("button", name="Good", exact=True).click()
        expect(page.get_by_role("button", name="Good", exact=True)).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("button", name="Good", exact=True)).to_be_focused()
        expect(log(page)).to_contain_text("Your answer is saved")
        assert backstage(the_conversation).rating == "positive"

    def test_goes_on_over_http_where_the_policy_of_the_page_refuses_the_socket(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any], configure: Callable[..., None]
    ) -> None:
        """An `http:` source does not match `ws:`; the browser says so with an error, and never closes the socket."""
        configure(poll_seconds=1)
        page = desktop.open_chat("?no_sockets")
        write(page, "Two charges for March.")
        expect(log(page)).to_contain_text("Sent")
        conversation = backstage(the_conversation)
        backstage(lambda: cairnloop.post_reply(conversation_id=conversation.pk, text="Refunded.", by=ADA))
        expect(log(page)).to_contain_text("Refunded.")
        wait_until(lambda: site.violations)
        (violation,) = site.violations
        assert str(violation["csp-report"]["blocked-uri"]).startswith("ws://")  # type: ignore[index]  # JSON
        site.violations.clear()

    def test_goes_on_over_http_where_nobody_speaks_over_a_socket(self, desktop: Desktop) -> None:
        silent = "window.WebSocket = class extends EventTarget { readyState = 1; send() {} close() {} }"
        desktop.page.add_init_script(silent)
        desktop.page.clock.install()
        page = desktop.open_chat()
        write(page, "Two charges for March.")
        page.clock.run_for(16_000)
        expect(log(page)).to_contain_text("Sent")

    def test_goes_on_over_http_where_making_a_socket_throws(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        refusing = "window.WebSocket = class { constructor() { throw new DOMException('no', 'SecurityError') } }"
        desktop.page.add_init_script(refusing)
        page = desktop.open_chat()
        write(page, "Two charges for March.")
        expect(log(page)).to_contain_text("Sent")
        assert backstage(the_conversation).sequence == 1

    def test_what_a_customer_types_is_never_markup(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        page = desktop.open_chat()
        write(page, "<img src=x onerror=alert(1)> **bold**")
        expect(log(page)).to_contain_text("<img src=x onerror=alert(1)> **bold**")
        expect(log(page).locator("img, strong")).to_have_count(0)

    def test_an_unread_answer_is_counted_until_it_is_seen(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        page = desktop.open_chat()
        write(page, "Hello?")
        expect(log(page)).to_contain_text("Sent")
        page.keyboard.press("Escape")
        conversation = backstage(the_conversation)
        backstage(lambda: cairnloop.post_reply(conversation_id=conversation.pk, text="Hello Lin", by=ADA))
        page.get_by_role("button", name="Open chat, 1 new answer").click()
        expect(log(page)).to_contain_text("Hello Lin")
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Open chat", exact=True)).to_be_visible()

    @pytest.mark.parametrize("transport", ["socket", "http"])
    def test_unread_answers_are_counted_in_every_conversation_of_the_list(
        self,
        desktop: Desktop,
        backstage: Callable[[Callable[[], Any]], Any],
        configure: Callable[..., None],
        transport: str,
    ) -> None:
        def answer(conversation: Conversation) -> None:
            cairnloop.post_reply(conversation_id=conversation.pk, text="Answer", by=ADA)

        made = backstage(lambda: [make_conversation(subject=f"Number {number}") for number in range(9)])
        backstage(lambda: [answer(conversation) for conversation in made])
        # Most of them end up behind the first page of the list.
        backstage(lambda: [make_conversation(subject=f"Silent {number}", text=None) for number in range(17)])
        if transport == "http":
            configure(poll_seconds=1)
            desktop.page.route_web_socket("**/socket/**", lambda socket: socket.close())
        page = desktop.visit()
        other = desktop.tab()
        other.goto(page.url)
        page.get_by_role("button", name="Open chat, 9 new answers").click()
        page.get_by_role("button", name="All conversations").click()
        lines = page.get_by_role("listitem")
        expect(lines.filter(has_text="1 new answer")).to_have_count(9)
        page.get_by_role("button", name="Number 0").click()
        expect(log(page)).to_contain_text("Answer")
        expect(other.get_by_role("button", name="Open chat, 8 new answers")).to_be_visible()
        page.get_by_role("button", name="All conversations").click()
        expect(lines.filter(has_text="1 new answer")).to_have_count(8)
        page.keyboard.press("Escape")
        page.reload()
        expect(page.get_by_role("button", name="Open chat, 8 new answers")).to_be_visible()
        backstage(lambda: [answer(made[0]) for _ in range(11)])
        expect(page.get_by_role("button", name="Open chat, 9+ new answers")).to_be_visible()

    def test_earlier_conversations_can_be_taken_up_again(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        earlier = backstage(make_conversation)
        backstage(lambda: cairnloop.resolve_conversation(conversation_id=earlier.pk, by=ADA))
        page = desktop.open_chat()
        page.get_by_role("button", name="All conversations").click()
        page.get_by_role("button", name="New conversation").click()
        write(page, "Another matter")
        expect(log(page)).to_contain_text("Sent")
        page.get_by_role("button", name="All conversations").click()
        page.get_by_role("button", name="Charged twice for March").click()
        write(page, "Not solved after all")
        all_acknowledged(page)
        assert backstage(lambda: Conversation.objects.count()) == 2
        assert backstage(lambda: Conversation.objects.get(pk=earlier.pk).is_open)

    def test_two_tabs_begin_one_conversation_unless_a_new_one_is_asked_for(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        first = desktop.open_chat()
        desktop.page = second = desktop.tab()
        desktop.open_chat()
        expect(second.get_by_role("heading", name="Hi Lin, how can we help?")).to_be_visible()
        second.get_by_role("textbox", name="Your message").fill("From the second tab")
        write(first, "From the first tab")
        expect(log(second)).to_contain_text("From the first tab")
        second.get_by_role("button", name="Send").click()
        expect(log(first)).to_contain_text("From the second tab")
        desktop.page = third = desktop.tab()
        desktop.open_chat()
        expect(log(third)).to_contain_text("From the second tab")
        third.get_by_role("button", name="All conversations").click()
        third.get_by_role("button", name="New conversation").click()
        write(first, "Goes on in the first")
        all_acknowledged(first)
        write(third, "Another matter")
        all_acknowledged(third)
        expect(log(third)).not_to_contain_text("From the first tab")
        counts = backstage(lambda: list(Conversation.objects.order_by("id").values_list("sequence", flat=True)))
        assert counts == [3, 1]

    def test_two_tabs_that_write_before_they_hear_of_each_other_begin_one_conversation(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        def keep_in_ignorance(socket: Any) -> None:
            server = socket.connect_to_server()
            server.on_message(lambda data: None if '"conversations"' in data[:30] else socket.send(data))

        first = desktop.open_chat()
        desktop.page = second = desktop.tab()
        second.route_web_socket("**/socket/**", keep_in_ignorance)
        desktop.open_chat()
        expect(second.get_by_role("heading", name="Hi Lin, how can we help?")).to_be_visible()
        write(first, "From the first tab")
        all_acknowledged(first)
        expect(second.get_by_role("heading", name="Hi Lin, how can we help?")).to_be_visible()
        write(second, "From the second tab")
        expect(log(second)).to_contain_text("From the first tab")
        expect(log(first)).to_contain_text("From the second tab")
        assert backstage(the_conversation).sequence == 2

    def test_an_answer_in_an_old_conversation_is_announced(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        old = backstage(lambda: make_conversation(subject="Rotate a key"))
        backstage(lambda: cairnloop.archive_conversation(conversation_id=old.pk, by=ADA))
        backstage(lambda: [make_conversation(subject=f"Number {number}") for number in range(24)])
        page = desktop.open_chat()
        page.get_by_role("button", name="All conversations").click()
        lines = page.get_by_role("listitem")
        expect(lines).to_have_count(20)
        page.get_by_role("button", name="Show older conversations").click()
        expect(lines).to_have_count(25)
        expect(page.get_by_role("button", name="Show older conversations")).to_have_count(0)
        expect(lines.last).to_contain_text("Rotate a key")
        expect(lines.last).to_contain_text("Closed")
        backstage(lambda: cairnloop.reopen_conversation(conversation_id=old.pk, by=ADA))
        lines.last.get_by_role("button").focus()
        backstage(lambda: cairnloop.post_reply(conversation_id=old.pk, text="Rotated", by=ADA))
        expect(lines.first).to_contain_text("Rotate a key")
        expect(lines.first).to_contain_text("1 new answer")
        expect(lines.first.get_by_role("button")).to_be_focused()

    def test_a_closed_conversation_is_called_so_and_can_be_reopened(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        page = desktop.open_chat()
        write(page, "Buy our watches")
        expect(log(page)).to_contain_text("Sent")
        conversation = backstage(the_conversation)
        backstage(lambda: cairnloop.archive_conversation(conversation_id=conversation.pk, by=ADA))
        expect(page.get_by_role("dialog")).to_contain_text("This conversation is closed")
        expect(page.get_by_role("dialog")).not_to_contain_text("resolved")
        page.reload()
        expect(page.get_by_role("heading", name="Hi Lin, how can we help?")).to_be_visible()
        page.get_by_role("button", name="All conversations").click()
        page.get_by_role("button", name="Buy our watches").click()
        write(page, "Sorry, I meant to ask something")
        expect(page.get_by_role("dialog")).not_to_contain_text("This conversation is closed")
        assert backstage(the_conversation).is_open

    def test_a_customer_sees_nothing_of_the_one_before_them(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        page = desktop.open_chat()
        page.get_by_role("textbox", name="Your message").fill("Something private")
        eventually(page, "Object.keys(sessionStorage).some((name) => name.endsWith('draft'))")
        desktop.visit("?as=cust-mateus")
        expect(page.get_by_role("heading", name="Hi Lin, how can we help?")).to_be_visible()
        expect(page.get_by_role("textbox", name="Your message")).to_have_value("")


class TestLosingNothing:
    def test_text_that_was_not_sent_survives_a_reload(self, desktop: Desktop) -> None:
        page = desktop.open_chat()
        page.get_by_role("textbox", name="Your message").fill("Half a thou")
        eventually(page, "Object.keys(sessionStorage).some((name) => name.endsWith('draft'))")
        page.reload()
        expect(page.get_by_role("textbox", name="Your message")).to_have_value("Half a thou")

    def test_what_was_not_acknowledged_is_sent_after_a_reload_and_once(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        page = desktop.page
        sent: list[str] = []

        def swallow_acks(socket: Any) -> None:
            server = socket.connect_to_server()
            socket.on_message(lambda data: (sent.append(str(data)), server.send(data)))
            server.on_message(lambda data: None if '"ack"' in data or '"messages"' in data else socket.send(data))

        page.route_web_socket("**/socket/**", swallow_acks)
        desktop.open_chat()
        write(page, "Only once, please")
        expect(log(page)).to_contain_text("Sending")
        desktop.page = desktop.tab()
        page.close()
        desktop.open_chat()
        expect(log(desktop.page)).to_contain_text("Sent")
        expect(log(desktop.page).get_by_text("Only once, please")).to_have_count(1)
        assert backstage(lambda: [message.text for message in Message.objects.all()]) == ["Only once, please"]
        all_acknowledged(desktop.page)

    def test_messages_written_without_a_connection_go_out_in_order_when_it_returns(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        page = desktop.open_chat()
        write(page, "One")
        expect(log(page)).to_contain_text("Sent")
        give_back = cut_off(page)
        write(page, "Two")
        write(page, "Three")
        expect(log(page).get_by_role("button", name="Try now")).to_have_count(2)
        give_back()
        all_acknowledged(page)
        expect(page.get_by_role("status").filter(has_text="No connection")).to_have_count(0)
        expect(log(page).get_by_role("button", name="Try now")).to_have_count(0)
        texts = backstage(
            lambda: list(Message.objects.order_by("conversation_id", "sequence").values_list("text", flat=True))
        )
        assert texts == ["One", "Two", "Three"]

    @pytest.mark.parametrize("transport", ["socket", "http"])
    def test_a_rating_given_without_a_connection_goes_out_when_it_returns(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any], transport: str
    ) -> None:
        conversation = backstage(make_conversation)
        backstage(lambda: cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ADA))
        page = desktop.open_chat()
        good, not_good = (page.get_by_role("button", name=name, exact=True) for name in ("Good", "Not good"))
        expect(good).to_be_visible()
        give_back = cut_off(page, back=transport)
        good.click()
        not_good.click()
        expect(not_good).to_have_attribute("aria-pressed", "true")
        expect(good).to_have_attribute("aria-pressed", "false")
        expect(log(page)).to_contain_text("Not sent yet. It is kept")
        give_back()
        expect(log(page)).to_contain_text("Your answer is saved")
        expect(not_good).to_have_attribute("aria-pressed", "true")
        all_acknowledged(page)
        assert backstage(the_conversation).rating == "negative"

        give_back = cut_off(page, back=transport)
        good.click()
        backstage(lambda: cairnloop.reopen_conversation(conversation_id=conversation.pk, by=ADA))
        backstage(lambda: cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ADA))
        give_back()
        expect(page.get_by_role("status").filter(has_text="You can rate how it went now")).to_be_visible()
        all_acknowledged(page)
        expect(good).to_have_attribute("aria-pressed", "false")
        assert backstage(the_conversation).rating == ""

    def test_older_conversations_asked_for_without_a_connection_come_when_it_returns(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        backstage(lambda: [make_conversation(subject=f"Number {number}") for number in range(22)])
        page = desktop.open_chat()
        page.get_by_role("button", name="All conversations").click()
        expect(page.get_by_role("listitem")).to_have_count(20)
        give_back = cut_off(page)
        page.get_by_role("button", name="Show older conversations").click()
        give_back()
        expect(page.get_by_role("listitem")).to_have_count(22)

    def test_polling_takes_over_where_sockets_do_not_work(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any], configure: Callable[..., None]
    ) -> None:
        configure(poll_seconds=1)
        desktop.page.route_web_socket("**/socket/**", lambda socket: socket.close())
        page = desktop.open_chat()
        write(page, "By HTTP")
        expect(log(page)).to_contain_text("Sent")
        conversation = backstage(the_conversation)
        backstage(lambda: cairnloop.post_reply(conversation_id=conversation.pk, text="Also by HTTP", by=ADA))
        expect(log(page)).to_contain_text("Also by HTTP")

    def test_messages_that_came_too_fast_are_sent_later(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any], configure: Callable[..., None]
    ) -> None:
        configure(widget_messages_per_minute=1)
        page = desktop.open_chat()
        write(page, "One")
        expect(log(page)).to_contain_text("Sent")
        write(page, "Two")
        expect(page.get_by_role("status").filter(has_text="That was a lot at once")).to_be_visible()
        configure(widget_messages_per_minute=100)
        page.reload()
        all_acknowledged(page)
        assert backstage(lambda: Message.objects.count()) == 2

    def test_a_message_that_cannot_be_accepted_can_be_edited(self, desktop: Desktop) -> None:
        page = desktop.open_chat()
        write(page, "Odd \0 character")
        expect(log(page)).to_contain_text("Not sent: The text holds characters that cannot be stored")
        page.get_by_role("button", name="Edit").click()
        expect(page.get_by_role("textbox", name="Your message")).to_have_value("Odd \0 character")

    def test_an_expired_proof_is_renewed_without_a_word(self, desktop: Desktop, configure: Callable[..., None]) -> None:
        configure(widget_token_seconds=2)
        page = desktop.open_chat("?renew")
        with page.expect_response("**/token/"):
            pass
        write(page, "Still me")
        expect(log(page)).to_contain_text("Sent")

    def test_a_refused_proof_asks_to_reload_and_keeps_the_text(
        self, desktop: Desktop, configure: Callable[..., None]
    ) -> None:
        page = desktop.visit()
        configure(widget_secret="another key than the page was signed with")
        page.evaluate("document.body.append(document.querySelector('cairnloop-widget'))")
        page.get_by_role("button", name="Open chat").click()
        expect(page.get_by_role("status").filter(has_text="could not confirm who you are")).to_be_visible()
        expect(page.get_by_role("button", name="Reload")).to_be_visible()


class TestKeyboard:
    def test_moves_into_the_chat_and_back_to_where_it_was_opened(self, desktop: Desktop) -> None:
        page = desktop.visit()
        launcher = page.get_by_role("button", name="Open chat")
        expect(launcher).to_be_visible()
        launcher.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Chat with Support")).to_be_visible()
        expect(page.get_by_role("textbox", name="Your message")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(launcher).to_be_focused()

    def test_sends_with_enter_and_begins_a_line_with_shift(
        self, desktop: Desktop, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        page = desktop.open_chat()
        page.keyboard.type("One")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("Two")
        page.keyboard.press("Enter")
        expect(log(page)).to_contain_text("Sent")
        assert backstage(lambda: Message.objects.get().text) == "One\nTwo"

    def test_stays_inside_a_chat_that_fills_the_screen(self, browser: Browser, asgi_address: str) -> None:
        page = Desktop(browser, asgi_address, viewport={"width": 390, "height": 844}).open_chat()
        expect(page.get_by_role("dialog", name="Chat with Support")).to_have_attribute("aria-modal", "true")
        for _ in range(6):
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.localName") == "cairnloop-widget"


class TestLooks:
    def test_break_no_rule_of_accessibility(
        self, browser: Browser, asgi_address: str, backstage: Callable[[Callable[[], Any]], Any]
    ) -> None:
        other = backstage(lambda: make_conversation(subject="Rotate a key"))
        page = Desktop(browser, asgi_address).visit()
        expect(page.get_by_role("button", name="Open chat")).to_be_visible()
        found = {"closed": objections(page)}
        page.get_by_role("button", name="Open chat").click()
        page.get_by_role("button", name="All conversations").click()
        found["list"] = objections(page)
        page.get_by_role("button", name="New conversation").click()
        found["first visit"] = objections(page)
        page.get_by_role("textbox", name="Your message").fill("Two charges for March.")
        page.get_by_role("button", name="Send").click()
        expect(log(page)).to_contain_text("Sent")
        mine = backstage(lambda: Conversation.objects.exclude(pk=other.pk).get())
        text = "See `INV-7`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[billing](https://trailmark.example)"
        backstage(lambda: cairnloop.post_reply(conversation_id=mine.pk, text=text, by=ADA))
        backstage(lambda: cairnloop.resolve_conversation(conversation_id=mine.pk, by=ADA))
        page.get_by_role("button", name="Good", exact=True).click()
        found["resolved"] = objections(page)
        cut_off(page)
        write(page, "Hello?")
        expect(page.get_by_role("button", name="Try now")).to_be_visible()
        found["cut off"] = objections(page)
        assert found == {state: {} for state in found}

    def test_give_a_finger_room(self, browser: Browser, asgi_address: str, backstage: Callable[..., Any]) -> None:
        resolved = backstage(make_conversation)
        backstage(lambda: cairnloop.resolve_conversation(conversation_id=resolved.pk, by=ADA))
        viewport: Any = {"width": 390, "height": 844}
        page = Desktop(browser, asgi_address, viewport=viewport, has_touch=True, is_mobile=True).open_chat()
        expect(page.get_by_role("button", name="Good", exact=True)).to_be_visible()
        for control in page.locator("cairnloop-widget").locator("button:visible, textarea:visible").all():
            box = control.bounding_box()
            assert box
            assert round(min(box["width"], box["height"])) >= 44, control.evaluate("(node) => node.outerHTML")

    def test_weigh_little(self) -> None:
        folder = Path(cairnloop.__file__).parent / "static/cairnloop/widget"
        sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in folder.iterdir()}
        assert set(sizes) == {"widget.js", "widget.css"}
        assert sum(sizes.values()) <= 20 * 1024

    def test_follow_the_theme_of_the_page(self, desktop: Desktop) -> None:
        page = desktop.open_chat("?dark")
        panel = page.get_by_role("dialog")
        dark = panel.evaluate("(node) => getComputedStyle(node).backgroundColor")
        page.evaluate("document.documentElement.dataset.theme = 'light'")
        expect(panel).not_to_have_css("background-color", dark)

    def test_add_nothing_to_the_page_but_one_element(self, desktop: Desktop) -> None:
        page = desktop.visit()
        expect(page.get_by_role("button", name="Open chat")).to_be_visible()
        blank = page.context.new_page()
        blank.goto(f"http://{desktop.address}/page.css")
        names = "Object.keys(Object.getOwnPropertyDescriptors(window)).filter((name) => isNaN(name))"
        assert set(page.evaluate(names)) - set(blank.evaluate(names)) == set()
        assert page.locator("body > *").evaluate_all("(nodes) => nodes.map((node) => node.localName)") == [
            "header",
            "main",
            "script",
            "cairnloop-widget",
        ]
        assert (
            page.locator("cairnloop-widget").evaluate("(node) => node.shadowRoot.querySelectorAll('[style]').length")
            == 0
        )
