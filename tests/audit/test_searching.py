from __future__ import annotations

import pytest
from django.db import connection

from cairnloop.audit import searching
from cairnloop.audit.queries import NEWEST_FIRST
from cairnloop.audit.recording import record
from cairnloop.audit.searching import are_frequent, holding, looking_up, read_words
from cairnloop.models import AuditEntry
from tests.audit.support import ADA, Actor, execute

pytestmark = pytest.mark.django_db

LABELS = {
    "conversation.opened": "Opened a conversation",
    "conversation.resolved": "Resolved a conversation",
    "conversation.replied": "Sent a reply",
}


@pytest.fixture
def entries():
    """Four entries, oldest first."""
    lin, billing = Actor.customer("cust-lin"), Actor.system("billing")
    return [
        record("conversation.opened", by=lin, subject="conversation:1", evidence={"by": "widget", "ids": [31, 32]}),
        record("conversation.replied", by=ADA, subject="conversation:1", evidence={"is_late": True, "ref": "a'b"}),
        record("conversation.resolved", by=ADA, subject="conversation:12", reason="Refunded by phone, 100%. Größe XL."),
        record("draft.held_back", by=billing, subject="draft:7", evidence={"because": "not_verified"}),
    ]


def found(typed: str) -> list[AuditEntry]:
    with looking_up():
        return list(holding(AuditEntry.objects.all(), read_words(typed, labels=LABELS)).order_by("id"))


class TestHolding:
    @pytest.mark.parametrize(
        ("typed", "expected"),
        [
            ("", [0, 1, 2, 3]),
            ("  %  ' ", [0, 1, 2, 3]),
            ("refunded", [2]),
            ("REFUND", [2]),
            ("phone refunded", [2]),
            ("phone, 100%", [2]),
            ("refun phone", []),
            ("größe", [2]),
            ("widget", [0]),
            ("32", [0]),
            ("conversation:1", [0, 1, 2]),
            ("conversation:1 widget", [0]),
            ("cust-lin", [0]),
            ("lin", [0]),
            ("billing", [3]),
            ("verified", [3]),
            ("not_ver", [3]),
            ("held", [3]),
            ("a'b", [1]),
            ("sent", [1]),
            ("sent reply", [1]),
            ("reply", [1]),
            ("resolved", [2]),
            ("opened or resolved", []),
            ("conversation opened", [0]),
            ("' | 'refunded", [2]),
            ("!refunded", [2]),
            ("nowhere", []),
        ],
    )
    def test_finds_entries_with_every_word_wherever_it_stands(self, entries, typed, expected):
        assert found(typed) == [entries[index] for index in expected]

    def test_takes_the_last_word_for_unfinished_once_it_says_something(self, entries):
        assert found("wi") == []
        assert found("wid") == [entries[0]]
        assert found("cust-lin w") == [entries[0]]
        assert found("wid cust-lin") == []

    def test_looks_words_up_in_their_index(self, entries):
        words = read_words("northbeam refund", labels=LABELS)
        # So small a table is read as a whole otherwise.
        execute("SET LOCAL enable_seqscan = off")
        with looking_up():
            plan = holding(AuditEntry.objects.all(), words).order_by(*NEWEST_FIRST)[:51].explain()
        assert "cl_audit_words" in plan


class TestAreFrequent:
    def test_knows_from_the_statistics_which_words_stand_in_very_many_entries(self, monkeypatch):
        monkeypatch.setattr(searching, "FREQUENT_PLACES", 20)
        for number in range(40):
            record("conversation.replied", by=ADA, subject=f"conversation:{number}", reason="Paid" * (number % 2))
        record("conversation.opened", by=ADA, subject="conversation:1", reason="Once")
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE cairnloop_auditentry")

        def is_frequent(typed: str) -> bool:
            return are_frequent(read_words(typed, labels=LABELS))

        assert is_frequent("sent")
        assert is_frequent("conversation.replied conversation.re")
        assert not is_frequent("")
        assert not is_frequent("paid")
        assert not is_frequent("sent once")
        assert not is_frequent("nowhere")
