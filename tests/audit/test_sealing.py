from __future__ import annotations

from datetime import timedelta

import pytest

from cairnloop.audit.chaining import FIRST_PREVIOUS_HASH
from cairnloop.audit.recording import record
from cairnloop.audit.sealing import HEADS_PER_SEAL, seal
from cairnloop.audit.stored_trail import verify_stored_trail
from cairnloop.models import AuditSeal
from tests.audit.support import ADA, execute

pytestmark = pytest.mark.django_db


def grow(*subjects: str) -> dict[str, list[object]]:
    """Record once to each subject and return their heads as a seal says them."""
    entries = [record("conversation.replied", by=ADA, subject=subject) for subject in subjects]
    return {entry.stream: [entry.position, entry.hash] for entry in entries}


class TestSeal:
    def test_names_the_head_of_every_stream(self, now):
        grow("conversation:1")
        heads = grow("conversation:1", "conversation:2")

        assert seal(now=now) == 2

        newest = AuditSeal.objects.get()
        assert (newest.number, newest.previous_hash, newest.sealed_at) == (1, FIRST_PREVIOUS_HASH, now)
        assert newest.heads == heads

    def test_names_only_what_grew_since_and_follows_from_the_seal_before(self, now):
        grow("conversation:1", "conversation:2")
        seal(now=now)
        heads = grow("conversation:2", "conversation:3")

        assert seal(now=now + timedelta(minutes=5)) == 2

        first, second = AuditSeal.objects.order_by("number")
        assert (second.number, second.previous_hash) == (2, first.hash)
        assert second.heads == heads

    def test_writes_nothing_when_nothing_grew(self, now):
        assert seal(now=now) == 0
        grow("conversation:1")
        assert seal(now=now) == 1
        assert seal(now=now) == 0
        assert seal(now=now + timedelta(minutes=5)) == 0
        assert AuditSeal.objects.count() == 1

    def test_goes_on_where_it_left_off_after_a_long_silence(self, now):
        grow("conversation:1")
        seal(now=now - timedelta(days=30))
        heads = grow("conversation:1")

        assert seal(now=now) == 1
        assert AuditSeal.objects.get(number=2).heads == heads

    def test_keeps_each_seal_bounded(self, now):
        execute(
            "INSERT INTO cairnloop_auditentry (stream, action, actor_kind, actor_ref, reason, evidence,"
            " recorded_at, digest) SELECT 'probe:' || number, 'probe.taken', 'system', 'test', '', '{}',"
            " now(), repeat('0', 64) FROM generate_series(1, %s) AS number",
            HEADS_PER_SEAL + 1,
        )

        assert seal(now=now) == HEADS_PER_SEAL + 1

        sizes = [len(heads) for heads in AuditSeal.objects.order_by("number").values_list("heads", flat=True)]
        assert sizes == [HEADS_PER_SEAL, 1]
        assert seal(now=now) == 0

    def test_leaves_a_trail_that_verifies(self, now):
        for minutes in range(3):
            grow("conversation:1", "conversation:2")
            seal(now=now + timedelta(minutes=minutes))
        grow("conversation:2")

        verification = verify_stored_trail()
        assert verification.flaw is None
        assert (verification.seals, verification.streams) == (3, 2)
        assert (verification.entries, verification.unsealed) == (7, 1)
