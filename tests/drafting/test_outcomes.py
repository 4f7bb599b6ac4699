from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import cairnloop
from cairnloop.drafting import outcomes
from cairnloop.drafting.outcomes import ArticleOutcomes, Outcomes, summarise_outcomes
from cairnloop.drafting.phrasing import text_of
from cairnloop.models import Conversation, Draft
from tests.drafting.support import ADA, WEAK, WORDS_ONLY, ask, draft_for
from tests.factories import LIN, make_conversation

REFUNDED = "When do duplicate card charges show up as refunded?"


def approved(**overrides) -> Draft:
    return cairnloop.approve_draft(draft_id=draft_for(ask(**overrides)).pk, by=ADA, seen_sequence=1)


def edited(more: str, **overrides) -> Draft:
    draft = draft_for(ask(**overrides))
    text = f"{text_of(draft.sentences.order_by('index'))} {more}"
    return cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1, text=text)


def discarded(reason: str = "wrong", **overrides) -> Draft:
    return cairnloop.discard_draft(draft_id=draft_for(ask(**overrides)).pk, by=ADA, reason=reason)


def passed_over() -> None:
    cairnloop.post_reply(conversation_id=draft_for(ask()).conversation_id, text="Seats are full.", by=ADA)


@pytest.mark.django_db
class TestSummariseOutcomes:
    def test_counts_what_people_made_of_replies(self, knowledge):
        approved()
        approved(text=REFUNDED)
        edited("Bye.")
        discarded()
        discarded("incomplete")
        discarded()
        passed_over()
        draft_for(ask())
        summary = summarise_outcomes(Conversation.objects.all())
        assert summary.outcomes == Outcomes(approved=2, edited=1, discarded=3, passed_over=1)
        assert summary.outcomes.decided == 7
        assert summary.edited_chars == len("Bye.")
        assert summary.reasons == (("wrong", 2), ("incomplete", 1))
        assert summary.policies == (("require_approval", summary.outcomes),)
        assert summary.articles == (
            ArticleOutcomes(
                article_id=knowledge.skipped.pk,
                title="Skipped runs",
                outcomes=Outcomes(approved=1, edited=1, discarded=3, passed_over=1),
            ),
            ArticleOutcomes(article_id=knowledge.refunds.pk, title="Refunds", outcomes=Outcomes(approved=1)),
        )

    def test_leaves_out_what_nobody_judged(self, knowledge, settings):
        cairnloop.approve_draft(draft_id=draft_for(ask(WEAK)).pk, by=ADA, seen_sequence=1)
        overtaken = draft_for(ask())
        cairnloop.receive_message(conversation_id=overtaken.conversation_id, text="Hello?", by=LIN)
        settings.CAIRNLOOP = {**WORDS_ONLY, "AUTOMATION_POLICY": "tests.drafting.support.DenyingPolicy"}
        assert draft_for(ask()).status == "discarded"
        settings.CAIRNLOOP = {**WORDS_ONLY, "AUTOMATION_POLICY": "tests.drafting.support.AllowingPolicy"}
        assert draft_for(ask()).status == "approved"
        assert summarise_outcomes(Conversation.objects.all()).outcomes.decided == 0

    def test_sees_only_what_may_be_seen(self, knowledge):
        approved()
        hidden = discarded(customer_ref="somebody")
        seen = Conversation.objects.exclude(pk=hidden.conversation_id).order_by("-last_activity_at")
        summary = summarise_outcomes(seen)
        assert summary.outcomes == Outcomes(approved=1)
        assert [each.outcomes for each in summary.articles] == [Outcomes(approved=1)]
        assert summary.reasons == ()
        assert summarise_outcomes(Conversation.objects.none()).articles == ()

    def test_looks_at_the_latest_drafts_in_three_queries(self, knowledge, monkeypatch):
        monkeypatch.setattr(outcomes, "LATEST_DRAFTS", 2)
        for _ in range(3):
            discarded()
        approved()
        with CaptureQueriesContext(connection) as captured:
            summary = summarise_outcomes(Conversation.objects.all())
        assert summary.outcomes == Outcomes(approved=1, discarded=1)
        assert len(captured) == 3

    def test_says_nothing_where_there_is_nothing(self, db):
        make_conversation()
        summary = summarise_outcomes(Conversation.objects.all())
        assert (summary.outcomes, summary.articles, summary.policies) == (Outcomes(), (), ())
