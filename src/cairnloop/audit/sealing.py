"""Sealing the heads of the streams, so that a removed tail or a removed stream cannot go unnoticed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection

from cairnloop.audit.chaining import seal_digest
from cairnloop.audit.models import AuditEntry, AuditSeal
from cairnloop.core.transactions import command

HEADS_PER_SEAL = 1_000
CLOCK_TOLERANCE = timedelta(hours=1)
"""How far the clocks of the host and its database may disagree without an entry escaping its seal."""

Head = tuple[str, int, str]


@command
def seal(*, now: datetime) -> int:
    """Seal every stream that grew since the seal before, and return how many did; safe to run twice.

    Entries whose transaction was still open at the last seal are found by the next one: each seal notes since
    when transactions were open. No writer of entries waits for this; a second sealer waits for the first.
    """
    _wait_for_other_sealers()
    complete_through = settled_before(now)
    previous = AuditSeal.objects.order_by("-number").first()
    since = previous.complete_through - CLOCK_TOLERANCE if previous else None
    heads = _unsealed_heads(since)
    sealed = 0
    while batch := list(islice(heads, HEADS_PER_SEAL)):
        _append_seal(batch, now=now, complete_through=complete_through)
        sealed += len(batch)
    return sealed


def settled_before(now: datetime) -> datetime:
    """Return the moment before which nothing can appear any more: no transaction that is open began earlier."""
    return min(now, _oldest_open_transaction())


def _append_seal(batch: list[Head], *, now: datetime, complete_through: datetime) -> None:
    heads = {stream: [position, head_hash] for stream, position, head_hash in batch}
    AuditSeal.objects.create(
        sealed_at=now,
        complete_through=complete_through,
        heads=heads,
        digest=seal_digest(sealed_at=now, complete_through=complete_through, heads=heads),
    )


def _unsealed_heads(since: datetime | None) -> Iterator[Head]:
    entries = AuditEntry.objects.all()
    already: dict[str, int] = {}
    if since is not None:
        entries = entries.filter(recorded_at__gte=since)
        already = _sealed_positions(since)
    heads = entries.order_by("stream", "-position").distinct("stream").values_list("stream", "position", "hash")
    for stream, position, head_hash in heads.iterator():
        if position > already.get(stream, 0):
            yield stream, position, head_hash


def _sealed_positions(since: datetime) -> dict[str, int]:
    positions: dict[str, int] = {}
    recent = AuditSeal.objects.filter(sealed_at__gte=since).order_by("number").values_list("heads", flat=True)
    for heads in recent.iterator():
        positions.update({stream: position for stream, (position, _) in heads.items()})
    return positions


def _wait_for_other_sealers() -> None:
    # The lock of the seals' trigger, taken early: a second sealer then reads what the first one sealed.
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(AuditSeal._meta.db_table)
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('seals', %s::regclass::oid::bigint))", [table])


def _oldest_open_transaction() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT least(clock_timestamp(), min(xact_start)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        moment: datetime = cursor.fetchone()[0]
    return moment
