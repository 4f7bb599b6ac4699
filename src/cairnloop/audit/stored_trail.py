"""The trail as it stands in this database: read row by row, and verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from cairnloop.audit.chaining import ChainedEntry, ChainedSeal
from cairnloop.audit.flaws import Verification
from cairnloop.audit.models import AuditEntry, AuditSeal
from cairnloop.audit.verifying import verify_trail
from cairnloop.core.transactions import command

ENTRY_COLUMNS = [field.name for field in fields(ChainedEntry)]
SEAL_COLUMNS = [field.name for field in fields(ChainedSeal)]


@command
def verify_stored_trail(*, seal_hash: str | None = None, stream: str | None = None) -> Verification:
    """Verify this database's trail, while others keep recording; see `verify_trail`.

    One transaction, because only there PostgreSQL hands a cursor's rows out as they are read.
    """
    return verify_trail(seals=stored_seals(), entries=stored_entries(stream=stream), seal_hash=seal_hash, stream=stream)


def stored_seals() -> Iterator[ChainedSeal]:
    """Yield every seal by number. Read seals before entries: then no entry a seal names is missing."""
    # A seal may hold a thousand heads: few rows at a time.
    for row in AuditSeal.objects.order_by("number").values_list(*SEAL_COLUMNS).iterator(chunk_size=20):
        yield ChainedSeal(**dict(zip(SEAL_COLUMNS, row, strict=True)))


def stored_entries(*, stream: str | None = None) -> Iterator[ChainedEntry]:
    """Yield every entry, or those of one stream, by stream and position."""
    entries = AuditEntry.objects.order_by("stream", "position")
    if stream is not None:
        entries = entries.filter(stream=stream)
    for row in entries.values_list(*ENTRY_COLUMNS).iterator(chunk_size=2_000):
        yield ChainedEntry(**dict(zip(ENTRY_COLUMNS, row, strict=True)))
