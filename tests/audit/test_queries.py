from __future__ import annotations

import pytest

from cairnloop.audit.queries import list_entries, newest_seal
from cairnloop.audit.recording import record
from cairnloop.audit.sealing import seal
from cairnloop.models import AuditSeal
from tests.audit.support import ADA, Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries():
    """Five entries, oldest first."""
    billing = Actor.system("billing")
    return [
        record("conversation.opened", by=billing, subject="conversation:1", evidence={"channel": "widget"}),
        record("conversation.opened", by=ADA, subject="conversation:2", evidence={"channel": "email"}),
        record("conversation.replied", by=ADA, subject="conversation:1", evidence={"sequence": 2}),
        record("conversation.resolved", by=ADA, subject="conversation:1", reason="100% refunded"),
        record("conversation.resolved", by=billing, subject="conversation:2", reason="Paid"),
    ]


class TestListEntries:
    def test_gives_the_newest_first(self, entries):
        assert list_entries() == entries[::-1]

    def test_pages_by_the_last_id_seen_while_new_entries_arrive(self, entries):
        page = list_entries(limit=2)
        record("conversation.opened", by=ADA, subject="conversation:3")
        following = list_entries(limit=2, before_id=page[-1].pk)

        assert page == [entries[4], entries[3]]
        assert following == [entries[2], entries[1]]
        assert list_entries(before_id=entries[0].pk) == []

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"subject": "conversation:2"}, [4, 1]),
            ({"action": "conversation.opened"}, [1, 0]),
            ({"actor_ref": "billing"}, [4, 0]),
            ({"subject": "conversation:1", "actor_ref": "7", "action": "conversation.replied"}, [2]),
            ({"subject": "conversation:9"}, []),
            ({"text": "REFUND"}, [3]),
            ({"text": "100%"}, [3]),
            ({"text": "%"}, [3]),
            ({"text": "email"}, [1]),
            ({"text": "billing"}, [4, 0]),
            ({"text": "replied"}, [2]),
            ({"text": "conversation:2"}, [4, 1]),
            ({"text": "resolved", "actor_ref": "7"}, [3]),
            ({"text": ""}, [4, 3, 2, 1, 0]),
        ],
    )
    def test_finds_by_what_is_known(self, entries, filters, expected):
        assert list_entries(**filters) == [entries[index] for index in expected]

    def test_takes_one_query(self, entries, django_assert_num_queries):
        with django_assert_num_queries(1):
            list_entries(text="refund", actor_ref="7")


class TestNewestSeal:
    def test_is_the_last_one_or_none(self, now):
        assert newest_seal() is None
        for number in (1, 2):
            record("conversation.opened", by=ADA, subject=f"conversation:{number}")
            seal(now=now)
        assert newest_seal() == AuditSeal.objects.get(number=2)
