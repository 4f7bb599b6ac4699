"""The dashboard in a real browser: keys, changes that arrive, and what happens when they cannot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, expect

import cairnloop
from cairnloop.models import Conversation
from tests.accessible import violations
from tests.factories import LIN, actor_of, make_conversation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

R = TypeVar("R")
Backstage = Callable[[Callable[[], Any]], Any]
NEWS = "#inbox-news a"
WATCH_THE_PREVIEW = """() => {
  window.seen = []
  const look = () => {
    const pane = document.getElementById("inbox-preview")
    const row = document.querySelector("[data-current]")
    if (pane.dataset.id && !pane.inert) seen.push(row?.dataset.id === pane.dataset.id && pane.dataset.id)
  }
  const all = { subtree: true, childList: true, attributes: true }
  new MutationObserver(look).observe(document.querySelector(".cl-inbox"), all)
}"""
"""Notes at every change of the page which row a live preview is for; false when that is not the marked one."""


@pytest.fixture
def chrome(transactional_db: None, ada: Any, shared_chromium: Browser) -> Browser:
    return shared_chromium


class Desk:
    """Ada's window."""

    def __init__(self, chrome: Browser, address: str, session: str, **options: Any) -> None:
        self.address = address
        self.context = chrome.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options})
        self.context.add_cookies([{"name": "sessionid", "value": session, "url": f"http://{address}"}])
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note)

    def _note(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.complaints.append(message.text)

    def open(self, path: str, *, state: str = "live") -> Page:
        self.page.goto(f"http://{self.address}{path}")
        if state:
            self.page.locator(f'cl-live[data-state="{state}"]').wait_for(state="attached")
        return self.page


@pytest.fixture
def desk(chrome: Browser, address: str, ada: Any, backstage: Backstage) -> Iterator[Callable[..., Desk]]:
    """Open windows; none of them may have complained in the end."""

    def sign_in() -> str:
        client = Client()
        client.force_login(ada)
        return client.cookies["sessionid"].value

    session = backstage(sign_in)
    opened: list[Desk] = []

    def open_desk(**options: Any) -> Desk:
        opened.append(Desk(chrome, address, session, **options))
        return opened[-1]

    yield open_desk
    for each in opened:
        each.context.close()
    assert [complaint for each in opened for complaint in each.complaints] == []


def rows(page: Page) -> list[str]:
    return page.locator(".cl-inbox-row").evaluate_all("rows => rows.map((row) => row.dataset.id)")


def row(page: Page, conversation: Conversation) -> Locator:
    return page.locator(f"#inbox-row-{conversation.pk}")


def opened_link(page: Page, conversation: Conversation) -> Locator:
    return page.locator(f"#inbox-row-{conversation.pk}-open")


@pytest.fixture
def three(backstage: Backstage) -> list[Conversation]:
    """Three conversations; the last one stands on top."""
    return backstage(lambda: [make_conversation(subject=f"Number {number}") for number in (1, 2, 3)])


class TestKeys:
    def test_move_through_the_list_and_open(self, desk, three):
        page = desk().open("/support/inbox/")
        page.keyboard.press("j")
        expect(opened_link(page, three[2])).to_be_focused()
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        expect(opened_link(page, three[1])).to_be_focused()
        expect(row(page, three[1])).to_have_attribute("data-current", "")
        expect(page.locator("#preview-title")).to_have_text("Number 2")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/conversations/{three[1].pk}/?from=*")

    def test_assign_resolve_and_undo_in_place(self, desk, three, backstage, ada):
        page = desk().open("/support/inbox/")
        page.keyboard.press("j")
        page.keyboard.press("a")
        expect(row(page, three[2]).get_by_label("Ada Brandt")).to_be_visible()
        page.keyboard.press("e")
        expect(row(page, three[2]).get_by_text("Resolved")).to_be_visible()
        assert rows(page) == [str(each.pk) for each in three[::-1]]
        page.keyboard.press("z")
        expect(row(page, three[2]).get_by_text("Resolved")).to_have_count(0)
        expect(page.get_by_text("Open again.")).to_be_visible()
        expect(opened_link(page, three[2])).to_be_focused()
        assert backstage(lambda: Conversation.objects.get(pk=three[2].pk).assignee_ref) == str(ada.pk)

    def test_are_never_lost_with_what_was_pressed_or_replaced(self, desk, three, backstage):
        page = desk().open("/support/inbox/")
        preview = page.locator("#inbox-preview")
        page.keyboard.press("j")
        expect(preview).to_have_attribute("data-id", str(three[2].pk))
        preview.get_by_role("link", name="Open conversation").focus()
        backstage(lambda: cairnloop.receive_message(conversation_id=three[2].pk, text="And one more.", by=LIN))
        expect(preview.get_by_text("And one more.")).to_be_visible()
        expect(preview.get_by_role("link", name="Open conversation")).to_be_focused()

        preview.get_by_role("button", name="Resolve").press("Enter")
        expect(row(page, three[2]).get_by_text("Resolved")).to_be_visible()
        expect(preview).to_be_focused()
        page.get_by_role("button", name="Undo").press("Enter")
        expect(page.get_by_text("Open again.")).to_be_visible()
        expect(page.locator("body")).not_to_be_focused()

        page.goto(f"{page.url.split('/inbox/')[0]}/conversations/{three[2].pk}/")
        page.get_by_role("button", name="Assign to me").press("Enter")
        expect(page.get_by_role("button", name="Give back").first).to_be_visible()
        expect(page.locator("#conversation-header")).to_be_focused()

    def test_leave_what_was_left_on_purpose(self, desk, three):
        page = desk().open("/support/inbox/")
        page.get_by_role("searchbox").focus()
        # A request ends in the very moment.
        page.evaluate("document.dispatchEvent(new Event('htmx:afterRequest')); document.activeElement.blur()")
        page.wait_for_timeout(100)
        expect(page.get_by_role("searchbox")).not_to_be_focused()

    def test_do_nothing_while_someone_types(self, desk, three):
        page = desk().open("/support/inbox/")
        page.keyboard.press("/")
        search = page.get_by_role("searchbox")
        expect(search).to_be_focused()
        page.keyboard.type("number ejak?")
        expect(search).to_have_value("number ejak?")
        expect(page.get_by_role("dialog")).to_have_count(0)
        search.fill("number 2")
        page.keyboard.press("Enter")
        page.wait_for_url("**/inbox/?q=number+2*")
        assert rows(page) == [str(three[1].pk)]

    @pytest.mark.parametrize("width", [720, 390])
    def test_can_be_looked_up_on_a_narrow_screen(self, desk, three, width):
        page = desk(viewport={"width": width, "height": 800}).open("/support/inbox/")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_in_viewport()
        assert violations(page) == []
        page.keyboard.press("Escape")
        opened_link(page, three[0]).click()
        page.wait_for_url("**/conversations/*/?from=*")

    def test_can_be_looked_up_and_switched_off_for_good(self, desk, three):
        ada = desk()
        page = ada.open("/support/inbox/")
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
        expect(dialog).to_be_visible()
        dialog.get_by_role("checkbox").uncheck()
        page.keyboard.press("Escape")
        for _ in range(2):
            page.keyboard.press("j")
            page.keyboard.press("?")
            expect(page.get_by_role("dialog")).to_have_count(0)
            expect(opened_link(page, three[2])).not_to_be_focused()
            page = ada.open("/support/inbox/")
        page.get_by_role("button", name="Keyboard shortcuts").click()
        dialog.get_by_role("checkbox").check()
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        expect(opened_link(page, three[2])).to_be_focused()

    def test_go_from_page_to_page(self, desk, three):
        page = desk().open("/support/")
        page.keyboard.press("g")
        page.keyboard.press("i")
        page.wait_for_url("**/support/inbox/")
        page.keyboard.press("g")
        page.keyboard.press("h")
        page.wait_for_url("**/support/")
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.go_back()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/conversations/\d+/"))


class TestThePlace:
    """Whoever leaves the list comes back to the rows, the row and the scroll they left."""

    @pytest.fixture
    def many(self, backstage: Backstage) -> list[Conversation]:
        """Sixty conversations in the order of the list."""
        return backstage(lambda: [make_conversation(subject=f"Number {number}") for number in range(60)][::-1])

    def walk(self, page: Page, number: int) -> None:
        """Press J until the row is reached, as fast as rows arrive."""
        page.evaluate("customElements.whenDefined('cl-list').then(() => null)")
        for at in range(number):
            page.keyboard.press("j")
            if at % 25 == 0:
                expect(page.locator(".cl-inbox-row").nth(at)).to_be_attached()
        page.wait_for_timeout(150)

    def top(self, page: Page, conversation: Conversation) -> int:
        return round(row(page, conversation).bounding_box()["y"])

    def came_back(self, page: Page, conversation: Conversation, *, top: int) -> None:
        page.locator('cl-live[data-state="live"]').wait_for(state="attached")
        assert len(rows(page)) == 50
        assert "waiting=us" in page.url
        expect(opened_link(page, conversation)).to_be_focused()
        expect(row(page, conversation)).to_have_attribute("data-current", "")
        assert abs(self.top(page, conversation) - top) <= 2

    @pytest.mark.parametrize(("way", "width"), [("Inbox", 1440), ("Back to the inbox", 390)], ids=["desk", "phone"])
    def test_survives_every_way_back(self, desk, many, way, width):
        page = desk(viewport={"width": width, "height": 844}).open("/support/inbox/?waiting=us&sort=opened")
        self.walk(page, 26)
        expect(opened_link(page, many[25])).to_be_focused()
        assert rows(page) == [str(each.pk) for each in many[:50]]
        self.walk(page, 2)
        page.keyboard.press("k")
        expect(opened_link(page, many[26])).to_be_focused()
        top = self.top(page, many[26])
        for leave in (
            lambda: page.keyboard.press("Escape"),
            lambda: page.locator(".cl-topbar").get_by_role("link", name=way, exact=True).click(),
            page.go_back,
        ):
            opened_link(page, many[26]).focus()
            page.keyboard.press("Enter")
            page.wait_for_url(f"**/conversations/{many[26].pk}/?from=*")
            page.locator('cl-live[data-state="live"]').wait_for(state="attached")
            leave()
            page.wait_for_url("**/inbox/?*")
            self.came_back(page, many[26], top=top)

    def test_moves_along_with_next_and_with_a_resolution(self, desk, many):
        page = desk().open("/support/inbox/?waiting=us&sort=opened")
        self.walk(page, 27)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/conversations/{many[26].pk}/?from=*")
        page.keyboard.press("j")
        page.wait_for_url(f"**/conversations/{many[27].pk}/?from=*")
        page.locator('cl-live[data-state="live"]').wait_for(state="attached")
        page.keyboard.press("e")
        page.wait_for_url(f"**/conversations/{many[28].pk}/?from=*")
        page.keyboard.press("Escape")
        page.wait_for_url("**/inbox/?*")
        expect(opened_link(page, many[28])).to_be_focused()
        assert str(many[27].pk) not in rows(page)
        assert len(rows(page)) == 49

    def test_has_nothing_new_after_ones_own_resolution(self, desk, many, backstage):
        page = desk().open("/support/inbox/?waiting=us&sort=opened")
        page.keyboard.press("j")
        with page.expect_response("**/inbox/changes/**"):
            page.keyboard.press("e")
        expect(row(page, many[0]).get_by_text("Resolved")).to_be_visible()
        page.wait_for_timeout(300)
        expect(page.locator(NEWS)).to_have_count(0)
        backstage(lambda: make_conversation(subject="Truly new"))
        expect(page.locator(NEWS)).to_have_text("1 new")

    def test_is_found_again_without_scripts(self, desk, many):
        page = desk(java_script_enabled=False).open("/support/inbox/?waiting=us&sort=opened", state="")
        page.get_by_role("link", name="Load more").click()
        page.get_by_role("link", name="Number 20", exact=True).click()
        page.get_by_role("link", name="Back to the inbox").click()
        assert rows_without_scripts(page) == [str(each.pk) for each in many[25:50]]
        assert page.url.endswith(f"#inbox-row-{many[39].pk}-open")
        expect(page.get_by_role("link", name="Number 20", exact=True)).to_be_in_viewport()


class TestThePointer:
    """It may look at rows as long as keys have chosen none; the marked row is always the one that keys mean."""

    def is_about(self, page: Page, conversation: Conversation) -> None:
        expect(row(page, conversation)).to_have_attribute("data-current", "")
        expect(page.locator("[data-current]")).to_have_count(1)
        expect(page.locator("#preview-title")).to_have_text(conversation.subject)

    def test_looks_without_choosing(self, desk, three, backstage):
        page = desk().open("/support/inbox/")
        row(page, three[0]).hover()
        self.is_about(page, three[0])
        page.keyboard.press("e")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/conversations/{three[0].pk}/?from=*")
        assert backstage(lambda: Conversation.objects.filter(status="resolved").exists()) is False

    def test_that_rests_takes_no_row_from_the_keys(self, desk, three, backstage):
        page = desk().open("/support/inbox/")
        page.keyboard.press("j")
        page.keyboard.press("j")
        row(page, three[0]).hover()
        page.wait_for_timeout(600)
        expect(opened_link(page, three[1])).to_be_focused()
        self.is_about(page, three[1])
        page.keyboard.press("e")
        expect(row(page, three[1]).get_by_text("Resolved")).to_be_visible()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/conversations/{three[1].pk}/?from=*")
        assert backstage(lambda: Conversation.objects.get(status="resolved").pk) == three[1].pk

    def test_does_not_point_at_what_scrolls_below_it(self, desk, backstage):
        many = backstage(lambda: [make_conversation(subject=f"Number {number}") for number in range(25)][::-1])
        page = desk(viewport={"width": 1440, "height": 600}).open("/support/inbox/?sort=opened")
        row(page, many[3]).hover()
        self.is_about(page, many[3])
        # The keyboard goes on from the row that is marked, and from there only by itself.
        for each in many[4:20]:
            page.keyboard.press("j")
            expect(opened_link(page, each)).to_be_focused()
            page.wait_for_timeout(300)
        self.is_about(page, many[19])

    def test_on_what_is_new_keeps_the_chosen_row_and_its_focus(self, desk, three, backstage):
        page = desk().open("/support/inbox/?sort=opened")
        page.keyboard.press("j")
        page.keyboard.press("j")
        self.is_about(page, three[1])
        new = backstage(lambda: make_conversation(subject="Number 4"))
        page.locator(NEWS).click()
        expect(row(page, new)).to_be_visible()
        page.wait_for_timeout(600)
        expect(opened_link(page, three[1])).to_be_focused()
        self.is_about(page, three[1])

    def back_from(self, conversation: Conversation, desk: Desk) -> Page:
        """The inbox after a look into a conversation."""
        page = desk.open("/support/inbox/")
        opened_link(page, conversation).click()
        page.wait_for_url(f"**/conversations/{conversation.pk}/?from=*")
        page.go_back()
        expect(opened_link(page, conversation)).to_be_focused()
        return page

    def test_leaves_the_row_and_the_focus_to_whoever_comes_back(self, desk, three):
        page = self.back_from(three[1], desk())
        row(page, three[0]).hover()
        page.wait_for_timeout(600)
        expect(opened_link(page, three[1])).to_be_focused()
        self.is_about(page, three[1])
        page.keyboard.press("j")
        expect(opened_link(page, three[0])).to_be_focused()

    def test_looks_again_once_it_has_left_the_list_and_come_again(self, desk, three):
        page = self.back_from(three[1], desk())
        row(page, three[2]).hover()
        page.mouse.move(5, 5)
        row(page, three[0]).hover()
        self.is_about(page, three[0])
        expect(page.locator("#inbox-rows")).to_be_focused()
        page.keyboard.press("k")
        expect(opened_link(page, three[1])).to_be_focused()

    def test_however_slow_a_look_is_shows_the_marked_row_alone(self, desk, three):
        """A look that was overtaken is never shown, nothing waits for it, and no button is live for another row."""
        page = desk().open("/support/inbox/?sort=opened")
        self.is_about(page, three[2])
        page.evaluate(WATCH_THE_PREVIEW)
        held: list[Any] = []
        page.route("**/preview/**", lambda route: route.continue_() if held else held.append(route))
        page.keyboard.press("j")
        with page.expect_request("**/preview/**"):
            page.keyboard.press("j")
        page.keyboard.press("j")
        self.is_about(page, three[0])
        resolution = page.locator("#inbox-preview form").last
        expect(resolution).to_have_attribute("action", re.compile(rf"/rows/{three[0].pk}/resolution/"))
        held[0].continue_()
        for key in "kkjkjjkkj":
            page.keyboard.press(key)
        page.wait_for_timeout(300)
        self.is_about(page, three[1])
        assert page.evaluate("() => seen.filter(Boolean).length")
        assert page.evaluate("() => seen.filter((id) => id === false)") == []

    def test_and_changes_do_not_lose_each_other(self, desk, three, backstage):
        """A glance that takes long keeps no change waiting, and a change drops no glance."""
        page = desk().open("/support/inbox/")
        page.keyboard.press("j")
        self.is_about(page, three[2])
        held: list[Any] = []
        page.route("**/preview/**", lambda route: held.append(route) if not held else route.continue_())
        page.keyboard.press("j")
        expect(row(page, three[1])).to_have_attribute("data-current", "")
        backstage(lambda: cairnloop.receive_message(conversation_id=three[0].pk, text="Anyone here?", by=LIN))
        expect(row(page, three[0])).to_contain_text("Anyone here?")
        page.keyboard.press("k")
        page.wait_for_timeout(200)
        held[0].continue_()
        self.is_about(page, three[2])


class TestAPageFromBeforeSigningInAgain:
    def sign_in_again(self, ada: Desk) -> None:
        """What a sign-in in another tab does to this one: the token behind its forms is another."""
        ada.context.clear_cookies(name="csrftoken")
        other = "b" * 32
        ada.context.add_cookies([{"name": "csrftoken", "value": other, "url": f"http://{ada.address}"}])

    def test_says_that_only_a_reload_helps_and_keeps_the_text(self, desk, three):
        ada = desk()
        page = ada.open(f"/support/conversations/{three[0].pk}/")
        reply = page.get_by_role("textbox", name="Reply")
        reply.fill("Both charges are refunded.")
        self.sign_in_again(ada)
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("This page is out of date.")).to_be_visible()
        expect(page.get_by_text("Our fault")).to_have_count(0)
        expect(reply).to_have_value("Both charges are refunded.")
        page.get_by_role("button", name="Reload").click()
        expect(page.get_by_text("This page is out of date.")).to_have_count(0)
        expect(reply).to_have_value("Both charges are refunded.")
        reply.focus()
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("log")).to_contain_text("Both charges are refunded.")

    def test_shows_the_text_again_without_scripts(self, desk, three):
        ada = desk(java_script_enabled=False)
        page = ada.open(f"/support/conversations/{three[0].pk}/", state="")
        page.get_by_role("textbox", name="Reply").fill("Both <b>charges</b> are refunded.")
        self.sign_in_again(ada)
        page.get_by_role("button", name="Send reply").click()
        expect(page.get_by_role("heading", name="This page is out of date")).to_be_visible()
        expect(page.get_by_label("What you typed")).to_have_value("Both <b>charges</b> are refunded.")
        page.get_by_role("link", name="Reload the page").click()
        page.wait_for_url(f"**/conversations/{three[0].pk}/")


class TestChangesThatArrive:
    def test_join_a_list_nobody_touches(self, desk, three, backstage):
        page = desk().open("/support/inbox/")
        page.mouse.move(5, 5)
        new = backstage(lambda: make_conversation(subject="Number 4"))
        expect(row(page, new)).to_be_visible()
        expect(row(page, new)).to_have_attribute("data-fresh", "")
        expect(page.locator("#inbox-views")).to_contain_text("All open4")
        assert rows(page)[0] == str(new.pk)

    def test_wait_behind_a_button_while_someone_points_at_the_list(self, desk, three, backstage):
        page = desk().open("/support/inbox/")
        row(page, three[1]).hover()
        before, box = rows(page), row(page, three[1]).bounding_box()
        new = backstage(lambda: make_conversation(subject="Number 4"))
        backstage(lambda: cairnloop.receive_message(conversation_id=three[0].pk, text="Anyone here?", by=LIN))
        expect(page.locator(NEWS)).to_have_text("1 new")
        expect(row(page, three[0])).to_contain_text("Anyone here?")
        assert rows(page) == before
        assert row(page, three[1]).bounding_box() == box
        page.locator(NEWS).click()
        expect(row(page, new)).to_be_visible()
        expect(page.locator(NEWS)).to_have_count(0)

    def test_leave_the_focus_where_it_is(self, desk, three, backstage, ada):
        page = desk().open("/support/inbox/?waiting=us")
        page.keyboard.press("j")
        page.mouse.move(5, 5)
        backstage(lambda: cairnloop.resolve_conversation(conversation_id=three[0].pk, by=actor_of(ada)))
        expect(row(page, three[0]).get_by_text("Resolved")).to_be_visible()
        expect(opened_link(page, three[0])).to_be_focused()
        expect(row(page, three[0])).to_have_attribute("data-current", "")

    def test_recount_home_and_the_rail_once_for_a_burst(self, desk, three, backstage, ada):
        page = desk().open("/support/")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        me = actor_of(ada)

        def burst() -> None:
            for each in three:
                cairnloop.assign_conversation(conversation_id=each.pk, to=me, by=me)

        backstage(burst)
        expect(page.locator("#home .cl-page-lede")).to_contain_text("3 conversations wait for you.")
        expect(page.locator(".cl-rail-badge")).to_contain_text("3")
        page.wait_for_timeout(900)
        assert sorted(url.split("/support/")[1] for url in asked) == ["", "rail/badge/"]

    def test_are_not_lost_between_making_the_page_and_connecting(self, desk, three, backstage):
        """The socket opens late; whatever was committed meanwhile is noticed by its version."""
        ada = desk()
        ada.page.route("**/elements/live.js", lambda route: (backstage(make_conversation), route.continue_()))
        page = ada.open("/support/inbox/")
        expect(page.locator(".cl-inbox-row")).to_have_count(4)


class TestWithoutSockets:
    def test_polling_finds_what_changed(self, desk, three, backstage):
        ada = desk()
        ada.page.route_web_socket("**/live/", lambda socket: socket.close())
        page = ada.open("/support/inbox/", state="polling")
        expect(page.locator("cl-live")).to_have_text("Checking every 4 s")
        page.mouse.move(5, 5)
        new = backstage(lambda: make_conversation(subject="Number 4"))
        expect(row(page, new)).to_be_visible(timeout=10_000)

    def test_the_policy_of_the_page_may_refuse_them(self, desk, three, backstage):
        """An `http:` source does not match `ws:`; the browser says so with an error, and never closes the socket."""
        ada = desk()

        def under_policy(route: Any) -> None:
            answer = route.fetch()
            policy = answer.headers["content-security-policy"]
            assert "connect-src 'self'" in policy
            stricter = policy.replace("connect-src 'self'", f"connect-src http://{ada.address}")
            route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": stricter})

        ada.page.route("**/support/inbox/", under_policy)
        page = ada.open("/support/inbox/", state="polling")
        page.mouse.move(5, 5)
        new = backstage(lambda: make_conversation(subject="Number 4"))
        expect(row(page, new)).to_be_visible(timeout=10_000)
        assert all("ws://" in complaint for complaint in ada.complaints)
        assert ada.complaints
        ada.complaints.clear()

    def test_a_browser_may_refuse_to_make_one(self, desk, three):
        ada = desk()
        refusing = "window.WebSocket = class { constructor() { throw new DOMException('no', 'SecurityError') } }"
        ada.page.add_init_script(refusing)
        ada.open("/support/inbox/", state="polling")

    def test_a_line_nobody_speaks_on_is_given_up(self, desk, three, backstage):
        ada = desk()
        ada.page.clock.install()
        ada.page.route_web_socket("**/live/", lambda socket: None)
        page = ada.open("/support/inbox/", state="")
        new = backstage(lambda: make_conversation(subject="Number 4"))
        page.mouse.move(5, 5)
        page.clock.run_for(11_000)
        expect(row(page, new)).to_be_visible()
        expect(page.locator("cl-live")).to_have_attribute("data-state", "polling")

    def test_being_offline_is_said_and_made_up_for(self, desk, three, backstage):
        ada = desk()
        page = ada.open("/support/inbox/")
        ada.context.set_offline(True)
        expect(page.locator("cl-live")).to_have_text("Offline")
        ada.context.set_offline(False)
        expect(page.locator("cl-live")).to_have_text("Live", timeout=10_000)

    def test_a_line_that_died_without_a_word_is_noticed(self, desk, three, backstage):
        """Nothing arrives and nothing is refused: a page finds out because it asks."""
        ada = desk()
        ada.page.clock.install()
        silent = []

        def between(socket: Any) -> None:
            server = socket.connect_to_server()
            socket.on_message(lambda text: None if silent else server.send(text))
            server.on_message(lambda text: None if silent else socket.send(text))

        ada.page.route_web_socket("**/live/", between)
        page = ada.open("/support/inbox/")
        page.mouse.move(5, 5)
        silent.append(True)
        new = backstage(lambda: make_conversation(subject="Number 4"))
        page.clock.run_for(31_000)
        silent.clear()
        page.clock.run_for(11_000)
        expect(row(page, new)).to_be_visible()

    def test_a_failed_action_is_said(self, desk, three):
        ada = desk()
        page = ada.open("/support/inbox/")
        page.keyboard.press("j")
        page.route("**/assignment/**", lambda route: route.fulfill(status=500, body="<h1>boom</h1>"))
        page.keyboard.press("a")
        expect(page.get_by_text("This could not be done. Our fault, not yours")).to_be_visible()
        expect(page.get_by_text("boom")).to_have_count(0)
        page.route("**/resolution/**", lambda route: route.abort())
        page.keyboard.press("e")
        expect(page.get_by_text("The server did not answer.")).to_be_visible()

    def test_a_reply_that_is_too_large_stays_where_it_was_written(self, desk, three, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        page = desk().open(f"/support/conversations/{three[0].pk}/")
        reply = page.get_by_role("textbox", name="Reply")
        reply.fill("refunded " * 200)
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("This is too large")).to_be_visible()
        expect(reply).to_have_value("refunded " * 200)


class TestWithoutScripts:
    def test_everything_can_be_read_filtered_and_paged(self, desk, backstage):
        backstage(lambda: [make_conversation(subject=f"Number {number}") for number in range(30)])
        page = desk(java_script_enabled=False).open("/support/inbox/", state="")
        assert len(rows_without_scripts(page)) == 25
        page.get_by_role("link", name="Load more").click()
        assert len(rows_without_scripts(page)) == 5
        page.get_by_text("Filter", exact=True).click()
        page.get_by_label("Channel").select_option("email")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("heading", name="No conversation matches")).to_be_visible()
        for useless in ("cl-live", "cl-theme", "cl-keys"):
            expect(page.locator(useless)).to_be_hidden()

    def test_no_key_is_named_that_nobody_would_hear(self, desk, three):
        for scripts in (True, False):
            for path in ("/support/", "/support/inbox/", f"/support/conversations/{three[0].pk}/", "/support/search/"):
                ada = desk(java_script_enabled=scripts)
                page = ada.open(path, state="live" if scripts else "")
                named = [each for each in page.locator("kbd").all() if each.is_visible()]
                assert bool(named) is scripts, path


def rows_without_scripts(page: Page) -> list[str]:
    return re.findall(r'id="inbox-row-(\d+)"', page.content())


class TestTheTheme:
    def test_follows_the_system_until_someone_chooses(self, desk):
        ada = desk(color_scheme="dark")
        page = ada.open("/support/")
        colour = "getComputedStyle(document.documentElement).colorScheme"
        assert page.evaluate(colour) == "dark"
        page.get_by_role("button", name="Theme: like the system").click()
        assert page.evaluate(colour) == "light"
        page = ada.open("/support/inbox/")
        assert page.evaluate(colour) == "light"
        page.get_by_role("button", name="Theme: light").click()
        assert page.evaluate(colour) == "dark"
        page.get_by_role("button", name="Theme: dark").click()
        assert page.evaluate("localStorage.getItem('cl:theme')") is None

    def test_stands_before_anything_is_painted(self, desk):
        ada = desk(color_scheme="light")
        ada.page.add_init_script("localStorage.setItem('cl:theme', 'dark')")
        ada.page.route("**/dashboard.css", lambda route: route.continue_())
        page = ada.open("/support/")
        order = page.evaluate("[...document.head.children].findIndex((each) => each.src?.includes('js/theme.js'))")
        sheet = page.evaluate("[...document.head.children].findIndex((each) => each.rel === 'stylesheet')")
        assert 0 <= order < sheet
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


class TestTheClock:
    def test_goes_on_counting_in_the_servers_words(self, desk, three):
        ada = desk()
        ada.page.clock.install()
        page = ada.open("/support/inbox/")
        age = row(page, three[0]).locator("time span").last
        expect(age).to_have_text("now")
        for minutes, words in [(5, "5m"), (60, "1h 05m"), (55, "2h"), (25 * 60, "1d")]:
            page.clock.fast_forward(minutes * 60_000)
            expect(age).to_have_text(words)
