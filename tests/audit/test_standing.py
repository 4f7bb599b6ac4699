from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cairnloop.audit.recording import record
from cairnloop.audit.sealing import seal
from cairnloop.audit.standing import last_verification, seal_and_verify, verify_all
from cairnloop.models import AuditEntry, AuditSeal, AuditVerification
from tests.audit.support import ADA, tamper

pytestmark = pytest.mark.django_db


def grow(*streams: int) -> None:
    for number in streams:
        record("conversation.replied", by=ADA, subject=f"conversation:{number}")


def verified() -> AuditVerification:
    found = last_verification()
    assert found is not None
    return found


@pytest.fixture
def watched(now: datetime) -> None:
    """Two seals over two streams, verified as they grew."""
    grow(1, 1, 2)
    seal_and_verify(now=now)
    grow(2)
    seal_and_verify(now=now + timedelta(minutes=5))


class TestSealAndVerify:
    def test_reads_everything_the_first_time(self, now):
        assert last_verification() is None
        grow(1, 2, 2)
        seal_and_verify(now=now)
        assert (verified().entries, verified().seal_number, verified().flaw) == (3, 1, None)
        assert verified().read_at == now
        assert verified().seal_hash == AuditSeal.objects.get().hash

    @pytest.mark.usefixtures("watched")
    def test_goes_on_behind_the_last_seal_then(self, now):
        assert (verified().seal_number, verified().verified_at) == (2, now + timedelta(minutes=5))
        assert (verified().entries, verified().read_at) == (3, now)
        assert verified().flaw is None

    @pytest.mark.usefixtures("watched")
    def test_promises_nothing_beyond_now(self, now):
        assert now <= verified().verified_through <= now + timedelta(minutes=5)
        seal_and_verify(now=now + timedelta(minutes=10))
        assert verified().verified_at == now + timedelta(minutes=10)
        assert verified().seal_number == 2

    @pytest.mark.usefixtures("watched")
    def test_names_what_is_wrong_in_a_stream_that_grew(self, now):
        first = AuditEntry.objects.get(stream="conversation:1", position=1)
        tamper("UPDATE cairnloop_auditentry SET reason = 'x' WHERE id = %s", first.pk)
        grow(1)
        seal_and_verify(now=now + timedelta(minutes=10))
        assert verified().flaw["entry_id"] == first.pk
        entry = AuditEntry.objects.get(action="audit.flaw_found")
        assert entry.evidence == {
            "fault": "content changed",
            "position": 1,
            "entry_id": first.pk,
            "seal_number": None,
        }

    @pytest.mark.usefixtures("watched")
    def test_costs_what_grew_and_not_what_there_is(self, now):
        tamper("UPDATE cairnloop_auditentry SET reason = 'x' WHERE stream = 'conversation:1'")
        grow(2)
        seal_and_verify(now=now + timedelta(minutes=10))
        # What did not grow is read once a day.
        assert verified().flaw is None
        verify_all(now=now + timedelta(hours=1))
        assert verified().flaw["stream"] == "conversation:1"

    @pytest.mark.usefixtures("watched")
    @pytest.mark.parametrize(
        "damage", ["DELETE FROM cairnloop_auditseal", "UPDATE cairnloop_auditseal SET hash = digest"]
    )
    def test_misses_the_seal_it_goes_on_from(self, now, damage):
        tamper(f"{damage} WHERE number = 2")
        seal_and_verify(now=now + timedelta(minutes=10))
        assert (verified().flaw["fault"], verified().flaw["seal_number"]) == ("seal missing", 2)

    @pytest.mark.usefixtures("watched")
    def test_does_not_forget_a_flaw_before_everything_was_read_without_one(self, now):
        tamper("UPDATE cairnloop_auditentry SET reason = 'x' WHERE stream = 'conversation:1' AND position = 2")
        verify_all(now=now + timedelta(minutes=10))
        tamper("UPDATE cairnloop_auditentry SET reason = '' WHERE stream = 'conversation:1' AND position = 2")
        grow(2)
        seal_and_verify(now=now + timedelta(minutes=15))
        assert verified().flaw["position"] == 2
        verify_all(now=now + timedelta(minutes=20))
        assert verified().flaw is None

    @pytest.mark.usefixtures("watched")
    def test_records_each_flaw_once(self, now):
        tamper("DELETE FROM cairnloop_auditentry WHERE stream = 'conversation:1' AND position = 1")
        for minutes in (10, 15):
            verify_all(now=now + timedelta(minutes=minutes))
        assert AuditEntry.objects.filter(action="audit.flaw_found").count() == 1

    def test_verifies_many_seals_of_one_sealing(self, now, monkeypatch):
        monkeypatch.setattr("cairnloop.audit.sealing.HEADS_PER_SEAL", 2)
        grow(0)
        seal_and_verify(now=now)
        grow(*range(1, 8))
        tamper("DELETE FROM cairnloop_auditentry WHERE stream = 'conversation:7'")
        seal(now=now + timedelta(minutes=1))
        grow(8)
        seal_and_verify(now=now + timedelta(minutes=5))
        assert verified().flaw is None
        assert verified().seal_number == AuditSeal.objects.count() > 3
