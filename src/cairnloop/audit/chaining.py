"""How entries and seals are bound together: the same bytes from a row, an export and an auditor's own tool.

Everything is SHA-256 in lower-case hex. Three steps, all of which a few lines in any language can repeat:

- canonical content: UTF-8 JSON with sorted keys, no spaces, and non-ASCII characters written as they are;
- digest: `sha256("cairnloop.audit.entry.v1" LF content)`, made by the writer;
- hash: `sha256("cairnloop.audit.link.v1" LF position LF previous hash LF digest LF name of the chain)`, made
  by the database trigger, which also sets position and previous hash.

The name comes last because only it may hold any character; every other part has a closed alphabet, so no two
different links share their bytes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FIRST_PREVIOUS_HASH = "0" * 64
"""What the first link of every chain points at."""

canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False).encode
quoted = json.encoder.encode_basestring

SEAL_CHAIN = "seals"
"""The name of the chain the seals form. A stream always has a colon in it, so none can be called this."""


@dataclass(slots=True)
class ChainedEntry:
    """An audit entry as stored, free of the database."""

    # Not frozen: a million are made, and that would take twice as long.

    id: int
    stream: str
    position: int
    action: str
    actor_kind: str
    actor_ref: str
    reason: str
    evidence: Any
    recorded_at: datetime | str
    """A moment, or how `instant` spells it."""
    digest: str
    previous_hash: str
    hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainedSeal:
    """A seal as stored, free of the database."""

    number: int
    sealed_at: datetime
    complete_through: datetime
    heads: Any
    digest: str
    previous_hash: str
    hash: str


def entry_digest(
    *,
    stream: str,
    action: str,
    actor_kind: str,
    actor_ref: str,
    reason: str,
    evidence: Any,
    recorded_at: datetime | str,
) -> str:
    """Return the digest of what an entry says, whatever its place in the chain."""
    # What json.dumps makes of these keys, put together here: a million digests take half as long.
    return _sha256(
        f'cairnloop.audit.entry.v1\n{{"action":{quoted(action)},"actor_kind":{quoted(actor_kind)},'
        f'"actor_ref":{quoted(actor_ref)},"evidence":{canonical(evidence)},"reason":{quoted(reason)},'
        f'"recorded_at":"{instant(recorded_at)}","stream":{quoted(stream)}}}'
    )


def seal_digest(*, sealed_at: datetime, complete_through: datetime, heads: Any) -> str:
    """Return the digest of what a seal says, whatever its number."""
    said = {"sealed_at": instant(sealed_at), "complete_through": instant(complete_through), "heads": heads}
    return _sha256(f"cairnloop.audit.seal.v1\n{canonical(said)}")


def link_hash(*, chain: str, position: int, previous_hash: str, digest: str) -> str:
    """Return the hash of one link, as the database trigger computes it."""
    return _sha256(f"cairnloop.audit.link.v1\n{position}\n{previous_hash}\n{digest}\n{chain}")


def instant(moment: datetime | str) -> str:
    """Return a moment as it is hashed and exported: UTC, always with microseconds. One that is spelled so stays."""
    if isinstance(moment, str):
        return moment
    at_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return at_utc.isoformat(timespec="microseconds")


def _sha256(text: str) -> str:
    # A forged export may hold lone surrogates: they must give a wrong hash, not a crash.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
