"""Writers of one stream take turns; writers of different streams never meet. Locks prove it, not clocks."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.audit.sealing import seal
from cairnloop.audit.stored_trail import verify_stored_trail
from cairnloop.core.transactions import command
from cairnloop.models import AuditEntry, AuditSeal
from tests.audit.support import ADA, execute, record_committed, writers

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8
EACH = 25


def positions(subject: str) -> list[int]:
    return list(AuditEntry.objects.filter(stream=subject).order_by("position").values_list("position", flat=True))


def record_unless_it_must_wait(subject: str) -> AuditEntry:
    """Record in a transaction of its own that gives up rather than wait for anybody's lock."""
    with transaction.atomic():
        execute("SET LOCAL lock_timeout = '300ms'")
        return record("conversation.replied", by=ADA, subject=subject)


def wait_until_somebody_waits_for_a_stream() -> None:
    for _ in range(1_000):
        if execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            return
        time.sleep(0.01)
    raise AssertionError("Nobody came to wait.")


@contextmanager
def somebody_recording(subject: str) -> Iterator[AuditEntry]:
    """Somebody who has recorded and whose transaction stays open for the length of the block."""
    with transaction.atomic():
        yield record("conversation.replied", by=ADA, subject=subject)


class TestWritersOfDifferentStreams:
    def test_do_not_wait_for_each_other(self):
        with writers(1) as start, somebody_recording("conversation:1"):
            other = start(record_unless_it_must_wait, "conversation:2").result()
            committed = start(positions, "conversation:2").result()

        assert (other.position, committed) == (1, [1])

    def test_keep_a_gapless_chain_each(self):
        subjects = [f"conversation:{number}" for number in range(20)]
        ready = threading.Barrier(WRITERS)

        def write(seed: int) -> None:
            order = random.Random(seed).choices(subjects, k=EACH * 2)
            ready.wait()
            for subject in order:
                record_committed(subject, evidence={"writer": seed})

        with writers(WRITERS) as start:
            for running in [start(write, seed) for seed in range(WRITERS)]:
                running.result()

        for subject in subjects:
            assert positions(subject) == list(range(1, len(positions(subject)) + 1))
        verification = verify_stored_trail()
        assert (verification.flaw, verification.entries) == (None, WRITERS * EACH * 2)


class TestWritersOfOneStream:
    def test_wait_until_the_one_before_has_ended(self):
        with writers(1) as start, somebody_recording("conversation:1"):
            impatient = start(record_unless_it_must_wait, "conversation:1")
            assert isinstance(impatient.exception(), OperationalError)
            assert "lock timeout" in str(impatient.exception())

        assert record_unless_it_must_wait("conversation:1").position == 2

    def test_follow_the_entry_that_was_committed_while_they_waited(self):
        with writers(1) as start:
            with somebody_recording("conversation:1") as first:
                waiting = start(record_committed, "conversation:1")
                wait_until_somebody_waits_for_a_stream()
            second = waiting.result()

        assert (second.position, second.previous_hash) == (2, first.hash)

    def test_take_the_place_of_an_entry_that_was_rolled_back_while_they_waited(self):
        with writers(1) as start:
            with pytest.raises(LookupError), somebody_recording("conversation:1"):
                waiting = start(record_committed, "conversation:1")
                wait_until_somebody_waits_for_a_stream()
                raise LookupError
            following = waiting.result()

        assert following.position == 1
        assert verify_stored_trail().is_intact

    def test_keep_one_gapless_chain_even_where_some_roll_back(self):
        ready = threading.Barrier(WRITERS)

        @command
        def record_then_fail() -> None:
            record("conversation.replied", by=ADA, subject="conversation:1")
            raise LookupError

        def write(seed: int) -> None:
            ready.wait()
            for number in range(EACH):
                record_committed("conversation:1", evidence={"writer": seed, "number": number})
                with pytest.raises(LookupError):
                    record_then_fail()

        with writers(WRITERS) as start:
            for running in [start(write, seed) for seed in range(WRITERS)]:
                running.result()

        assert positions("conversation:1") == list(range(1, WRITERS * EACH + 1))
        verification = verify_stored_trail()
        assert (verification.flaw, verification.entries) == (None, WRITERS * EACH)

    def test_cannot_fork_the_chain_under_a_stricter_isolation_level(self):
        def record_from_an_old_snapshot(snapshot_taken: threading.Event, go_on: threading.Event) -> None:
            with transaction.atomic():
                execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                AuditEntry.objects.count()
                snapshot_taken.set()
                go_on.wait()
                record("conversation.replied", by=ADA, subject="conversation:1")

        record_committed("conversation:1")
        taken, go_on = threading.Event(), threading.Event()
        with writers(1) as start:
            late = start(record_from_an_old_snapshot, taken, go_on)
            taken.wait()
            record_committed("conversation:1")
            go_on.set()
            with pytest.raises((IntegrityError, OperationalError)):
                late.result()

        assert positions("conversation:1") == [1, 2]
        assert verify_stored_trail().is_intact


class TestSealingAmongWriters:
    def test_no_writer_waits_for_the_sealer(self):
        record_committed("conversation:1")
        with writers(1) as start, transaction.atomic():
            seal(now=timezone.now())
            again = start(record_unless_it_must_wait, "conversation:1").result()
            other = start(record_unless_it_must_wait, "conversation:2").result()

        assert (again.position, other.position) == (2, 1)

    def test_the_sealer_waits_for_no_writer_and_finds_the_entry_later(self):
        record_committed("conversation:2")
        with writers(1) as start:
            with somebody_recording("conversation:1") as unseen:
                [(open_since,)] = execute("SELECT now()")
                execute("SELECT 1")
                assert start(seal_unless_it_must_wait).result() == 1
            assert AuditSeal.objects.get().complete_through <= open_since
            assert seal(now=timezone.now()) == 1

        assert AuditSeal.objects.get(number=2).heads == {"conversation:1": [1, unseen.hash]}
        verification = verify_stored_trail()
        assert (verification.flaw, verification.seals, verification.unsealed) == (None, 2, 0)

    def test_two_sealers_seal_every_head_once(self):
        for number in range(10):
            record_committed(f"conversation:{number}")
        ready = threading.Barrier(2)

        def seal_together() -> int:
            ready.wait()
            return seal(now=timezone.now())

        with writers(2) as start:
            sealed = [running.result() for running in [start(seal_together), start(seal_together)]]

        assert sorted(sealed) == [0, 10]
        assert AuditSeal.objects.count() == 1

    def test_verifying_while_others_record_and_seal_finds_no_fault(self):
        stop = threading.Event()

        def write(seed: int) -> None:
            for number in range(EACH * 2):
                record_committed(f"conversation:{number % 5}", evidence={"writer": seed})

        def keep_sealing() -> None:
            while not stop.is_set():
                seal(now=timezone.now())

        with writers(4) as start:
            running = [start(write, seed) for seed in range(2)]
            sealing = start(keep_sealing)
            findings = []
            while not all(writing.done() for writing in running):
                findings.append(verify_stored_trail().flaw)
            stop.set()
            for ended in [*running, sealing]:
                ended.result()

        assert set(findings) <= {None}
        assert findings
        assert verify_stored_trail().flaw is None


def seal_unless_it_must_wait() -> int:
    with transaction.atomic():
        execute("SET LOCAL lock_timeout = '300ms'")
        return seal(now=timezone.now())


def test_the_connections_used_here_read_what_was_committed():
    """The default isolation level, on which taking turns rests."""
    assert execute("SHOW transaction_isolation") == [("read committed",)]
    assert connection.get_autocommit()
