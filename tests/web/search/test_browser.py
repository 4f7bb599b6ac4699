"""The palette in a real browser: keys, focus, answers that come late or never, and a source on its way to the reply."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Error, Locator, Page, expect

from cairnloop.models import Citation, Conversation, GapEvent
from tests import factories
from tests.accessible import objections
from tests.factories import make_conversation
from tests.web.conversation.conftest import HOSTILE, said
from tests.web.search.conftest import SKIPPED, make_found_article

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
R = TypeVar("R")
Backstage = Callable[[Callable[[], R]], R]
BEST = "A run that was skipped because of the seat limit does not restart by itself."


@pytest.fixture
def chrome(transactional_db: None, shared_chromium: Browser) -> Browser:
    return shared_chromium


@pytest.fixture
def conversation(backstage: Backstage[Any]) -> Conversation:
    """Lin's conversation, in a desk with two articles."""

    def tell() -> Conversation:
        make_found_article(title="Why a CI run was skipped", text=SKIPPED)
        make_found_article(
            title="Seats and who counts as one", text="A seat is a person. A skipped seat is free.", slug="s"
        )
        return make_conversation(text="Why is my run skipped?")

    return backstage(tell)


@pytest.fixture
def desk(chrome: Browser, address: str, backstage: Backstage[Any]) -> Iterator[Callable[..., Page]]:
    """Open Ada's windows; none of them may have complained in the end, least of all about the content policy."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def sign_in() -> str:
        client = Client()
        client.force_login(factories.make_operator("ada", first_name="Ada", last_name="Brandt"))
        return client.cookies["sessionid"].value

    session = backstage(sign_in)

    def enter(name: str, *args: object, query: str = "", **options: Any) -> Page:
        context = chrome.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options})
        contexts.append(context)
        context.add_cookies([{"name": "sessionid", "value": session, "url": f"http://{address}"}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: "Content Security" in line.text and complaints.append(line.text))
        page.goto(f"http://{address}{reverse(f'cairnloop:{name}', args=args)}{query}")
        return page

    yield enter
    for each in contexts:
        each.close()
    assert complaints == []


def field(page: Page) -> Locator:
    return page.get_by_role("combobox")


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Search")


def current(page: Page) -> Locator:
    return dialog(page).locator("[role=option][aria-selected=true]")


def searches(page: Page, words: str) -> None:
    """Opens the palette, types, and waits for the answer."""
    page.keyboard.press("Control+k")
    with page.expect_response("**/search/results/"):
        page.keyboard.type(words)
    expect(dialog(page).locator("[data-group]").first).to_be_visible()


class TestTheKeyboard:
    def test_opens_moves_looks_inside_clears_and_closes(self, desk, conversation):
        page = desk("inbox")
        trigger = page.get_by_role("link", name="Search or jump to")
        trigger.focus()
        page.keyboard.press("Control+k")
        expect(field(page)).to_be_focused()
        expect(current(page)).to_have_text("Home")
        with page.expect_response("**/search/results/"):
            page.keyboard.type("skipped restart")
        first = dialog(page).get_by_role("option", name="Why a CI run was skipped")
        expect(first).to_have_attribute("aria-selected", "true")
        expect(field(page)).to_have_attribute("aria-activedescendant", first.get_attribute("id") or "")
        expect(dialog(page).locator(".cl-palette-quote mark")).to_have_text(BEST)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.keyboard.press("ArrowDown")
        expect(current(page)).to_contain_text("Seats and who counts as one")
        expect(dialog(page).get_by_role("heading", level=2)).to_have_text("Seats and who counts as one")
        page.keyboard.press("ArrowDown")
        expect(first).to_have_attribute("aria-selected", "true")
        page.keyboard.press("ArrowUp")
        expect(current(page)).to_contain_text("Seats and who counts as one")
        assert asked == []
        for _ in range(6):
            page.keyboard.press("Tab")
            assert page.evaluate("document.querySelector('.cl-palette').contains(document.activeElement)")
        field(page).focus()
        page.keyboard.press("Escape")
        expect(field(page)).to_have_value("")
        expect(dialog(page).locator("[data-group]")).to_have_count(0)
        page.keyboard.press("Escape")
        expect(dialog(page)).to_be_hidden()
        expect(trigger).to_be_focused()
        assert "skipped" not in page.url

    def test_opens_what_is_current_and_goes_where_it_is_told(self, desk, conversation):
        page = desk("home")
        searches(page, "skipped run")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/knowledge/\d+/revisions/1/\?start=\d+&end=\d+#cited"))
        page.keyboard.press("Control+k")
        page.keyboard.type("inb")
        expect(current(page)).to_have_text("Inbox")
        page.keyboard.press("Enter")
        page.wait_for_url("**/inbox/")

    def test_works_inside_fields_and_presses_what_the_page_has(self, desk, conversation):
        page = desk("conversation", conversation.pk)
        page.get_by_role("textbox", name="Reply").click()
        page.keyboard.press("Control+k")
        expect(field(page)).to_be_focused()
        with page.expect_response("**/search/results/"):
            page.keyboard.type("assign")
        expect(current(page)).to_contain_text("Assign this conversation to me")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Assigned to you.")).to_be_visible()
        page.keyboard.press("Control+k")
        expect(dialog(page).get_by_role("option", name="Assign this conversation to me")).to_have_count(0)
        dialog(page).get_by_role("option", name="Write a note").click()
        expect(page.get_by_role("textbox", name="Internal note")).to_be_focused()


class TestAnswers:
    def test_that_come_late_are_dropped(self, desk, conversation):
        page = desk("inbox")
        held: list[Any] = []

        def hold(route: Any) -> None:
            if "q=skipped" in (route.request.post_data or "") and not held:
                held.append(route)
            else:
                route.continue_()

        page.route("**/search/results/", hold)
        page.keyboard.press("Control+k")
        with page.expect_request("**/search/results/"):
            page.keyboard.type("skipped")
        with page.expect_response("**/search/results/"):
            field(page).fill("person")
        expect(dialog(page).get_by_role("option", name="Seats and who counts as one")).to_be_visible()
        with suppress(Error):  # The page may have given the request up already, as it should.
            held[0].continue_()
        page.wait_for_timeout(400)
        expect(dialog(page).get_by_role("option", name="Why a CI run was skipped")).to_have_count(0)

    def test_that_never_come_leave_the_last_ones(self, desk, conversation):
        page = desk("inbox")
        searches(page, "skipped")
        page.route("**/search/results/", lambda route: route.abort())
        page.keyboard.type(" run")
        expect(dialog(page).get_by_text("The search did not answer.")).to_be_visible()
        expect(dialog(page).get_by_role("option", name="Why a CI run was skipped")).to_be_visible()
        page.unroute("**/search/results/")
        with page.expect_response("**/search/results/"):
            page.keyboard.type("s")
        expect(dialog(page).get_by_text("The search did not answer.")).to_be_hidden()

    def test_that_take_a_moment_are_announced_and_grey_rows_stand_for_them(self, desk, conversation):
        page = desk("inbox")
        held: list[Any] = []
        page.route("**/search/results/", lambda route: held.append(route))
        page.keyboard.press("Control+k")
        expect(dialog(page).locator(".cl-palette-waiting")).to_be_hidden()
        with page.expect_request("**/search/results/"):
            page.keyboard.type("skipped")
        rows = dialog(page).locator(".cl-palette-waiting")
        status = dialog(page).locator("[data-count]")
        expect(rows).to_be_visible()
        expect(status).to_have_text("Searching…")
        expect(page.locator("#palette-list")).to_have_attribute("aria-busy", "true")
        assert objections(page) == {}
        held.pop().continue_()
        expect(dialog(page).get_by_role("option", name="Why a CI run was skipped")).to_be_visible()
        expect(rows).to_be_hidden()
        expect(page.locator("#palette-list")).to_have_attribute("aria-busy", "false")
        expect(status).not_to_have_text("Searching…")
        with page.expect_request("**/search/results/"):
            page.keyboard.type(" run")
        expect(page.locator("#palette-list")).to_have_attribute("aria-busy", "true")
        expect(dialog(page).get_by_role("option", name="Why a CI run was skipped")).to_be_visible()
        expect(rows).to_be_hidden()
        held.pop().abort()
        expect(dialog(page).get_by_text("The search did not answer.")).to_be_visible()
        expect(page.locator("#palette-list")).to_have_attribute("aria-busy", "false")
        field(page).fill("")
        expect(status).to_have_text("")

    def test_that_find_nothing_are_kept_once_the_question_stands(self, desk, conversation, backstage):
        page = desk("inbox")
        page.keyboard.press("Control+k")
        with page.expect_response("**/search/results/"):
            page.keyboard.type("zeppelin invoices")
        expect(dialog(page).get_by_text("Nothing holds these words.")).to_be_visible()
        assert backstage(GapEvent.objects.count) == 0
        with page.expect_response("**/search/gaps/") as kept:
            page.keyboard.press("Escape")
        assert kept.value.status == 204
        assert backstage(lambda: GapEvent.objects.get().excerpt) == "zeppelin invoices"

    def test_that_find_articles_are_judged_once_they_stood_and_not_when_left_before(
        self, desk, conversation, backstage
    ):
        page = desk("inbox")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/search/gaps/" in request.url else None)
        page.keyboard.press("Control+k")
        with page.expect_response("**/search/results/"):
            page.keyboard.type("skipped")
        expect(dialog(page).get_by_role("option", name="Why a CI run was skipped")).to_be_visible()
        page.keyboard.press("Escape")
        with page.expect_response("**/search/results/"):
            page.keyboard.type("skipped run")
        with page.expect_response("**/search/gaps/") as judged:
            expect(dialog(page).get_by_role("option", name="Why a CI run was skipped")).to_be_visible()
        assert judged.value.status == 204
        assert len(asked) == 1


class TestASource:
    def test_goes_with_the_reply_and_stands_beside_it(self, desk, conversation, backstage):
        page = desk("conversation", conversation.pk)
        reply = page.get_by_role("textbox", name="Reply")
        reply.click()
        page.keyboard.type("Hi Lin.")
        searches(page, "skipped restart")
        page.keyboard.press("Control+Enter")
        expect(reply).to_be_focused()
        expect(reply).to_have_value(f"Hi Lin. {BEST}")
        searches(page, "seat person")
        page.keyboard.press("Enter")
        chips = page.get_by_role("list", name="Sources of this reply").get_by_role("listitem")
        expect(chips).to_have_count(2)
        page.reload()
        expect(chips).to_have_count(2)
        expect(reply).to_have_value(f"Hi Lin. {BEST}")
        page.get_by_role("button", name="Remove source Seats").click()
        expect(chips).to_have_count(1)
        expect(page.get_by_role("button", name="Remove source Why")).to_be_focused()
        reply.press("Control+Enter")
        link = page.locator("#message-2").get_by_role("link", name="Why a CI run was skipped")
        expect(link).to_be_visible()
        expect(chips).to_have_count(0)
        assert backstage(lambda: said(conversation))[-1] == (2, "operator", f"Hi Lin. {BEST}")
        cited = backstage(Citation.objects.get)
        assert SKIPPED[cited.start : cited.end].startswith("A run that was skipped")
        link.click()
        expect(page.locator("#cited")).to_contain_text(BEST)
        page.goto(
            page.url.split("/knowledge/")[0]
            + reverse("cairnloop:conversation", args=[conversation.pk]).removeprefix("/support")
        )
        expect(chips).to_have_count(0)

    def test_is_cited_without_scripts(self, desk, conversation, backstage):
        page = desk("conversation", conversation.pk, java_script_enabled=False)
        page.get_by_role("link", name="Cite an article").click()
        page.get_by_role("searchbox").fill("skipped restart")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name=re.compile(r"Cite in #\d+: Why a CI")).click()
        page.get_by_role("textbox", name="Reply").fill("See there.")
        page.get_by_role("button", name="Send reply").click()
        expect(page.get_by_role("link", name="Why a CI run was skipped")).to_be_visible()
        assert backstage(Citation.objects.count) == 1


class TestHostileText:
    def test_stays_text_in_results_and_preview(self, desk, backstage):
        def tell() -> None:
            for number, payload in enumerate(HOSTILE):
                text = "".join(char if char.isprintable() else " " for char in f"seat {payload}")
                make_found_article(title=text[:200], text=text, slug=f"h-{number}")
                make_conversation(subject=text[:200], customer_name=payload[:200], text=text)

        backstage(tell)
        page = desk("inbox")
        page.evaluate("() => { window.alert = window.print = () => { document.title = 'ran' } }")
        searches(page, "seat")
        options = dialog(page).get_by_role("option")
        for _ in range(options.count()):
            page.keyboard.press("ArrowDown")
        allowed = "a, span, mark, svg, svg *, template, div, p, h2, dl, dt, dd, button, section, strong, kbd"
        strange = """allowed => [...document.querySelectorAll(".cl-palette-cols *")]
          .filter(each => !each.matches(allowed)).map(each => each.outerHTML.slice(0, 80))"""
        assert page.evaluate(strange, allowed) == []
        assert page.title() != "ran"


class TestAccessibility:
    def test_has_no_violation(self, desk, conversation):
        page = desk("conversation", conversation.pk)
        page.keyboard.press("Control+k")
        assert objections(page) == {}
        with page.expect_response("**/search/results/"):
            page.keyboard.type("skipped seat")
        expect(dialog(page).locator("[data-group]").first).to_be_visible()
        assert objections(page) == {}
        dialog(page).get_by_role("option", name="Why a CI run").click()
        expect(page.get_by_role("list", name="Sources of this reply")).to_be_visible()
        assert objections(page) == {}
        page.goto(page.url.split("/conversations/")[0] + f"/search/?q=skipped+seat&in={conversation.pk}")
        assert objections(page) == {}
