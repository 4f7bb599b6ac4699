from __future__ import annotations

from typing import ClassVar

import pytest
from django.contrib.auth.models import Group

from cairnloop.audit.chaining import FIRST_PREVIOUS_HASH
from cairnloop.audit.recording import RecordedOutsideTransaction, record
from cairnloop.core.transactions import command
from cairnloop.hooks.auditor import AuditFacts
from cairnloop.models import AuditEntry
from tests.audit.support import ADA, record_committed


class KeepingAuditor:
    """A host that keeps a copy."""

    kept: ClassVar[list[AuditFacts]] = []

    def record(self, *, entry: AuditFacts) -> None:
        self.kept.append(entry)


class RefusingAuditor:
    """A host whose own record is down."""

    def record(self, *, entry: AuditFacts) -> None:
        raise ConnectionError("the archive does not answer")


@command
def rename_group_on_record(group: Group) -> None:
    """Change a row, attest it."""
    Group.objects.filter(pk=group.pk).update(name="after")
    record("group.renamed", by=ADA, subject=f"group:{group.pk}")


@pytest.mark.django_db
class TestRecord:
    def test_says_who_did_what_to_which_subject_why_and_on_what_evidence(self):
        written = record(
            "conversation.resolved",
            by=ADA,
            subject="conversation:42",
            reason="Refund confirmed",
            evidence={"sequence": 9, "seen": [7, 8], "final": True, "rating": None, "channel": "widget"},
        )

        entry = AuditEntry.objects.get()
        assert entry.pk == written.pk
        assert (entry.action, entry.stream, entry.reason) == (
            "conversation.resolved",
            "conversation:42",
            "Refund confirmed",
        )
        assert (entry.actor_kind, entry.actor_ref) == ("operator", "7")
        assert entry.evidence == {
            "sequence": 9,
            "seen": [7, 8],
            "final": True,
            "rating": None,
            "channel": "widget",
        }
        assert entry.recorded_at == written.recorded_at

    def test_never_holds_the_actors_name(self):
        record("conversation.replied", by=ADA, subject="conversation:42")

        values = AuditEntry.objects.values_list().get()
        assert not [value for value in values if "Brandt" in str(value)]

    def test_takes_one_query_and_knows_its_place_in_the_chain(self, django_assert_num_queries):
        first = record("conversation.opened", by=ADA, subject="conversation:42")
        with django_assert_num_queries(1):
            second = record("conversation.replied", by=ADA, subject="conversation:42")
        other = record("conversation.opened", by=ADA, subject="conversation:43")

        assert (first.position, first.previous_hash) == (1, FIRST_PREVIOUS_HASH)
        assert (second.position, second.previous_hash) == (2, first.hash)
        assert (other.position, other.previous_hash) == (1, FIRST_PREVIOUS_HASH)
        stored = AuditEntry.objects.values_list("position", "previous_hash", "hash").get(pk=second.pk)
        assert stored == (second.position, second.previous_hash, second.hash)

    def test_tells_the_hosts_auditor_what_was_written(self, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "AUDITOR": "tests.audit.test_recording.KeepingAuditor"}
        KeepingAuditor.kept.clear()

        entry = record(
            "conversation.resolved",
            by=ADA,
            subject="conversation:42",
            reason="Done",
            evidence={"sequence": 9},
        )

        assert KeepingAuditor.kept == [
            AuditFacts(
                action="conversation.resolved",
                actor_kind="operator",
                actor_ref="7",
                subject="conversation:42",
                reason="Done",
                evidence={"sequence": 9},
                recorded_at=entry.recorded_at,
                hash=entry.hash,
            )
        ]


@pytest.mark.django_db(transaction=True)
class TestRecordAndItsTransaction:
    def test_refuses_outside_a_transaction(self):
        with pytest.raises(RecordedOutsideTransaction, match="inside a command"):
            record("conversation.replied", by=ADA, subject="conversation:42")

        assert not AuditEntry.objects.exists()

    def test_leaves_no_entry_and_no_gap_behind_a_rollback(self):
        @command
        def record_then_fail() -> None:
            record("conversation.replied", by=ADA, subject="conversation:42")
            raise LookupError

        first = record_committed("conversation:42")
        with pytest.raises(LookupError):
            record_then_fail()
        second = record_committed("conversation:42")

        assert (second.position, second.previous_hash) == (2, first.hash)
        assert AuditEntry.objects.count() == 2

    def test_rolls_everything_back_when_the_hosts_auditor_raises(self, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "AUDITOR": "tests.audit.test_recording.RefusingAuditor"}
        group = Group.objects.create(name="before")

        with pytest.raises(ConnectionError):
            rename_group_on_record(group)

        assert Group.objects.get(pk=group.pk).name == "before"
        assert not AuditEntry.objects.exists()
