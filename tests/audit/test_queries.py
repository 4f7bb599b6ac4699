from __future__ import annotations

from datetime import timedelta

import pytest

from cairnloop.audit.queries import NEWEST_FIRST, EntryFilter, filter_entries, newest_seal
from cairnloop.audit.recording import record
from cairnloop.audit.sealing import seal
from cairnloop.models import AuditSeal
from tests.audit.support import ADA, Actor, execute

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries():
    """Five entries, oldest first."""
    billing = Actor.system("billing")
    return [
        record("conversation.opened", by=billing, subject="conversation:1"),
        record("conversation.opened", by=ADA, subject="conversation:2"),
        record("draft.approved", by=ADA, subject="draft:1"),
        record("conversation.resolved", by=Actor.customer("7"), subject="conversation:1"),
        record("knowledge_base.article.created", by=billing, subject="article:2"),
    ]


class TestFilterEntries:
    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({}, [0, 1, 2, 3, 4]),
            ({"subject": "conversation:1"}, [0, 3]),
            ({"subject": "conversation:9"}, []),
            ({"subject_kind": "conversation"}, [0, 1, 3]),
            ({"action": "conversation.opened"}, [0, 1]),
            ({"groups": ("draft",)}, [2]),
            ({"groups": ("draft", "knowledge_base")}, [2, 4]),
            ({"actor_ref": "7"}, [1, 2, 3]),
            ({"actor_ref": "7", "actor_kind": "customer"}, [3]),
            ({"actor_ref": "7", "groups": ("conversation",), "subject_kind": "conversation"}, [1, 3]),
        ],
    )
    def test_narrows_to_what_matches_everything_given(self, entries, wanted, expected):
        found = filter_entries(EntryFilter(**wanted)).order_by("id")
        assert list(found) == [entries[index] for index in expected]

    def test_includes_the_first_moment_and_not_the_last(self, entries):
        since, before = entries[1].recorded_at, entries[3].recorded_at
        found = filter_entries(EntryFilter(since=since, before=before)).order_by("id")
        assert list(found) == entries[1:3]
        assert not filter_entries(EntryFilter(since=entries[4].recorded_at + timedelta(microseconds=1)))

    @pytest.mark.parametrize(
        ("wanted", "index"),
        [
            ({}, "cairnloop_audit_recent"),
            ({"actor_ref": "7"}, "cl_audit_actor"),
            ({"action": "conversation.opened"}, "cl_audit_action"),
            ({"groups": ("conversation",)}, "cl_audit_action_group"),
            ({"subject_kind": "conversation"}, "cl_audit_subject_kind"),
        ],
    )
    def test_reads_each_filter_in_the_order_of_an_index(self, entries, wanted, index):
        # Of so few entries a filter leaves most, and any way through them is cheap; of a million it is not.
        for other in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            execute(f"SET LOCAL enable_{other} = off")
        if index != "cairnloop_audit_recent":
            execute("DROP INDEX cairnloop_audit_recent")
        plan = filter_entries(EntryFilter(**wanted)).order_by(*NEWEST_FIRST)[:51].explain()
        assert f"using {index} " in plan
        assert "Sort" not in plan


class TestNewestSeal:
    def test_is_the_last_one_or_none(self, now):
        assert newest_seal() is None
        for number in (1, 2):
            record("conversation.opened", by=ADA, subject=f"conversation:{number}")
            seal(now=now)
        assert newest_seal() == AuditSeal.objects.get(number=2)
