from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cairnloop.core.errors import InvalidInput
from cairnloop.core.telemetry import observed
from cairnloop.models import GapEvent
from cairnloop.retrieval.evidence import ArticleCitation, Evidence, Reason, Snippet, Source, Trust
from cairnloop.retrieval.gap_recording import fingerprint, record_gap
from cairnloop.retrieval.pruning import prune_gap_events
from tests.factories import make_conversation

SEARCH = GapEvent.Surface.SEARCH
EMPTY = GapEvent.Outcome.EMPTY_RECALL


def gap(query: str = "How do I export invoices?", **changes: object) -> GapEvent | None:
    values = {"surface": SEARCH, "outcome": EMPTY, "reason": "no_canonical_results", **changes}
    return record_gap(query=query, **values)


def evidence(**changes: object) -> Evidence:
    values = {
        "source": Source.ARTICLE,
        "trust": Trust.CANONICAL,
        "title": "Invoices",
        "heading_path": (),
        "snippet": Snippet("Ask lin@northbeam.example about it. " * 20),
        "text": "",
        "citation": ArticleCitation(1, 2, 0, 0, 10),
        "changed_at": timezone.now(),
        "score": 0.5,
        "words_score": None,
        "words_rank": None,
        "meaning_score": 0.5,
        "meaning_rank": 1,
        "reasons": (Reason.MEANING,),
    }
    return Evidence(**{**values, **changes})


@pytest.mark.django_db
class TestRecordGap:
    def test_keeps_an_excerpt_without_personal_data_and_no_question(self):
        kept = gap("I am Lin, lin@northbeam.example:\n how do I\x00 export invoice 4711081?", names=["Lin Zhao"])
        kept.refresh_from_db()
        assert kept.excerpt == "I am [name], [email]: how do I export invoice [number]?"
        assert (kept.outcome, kept.reason, kept.canonical_count) == (EMPTY, "no_canonical_results", 0)

    def test_cuts_a_long_question(self):
        assert len(gap("word " * 2_000).excerpt) == 160

    def test_says_so_when_nothing_is_left(self):
        assert gap(" \x07 ").excerpt == "[redacted]"

    def test_keeps_at_most_five_of_what_was_tried_each_bounded_and_masked(self):
        kept = gap(evidence=[evidence(title="T" * 300) for _ in range(9)])
        assert (kept.canonical_count, len(kept.attempted)) == (9, 5)
        assert len(kept.attempted[0]["title"]) == 160
        assert len(kept.attempted[0]["excerpt"]) == 240
        assert "northbeam" not in kept.attempted[0]["excerpt"]
        assert kept.attempted[0]["citation"]["revision_id"] == 2

    def test_takes_the_same_question_within_a_day_as_one(self):
        assert gap("How do I export  INVOICES") is not None
        assert gap("how do i export invoices?") is None
        assert gap("how do i export receipts?") is not None
        assert GapEvent.objects.count() == 2

    def test_counts_it_again_elsewhere(self):
        conversation = make_conversation()
        assert gap() and gap(outcome=GapEvent.Outcome.WEAK_GROUNDING)
        assert gap(surface=GapEvent.Surface.API) and gap(conversation_id=conversation.pk)

    def test_never_takes_two_drafts_for_one(self):
        draft = GapEvent.Surface.DRAFT_GENERATION
        assert gap(surface=draft) and gap(surface=draft)
        assert GapEvent.objects.count() == 2

    def test_refuses_unknown_words(self):
        with pytest.raises(InvalidInput):
            gap(surface="somewhere")
        assert GapEvent.objects.count() == 0

    def test_counts_without_text(self, django_capture_on_commit_callbacks):
        seen = []
        with observed(lambda *args: seen.append(args)), django_capture_on_commit_callbacks(execute=True):
            gap()
        assert ("gap.recorded", 1, {"surface": "search", "outcome": "empty_recall"}) in seen


@pytest.mark.django_db
class TestFingerprint:
    def test_cannot_be_made_without_the_key(self, settings):
        ours = fingerprint("refund")
        settings.SECRET_KEY = "another key, just as long as the first one was"
        assert fingerprint("refund") != ours


@pytest.mark.django_db(transaction=True)
def test_the_same_question_in_many_sessions_at_once_is_one_gap():
    start = threading.Barrier(6)

    def ask() -> None:
        start.wait(10)
        gap()
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert GapEvent.objects.count() == 1


@pytest.mark.django_db
class TestTheDatabase:
    def test_refuses_to_change_a_gap_event(self):
        kept = gap()
        with pytest.raises(IntegrityError, match="not changed"), transaction.atomic():
            GapEvent.objects.filter(pk=kept.pk).update(excerpt="Something else")

    def test_lets_its_conversation_go(self):
        conversation = make_conversation()
        kept = gap(conversation_id=conversation.pk)
        conversation.delete()
        kept.refresh_from_db()
        assert kept.conversation_id is None


@pytest.mark.django_db
class TestPruning:
    def test_deletes_only_what_is_older(self):
        now = timezone.now()
        for days in (91, 90, 1):
            GapEvent.objects.create(
                occurred_at=now - timedelta(days=days),
                surface=SEARCH,
                outcome=EMPTY,
                reason="no_canonical_results",
                fingerprint="0" * 64,
                excerpt=str(days),
            )
        assert prune_gap_events(now=now, older_than_days=90) == 1
        assert set(GapEvent.objects.values_list("excerpt", flat=True)) == {"90", "1"}
        assert prune_gap_events(now=now, older_than_days=90) == 0
