"""Home in a real browser, with what became of drafts: in light, in dark and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

import cairnloop
from cairnloop.drafting.phrasing import text_of
from tests import factories
from tests.accessible import TOUCH, objections, too_small
from tests.drafting.support import WORDS_ONLY, KnowledgeBase, ask, draft_for
from tests.factories import actor_of
from tests.web.home.test_views import HOME

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]
REFUNDED = "When do duplicate card charges show up as refunded?"


def decide(settings: Any) -> str:
    """Draft replies with every outcome, by two decisions of the policy; return the session of an operator."""
    user = factories.make_operator("ada", first_name="Ada", last_name="Brandt")
    ada = actor_of(user)
    KnowledgeBase()
    for _ in range(3):
        cairnloop.approve_draft(draft_id=draft_for(ask()).pk, by=ada, seen_sequence=1)
    settings.CAIRNLOOP = {**WORDS_ONLY, "AUTOMATION_POLICY": "tests.drafting.support.RewordingPolicy"}
    edited = draft_for(ask(REFUNDED))
    text = f"{text_of(edited.sentences.order_by('index'))} Bye."
    cairnloop.approve_draft(draft_id=edited.pk, by=ada, seen_sequence=1, text=text)
    cairnloop.discard_draft(draft_id=draft_for(ask()).pk, by=ada, reason="incomplete")
    cairnloop.post_reply(conversation_id=draft_for(ask()).conversation_id, text="Seats are full.", by=ada)
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def test_the_outcomes_of_drafts_have_nothing_to_object_to(
    shared_chromium: Any, transactional_db: None, address: str, settings: Any, backstage: Callable[..., Any]
) -> None:
    settings.CAIRNLOOP = WORDS_ONLY
    session = backstage(lambda: decide(settings))

    def open_home(**options: Any) -> Any:
        context = shared_chromium.new_context(locale="en-GB", base_url=f"http://{address}", **options)
        context.add_cookies([{"name": "sessionid", "value": session, "url": f"http://{address}"}])
        page = context.new_page()
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.goto(HOME)
        return page

    complaints: list[str] = []
    page = open_home()
    assert page.locator("#home-outcomes rect").count() == 4
    # The bar is drawn by attributes: a style would be refused by the content policy.
    assert page.locator("#home-outcomes rect").first.evaluate("each => each.getBoundingClientRect().width") > 50
    assert objections(page) == {}
    assert too_small(open_home(**TOUCH)) == []
    assert complaints == []
