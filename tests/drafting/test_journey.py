"""A question in the widget, the draft it brings, and the reply an operator makes of it, in two windows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

import cairnloop
from cairnloop.models import Citation, Conversation, Draft
from cairnloop.testing import run_waiting_jobs
from tests import factories
from tests.accessible import TOUCH, objections, too_small, violations
from tests.drafting.support import GRACE, WORDS_ONLY, KnowledgeBase, ask, draft_for
from tests.factories import LIN
from tests.serving import serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
Backstage = Callable[[Callable[[], Any]], Any]
QUESTION = "Why was my pipeline run skipped when every seat is taken? And where do duplicate card charges show up?"
SKIPPED = "A pipeline run is skipped when every seat is taken."
REFUNDED = "Duplicate card charges are refunded to the same card."
OWN = "Duplicate charges come back to your card, Lin."


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    from tests.web.site import application

    with serving(application) as address:
        yield address


@pytest.fixture
def window(shared_chromium: Browser, transactional_db: None, address: str, backstage: Backstage) -> Iterator[Any]:
    """Open windows on the site: an operator's, who is signed in, or a customer's."""
    complaints: list[str] = []

    def sign_in() -> str:
        client = Client()
        client.force_login(factories.make_operator("ada", first_name="Ada", last_name="Brandt"))
        return client.cookies["sessionid"].value

    session = backstage(sign_in)

    def open_window(path: str, **context: Any) -> Page:
        opened = shared_chromium.new_context(locale="en-GB", base_url=f"http://{address}", **context)
        opened.add_cookies([{"name": "sessionid", "value": session, "url": f"http://{address}"}])
        page = opened.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.goto(path)
        return page

    yield open_window
    assert [each for each in complaints if "409" not in each] == []


@pytest.fixture
def knowledge(settings: Any, backstage: Backstage) -> KnowledgeBase:
    settings.ROOT_URLCONF = "tests.drafting.site"
    settings.CAIRNLOOP = {**WORDS_ONLY, "DRAFT_WAIT_SECONDS": 1}
    return backstage(KnowledgeBase)


def desk_of(conversation: Conversation) -> str:
    return reverse("cairnloop:conversation", args=[conversation.pk])


def is_live(page: Page) -> None:
    expect(page.locator("cl-live")).to_have_text("Live")


def work_until_drafted(page: Page, backstage: Backstage) -> None:
    """Run what is due; the draft itself waits a second for the customer to finish writing."""
    for _ in range(100):
        backstage(run_waiting_jobs)
        if backstage(Draft.objects.exists):
            return
        page.wait_for_timeout(50)
    raise AssertionError("no draft was prepared")


def drafted(backstage: Backstage, question: str = QUESTION) -> Conversation:
    def prepare() -> Conversation:
        conversation = ask(question)
        draft_for(conversation)
        return conversation

    return backstage(prepare)


def test_a_question_is_answered_by_a_draft_an_operator_checked(window, knowledge, backstage):
    chat = window("/runs/")
    chat.get_by_role("button", name="Open chat").click()
    chat.get_by_role("textbox", name="Your message").fill(QUESTION)
    chat.keyboard.press("Enter")
    expect(chat.get_by_text(re.compile("^Sent "))).to_be_visible()
    conversation = backstage(Conversation.objects.get)
    desk = window(desk_of(conversation))
    is_live(desk)
    draft = desk.locator("#draft")
    expect(draft).to_be_empty()

    work_until_drafted(desk, backstage)
    expect(draft).to_contain_text("Every claim quoted")
    assert objections(desk) == {}

    # The source of the first sentence: its words, marked in the passage they stand in.
    draft.get_by_role("button", name="Source 1: Skipped runs").click()
    peek = desk.get_by_role("group", name="Source 1", exact=True)
    expect(peek.locator("mark")).to_have_text(SKIPPED)
    expect(peek).to_contain_text("Skipped runs do not restart by themselves.")
    expect(peek).to_contain_text("Revision 1, published")
    assert violations(desk) == []
    desk.keyboard.press("Escape")
    expect(peek).to_be_hidden()

    desk.keyboard.press("?")
    expect(desk.get_by_role("dialog")).to_contain_text("Edit the draft")
    desk.keyboard.press("Escape")
    desk.keyboard.press("d")
    text = desk.get_by_role("textbox", name="Text of the draft")
    expect(text).to_be_focused()
    text.fill(text.input_value().replace(REFUNDED, OWN))
    desk.keyboard.press("Control+Enter")

    reply = desk.get_by_role("log", name="Messages").locator("#message-2")
    expect(reply).to_contain_text(OWN)
    expect(reply).to_contain_text(SKIPPED)
    expect(draft).to_be_empty()
    expect(chat.get_by_role("log", name="Messages")).to_contain_text(OWN)
    sent = backstage(lambda: Draft.objects.select_related("reply").get())
    assert (sent.status, sent.decided_by_name) == ("edited", "Ada Brandt")
    quoted = backstage(lambda: [each.revision.text[each.start : each.end] for each in Citation.objects.all()])
    assert SKIPPED in quoted and REFUNDED not in quoted


def test_a_draft_is_said_once_to_those_who_do_not_see_it_arrive(window, knowledge, backstage):
    conversation = backstage(lambda: ask(QUESTION))
    desk = window(desk_of(conversation))
    is_live(desk)
    desk.evaluate("""() => {
      window.said = []
      const heard = (changes) => said.push(...changes.flatMap((each) => [...each.addedNodes]).map((n) => n.textContent))
      new MutationObserver(heard).observe(document.getElementById("toasts"), { childList: true })
    }""")
    backstage(lambda: draft_for(conversation))
    expect(desk.locator("#draft")).to_contain_text("Every claim quoted")
    expect(desk.locator("#toasts[role=status]")).to_contain_text("A draft waits above the composer.")
    desk.keyboard.press("d")
    desk.get_by_role("link", name="Cancel").click()
    backstage(lambda: cairnloop.add_note(conversation_id=conversation.pk, text="Looks right.", by=GRACE))
    expect(desk.locator("#message-2")).to_be_visible()
    expect(desk.locator("#draft")).to_contain_text("Approve and send")
    assert desk.evaluate("said") == ["A draft waits above the composer."]


def test_a_draft_is_not_sent_by_a_key_that_was_meant_for_what_stood_there_before(window, knowledge, backstage):
    conversation = drafted(backstage)
    desk = window(desk_of(conversation))
    is_live(desk)
    desk.evaluate("""() => {
      const seen = document.querySelector("cl-draft").dataset.version
      const key = { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true }
      new MutationObserver((_, observer) => {
        const draft = document.querySelector("cl-draft")
        if (!draft?.dataset.version || draft.dataset.version === seen) return
        observer.disconnect()
        document.body.dispatchEvent(new KeyboardEvent("keydown", key))
        draft.querySelector("[data-approve] button").click()
        setTimeout(() => document.body.dispatchEvent(new KeyboardEvent("keydown", { ...key, repeat: true })), 1600)
      }).observe(document.body, { childList: true, subtree: true })
    }""")

    def replace() -> None:
        write = {"conversation_id": conversation.pk, "text": f"And again: {QUESTION}", "by": LIN}
        cairnloop.receive_message(**write)
        draft_for(conversation)

    backstage(replace)
    draft = desk.locator("#draft")
    expect(draft.get_by_text("Something has just arrived. Nothing was sent: read it first.")).to_be_visible()
    assert objections(desk) == {}
    desk.wait_for_timeout(1_700)
    assert backstage(lambda: sorted(Draft.objects.values_list("status", flat=True))) == ["pending", "stale"]
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#message-3")).to_contain_text(SKIPPED)


def test_a_draft_is_not_sent_by_a_key_that_a_note_of_that_moment_had_no_say_in(window, knowledge, backstage):
    conversation = drafted(backstage)
    desk = window(desk_of(conversation))
    is_live(desk)
    desk.evaluate("""() => {
      const key = { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true }
      new MutationObserver((_, observer) => {
        if (!document.getElementById("message-2")) return
        observer.disconnect()
        document.body.dispatchEvent(new KeyboardEvent("keydown", key))
      }).observe(document.getElementById("timeline"), { childList: true, subtree: true })
    }""")
    backstage(lambda: cairnloop.add_note(conversation_id=conversation.pk, text="Do not send it.", by=GRACE))
    expect(desk.locator("#draft").get_by_text("Something has just arrived.")).to_be_visible()
    desk.wait_for_timeout(1_700)
    assert backstage(lambda: Draft.objects.get().status) == "pending"
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#message-3")).to_contain_text(SKIPPED)


KEY = """() => {
  window.press = () => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true }))
  window.pressOnce = (selector) => new MutationObserver((_, observer) => {
    if (!document.querySelector(selector)) return
    observer.disconnect()
    setTimeout(() => { document.body.dataset.pressed = 1; press() }, 100)
  }).observe(document.body, { childList: true, subtree: true })
}"""
DEAF = """() => {
  const { topic } = document.querySelector("cl-thread").dataset
  window.addEventListener(`cl:${topic}`, (event) => event.stopImmediatePropagation(), { capture: true })
}"""
"""The page hears of nothing: so it is in the moment before a hint arrives."""
HELD = "Something has just arrived. Nothing was sent: read it first."


def test_a_draft_is_not_sent_by_the_key_after_a_refusal_that_showed_a_note(window, knowledge, backstage):
    conversation = drafted(backstage)
    desk = window(desk_of(conversation))
    is_live(desk)
    desk.evaluate(DEAF)
    desk.evaluate(KEY)
    backstage(lambda: cairnloop.add_note(conversation_id=conversation.pk, text="Do not send it.", by=GRACE))
    desk.evaluate("pressOnce('#draft [role=alert]'); press()")
    draft = desk.locator("#draft")
    expect(draft.get_by_role("alert")).to_contain_text("Not sent")
    expect(desk.locator("body")).to_have_attribute("data-pressed", "1", timeout=20_000)
    expect(draft.get_by_text(HELD)).to_be_visible()
    desk.wait_for_timeout(1_700)
    assert backstage(lambda: Draft.objects.get().status) == "pending"
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#message-3")).to_contain_text(SKIPPED)


def test_a_draft_is_not_sent_by_the_key_after_a_refusal_that_showed_nothing_new(window, knowledge, backstage):
    conversation = drafted(backstage)
    desk = window(desk_of(conversation))
    is_live(desk)
    desk.evaluate(KEY)
    backstage(lambda: cairnloop.add_note(conversation_id=conversation.pk, text="Do not send it.", by=GRACE))
    expect(desk.locator("#message-2")).to_be_visible()
    desk.wait_for_timeout(1_700)
    # As where the reader looked elsewhere when it arrived: the page has it, and its reader has not.
    desk.evaluate("document.querySelector('#draft [name=seen_sequence]').value = 1")
    desk.evaluate("pressOnce('#draft [role=alert]'); press()")
    expect(desk.locator("body")).to_have_attribute("data-pressed", "1", timeout=20_000)
    expect(desk.locator("#draft").get_by_text(HELD)).to_be_visible()
    assert backstage(lambda: Draft.objects.get().status) == "pending"


def test_a_draft_that_is_opened_to_be_changed_is_not_sent_in_the_moment_of_a_note_either(window, knowledge, backstage):
    conversation = drafted(backstage)
    desk = window(desk_of(conversation))
    is_live(desk)
    desk.evaluate(KEY)
    desk.evaluate("""() => new MutationObserver((_, observer) => {
      if (!document.getElementById("message-2")) return
      observer.disconnect()
      pressOnce("#draft-text:focus")
      document.querySelector("#draft [data-edit]").click()
    }).observe(document.getElementById("timeline"), { childList: true, subtree: true })""")
    backstage(lambda: cairnloop.add_note(conversation_id=conversation.pk, text="Do not send it.", by=GRACE))
    expect(desk.locator("body")).to_have_attribute("data-pressed", "1", timeout=20_000)
    expect(desk.locator("#draft").get_by_text(HELD)).to_be_visible()
    desk.wait_for_timeout(1_700)
    assert backstage(lambda: Draft.objects.get().status) == "pending"
    desk.get_by_role("textbox", name="Text of the draft").press("Control+Enter")
    expect(desk.locator("#message-3")).to_contain_text(SKIPPED)


def test_another_draft_arrives_where_it_was_asked_for(window, knowledge, backstage):
    conversation = drafted(backstage, "Why was my pipeline run skipped when every seat is taken?")
    desk = window(desk_of(conversation))
    is_live(desk)
    draft = desk.locator("#draft")
    draft.get_by_text("Another…").click()
    desk.get_by_role("textbox", name="What should be different?").fill("mention card charges")
    assert objections(desk) == {}
    desk.keyboard.press("Enter")
    expect(draft).to_contain_text("Another draft is being prepared")
    backstage(lambda: draft_for(conversation))
    expect(draft).to_contain_text("Prepared anew: “mention card charges”")
    expect(draft).to_contain_text(REFUNDED)
    assert violations(desk) == []


def test_a_draft_without_a_source_is_sent_once_somebody_stands_for_it(window, knowledge, backstage, settings):
    generator = "tests.drafting.support.HalfSureGenerator"
    settings.CAIRNLOOP = {**settings.CAIRNLOOP, "DRAFT_GENERATOR": generator}
    desk = window(desk_of(drafted(backstage)))
    is_live(desk)
    assert objections(desk) == {}
    desk.keyboard.press("Control+Enter")
    ticks = desk.get_by_role("checkbox", name="I stand for this sentence")
    expect(ticks.first).to_be_focused()
    assert backstage(lambda: Draft.objects.get().status) == "pending"
    for tick in ticks.all():
        tick.check()
    desk.get_by_role("button", name="Approve and send").click()
    expect(desk.locator("#message-2")).to_be_visible()
    assert backstage(lambda: Draft.objects.get().taken_over) == [2, 3]


def test_a_draft_is_sent_by_one_key_and_only_where_nobody_writes(window, knowledge, backstage):
    desk = window(desk_of(drafted(backstage)))
    is_live(desk)
    desk.keyboard.press("n")
    desk.keyboard.type("Looks right.")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#message-2")).to_contain_text("Looks right.")
    expect(desk.locator("#draft")).to_contain_text("Every claim quoted")
    desk.keyboard.press("Escape")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#message-3")).to_contain_text(SKIPPED)
    assert backstage(lambda: Draft.objects.get().status) == "approved"


def test_what_an_operator_makes_of_a_draft_is_never_lost(window, knowledge, backstage):
    conversation = drafted(backstage)
    desk = window(desk_of(conversation))
    is_live(desk)
    desk.keyboard.press("d")
    desk.get_by_role("textbox", name="Text of the draft").fill("Seats are full.")
    desk.reload()
    text = desk.get_by_role("textbox", name="Text of the draft")
    expect(text).to_have_value("Seats are full.")
    is_live(desk)
    write = {"conversation_id": conversation.pk, "text": "Only in nav-core.", "by": LIN}
    backstage(lambda: cairnloop.receive_message(**write))
    expect(desk.locator("#message-2")).to_be_visible()
    expect(text).to_have_value("Seats are full.")
    text.press("Control+Enter")
    expect(desk.locator("#draft").get_by_text("Something has just arrived.")).to_be_visible()
    desk.wait_for_timeout(1_700)
    text.press("Control+Enter")
    expect(desk.get_by_text("Not sent: Lin Zhao wrote again.")).to_be_visible()
    reply = desk.get_by_role("textbox", name="Reply")
    expect(reply).to_have_value("Seats are full.")
    expect(reply).to_be_focused()
    assert backstage(lambda: conversation.messages.count()) == 2


def test_what_an_operator_makes_of_a_draft_outlives_a_session_that_ended(window, knowledge, backstage):
    conversation = drafted(backstage)
    desk = window(desk_of(conversation))
    is_live(desk)
    here, cookies = desk.url, desk.context.cookies()
    desk.keyboard.press("d")
    text = desk.get_by_role("textbox", name="Text of the draft")
    text.fill("Seats are full.")
    desk.context.clear_cookies()
    text.press("Control+Enter")
    desk.wait_for_url("**/login/**")
    write = {"conversation_id": conversation.pk, "text": "Only in nav-core.", "by": LIN}
    backstage(lambda: cairnloop.receive_message(**write))
    desk.context.add_cookies(cookies)
    desk.goto(here)
    expect(desk.get_by_role("textbox", name="Reply")).to_have_value("Seats are full.")


def test_everything_on_the_card_is_large_enough_for_a_finger(window, knowledge, backstage):
    desk = window(desk_of(drafted(backstage)), **TOUCH)
    is_live(desk)
    desk.get_by_text("Discard…").click()
    desk.get_by_text("No such reply is needed").click()
    assert too_small(desk) == []
    desk.get_by_role("button", name="Discard draft").click()
    expect(desk.get_by_text("Draft discarded.")).to_be_visible()
    assert backstage(lambda: Draft.objects.get().discard_reason) == "not_needed"
