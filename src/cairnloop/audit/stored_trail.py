"""The trail as it stands in this database: read row by row, and verified."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Cast

from cairnloop.audit.chaining import ChainedEntry, ChainedSeal
from cairnloop.audit.flaws import Flaw, Verification
from cairnloop.audit.models import AuditEntry, AuditSeal
from cairnloop.audit.verifying import flaw_of, verify_trail
from cairnloop.core.transactions import command

ENTRY_COLUMNS = [field.name for field in fields(ChainedEntry)]
READ_COLUMNS = [{"evidence": "details", "recorded_at": "moment"}.get(name, name) for name in ENTRY_COLUMNS]
SEAL_COLUMNS = [field.name for field in fields(ChainedSeal)]

MOMENT = Func(
    Func(Value("UTC"), F("recorded_at"), function="timezone"),
    Value('YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    function="to_char",
    output_field=TextField(),
)
# What PostgreSQL writes has no space around it, which `json.loads` looks for.
_parsed = json.JSONDecoder().raw_decode


@command
def verify_stored_trail(*, seal_hash: str | None = None, stream: str | None = None) -> Verification:
    """Verify this database's trail, while others keep recording; see `verify_trail`.

    One transaction, because only there PostgreSQL hands a cursor's rows out as they are read.
    """
    return verify_trail(seals=stored_seals(), entries=stored_entries(stream=stream), seal_hash=seal_hash, stream=stream)


@command
def verify_next_seal(*, after: tuple[int, str]) -> Verification:
    """Verify the seal behind one that was verified before, and every stream it names from its beginning.

    `after` is the number and hash of that one. Without a later seal nothing is read, and the verification says so.
    """
    seals = list(stored_seals(behind=after[0], limit=1))
    named = [head for seal in seals if isinstance(seal.heads, dict) for head in seal.heads]
    return verify_trail(seals=seals, entries=stored_entries(streams=named), after=after)


def stored_seals(*, behind: int = 0, limit: int | None = None) -> Iterator[ChainedSeal]:
    """Yield the seals behind a number. Read seals before entries: then no entry that a seal names is missing."""
    # A seal may hold a thousand heads: few rows at a time.
    for row in (
        AuditSeal.objects.filter(number__gt=behind)
        .order_by("number")[:limit]
        .values_list(*SEAL_COLUMNS)
        .iterator(chunk_size=20)
    ):
        yield ChainedSeal(**dict(zip(SEAL_COLUMNS, row, strict=True)))


def stored_entries(*, stream: str | None = None, streams: Sequence[str] | None = None) -> Iterator[ChainedEntry]:
    """Yield every entry, or those of one stream or some, by stream and position."""
    entries = AuditEntry.objects.order_by("stream", "position")
    if stream is not None:
        entries = entries.filter(stream=stream)
    if streams is not None:
        entries = entries.filter(stream__in=streams)
    # As text, and read here: the driver's and the ORM's own ways take twice as long for the whole row.
    said = entries.annotate(moment=MOMENT, details=Cast("evidence", TextField())).values_list(*READ_COLUMNS)
    for *before, evidence, moment, digest, previous_hash, own_hash in said.iterator(chunk_size=2_000):
        row: list[Any] = [*before, _parsed(evidence)[0], moment or "", digest, previous_hash, own_hash]
        yield ChainedEntry(*row)


def chained(entry: AuditEntry) -> ChainedEntry:
    """Return an entry free of the database."""
    return ChainedEntry(**{name: getattr(entry, name) for name in ENTRY_COLUMNS})


def flaw_of_entry(entry: AuditEntry) -> Flaw | None:
    """Return what is wrong with one entry: with what it says, or with its link to the entry before it."""
    before = AuditEntry.objects.filter(stream=entry.stream, position=entry.position - 1).first()
    return flaw_of(chained(entry), before=chained(before) if before else None)
