"""Verifying the trail from its rows alone: no Django, no PostgreSQL, little memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from cairnloop.audit.chaining import (
    FIRST_PREVIOUS_HASH,
    SEAL_CHAIN,
    ChainedEntry,
    ChainedSeal,
    entry_digest,
    link_hash,
    seal_digest,
)
from cairnloop.audit.flaws import Fault, Flaw, Verification
from cairnloop.audit.head_spool import HeadSpool, SealedHead, stream_order

LARGEST_POSITION = 2**63 - 1


class _Broken(Exception):
    def __init__(self, flaw: Flaw) -> None:
        super().__init__(str(flaw))
        self.flaw = flaw


def verify_trail(
    *,
    seals: Iterable[ChainedSeal],
    entries: Iterable[ChainedEntry],
    seal_hash: str | None = None,
    stream: str | None = None,
    after: tuple[int, str] = (0, FIRST_PREVIOUS_HASH),
) -> Verification:
    """Read seals by number, then entries by stream and position, and stop at the first that is bad.

    `seal_hash` is a seal's hash that was kept elsewhere: without it, somebody who can rewrite both tables can
    rewrite them consistently. `stream` says that only the entries of this one are given, and `after` that the
    seals up to this number and hash were verified before, so that only later ones and their streams are given.
    """
    verification = Verification(seal_number=after[0], seal_hash=after[1])
    with HeadSpool() as heads:
        try:
            for head in _checked_seals(seals, seal_hash, verification):
                if stream is None or stream == head.stream:
                    heads.add(head)
            _check_streams(entries, heads, verification)
        except _Broken as broken:
            verification.flaw = broken.flaw
    return verification


def flaw_of(entry: ChainedEntry, *, before: ChainedEntry | None) -> Flaw | None:
    """Return what is wrong with an entry or its link to the one before it; None for what the first one follows."""
    try:
        _check_entry(entry, before)
    except _Broken as broken:
        return broken.flaw
    return None


def _checked_seals(
    seals: Iterable[ChainedSeal], kept_hash: str | None, verification: Verification
) -> Iterator[SealedHead]:
    awaited = kept_hash
    for number, seal in enumerate(seals, start=verification.seal_number + 1):
        _check_seal(seal, number, verification.seal_hash)
        awaited = None if seal.hash == awaited else awaited
        verification.seals += 1
        verification.seal_number, verification.seal_hash = number, seal.hash
        for stream, (position, head_hash) in seal.heads.items():
            yield SealedHead(stream, position, head_hash, number)
    if awaited is not None:
        detail = f"No seal has the hash {awaited}: seals were removed or rewritten since it was noted."
        raise _Broken(Flaw(fault=Fault.SEAL_MISSING, detail=detail))


def _check_seal(seal: ChainedSeal, number: int, previous_hash: str) -> None:
    def broken(fault: Fault, detail: str) -> _Broken:
        return _Broken(Flaw(fault=fault, detail=detail, seal_number=number))

    if seal.number != number:
        raise broken(Fault.SEAL_MISSING, f"Seal {seal.number} stands in its place.")
    digest = seal_digest(sealed_at=seal.sealed_at, complete_through=seal.complete_through, heads=seal.heads)
    if seal.digest != digest or not _are_heads(seal.heads):
        raise broken(Fault.SEAL_CHANGED, "It does not say what it said when it was written.")
    if seal.previous_hash != previous_hash:
        raise broken(Fault.SEAL_LINK_BROKEN, "It does not follow from the seal before it: one was replaced.")
    if seal.hash != link_hash(chain=SEAL_CHAIN, position=number, previous_hash=previous_hash, digest=digest):
        raise broken(Fault.SEAL_LINK_BROKEN, "Its hash does not follow from what it says.")


def _are_heads(heads: object) -> bool:
    return isinstance(heads, dict) and all(_is_head(head) for head in heads.values())


def _is_head(head: object) -> bool:
    match head:
        case [int(position), str()]:
            return 0 < position <= LARGEST_POSITION
        case _:
            return False


def _check_streams(entries: Iterable[ChainedEntry], heads: HeadSpool, verification: Verification) -> None:
    last_stream: str | None = None
    for stream, of_stream in groupby(entries, key=attrgetter("stream")):
        if last_stream is not None and stream_order(stream) <= stream_order(last_stream):
            detail = f"Its entries stand after those of stream {last_stream}; streams must be in byte order."
            raise _Broken(Flaw(fault=Fault.OUT_OF_ORDER, detail=detail, stream=stream))
        _check_no_stream_is_missing(heads, last_stream, stream)
        _check_stream(of_stream, heads.of_stream(stream), verification)
        verification.streams += 1
        last_stream = stream
    _check_no_stream_is_missing(heads, last_stream, None)


def _check_no_stream_is_missing(heads: HeadSpool, after: str | None, before: str | None) -> None:
    head = heads.first_between(after, before)
    if head is not None:
        raise _missing(head, "The whole stream is gone.")


def _check_stream(entries: Iterable[ChainedEntry], heads: Iterator[SealedHead], verification: Verification) -> None:
    last: ChainedEntry | None = None
    unsealed = 0
    head = next(heads, None)
    for entry in entries:
        _check_entry(entry, last)
        unsealed += 1
        while head is not None and head.position == entry.position:
            _check_head(head, entry)
            unsealed = 0
            head = next(heads, None)
        verification.entries += 1
        last = entry
    if head is not None and last is not None:
        raise _missing(head, f"The stream ends at position {last.position}.")
    verification.unsealed += unsealed


def _check_entry(entry: ChainedEntry, last: ChainedEntry | None) -> None:
    position = last.position + 1 if last else 1
    previous_hash = last.hash if last else FIRST_PREVIOUS_HASH

    def broken(fault: Fault, detail: str) -> _Broken:
        place = Flaw(fault=fault, detail=detail, stream=entry.stream, position=entry.position, entry_id=entry.id)
        return _Broken(place)

    if entry.position < position:
        raise broken(Fault.OUT_OF_ORDER, f"Position {position} was expected here.")
    if entry.position > position:
        detail = f"The next entry of the stream is position {entry.position}, id {entry.id}."
        missing = Flaw(fault=Fault.POSITION_MISSING, detail=detail, stream=entry.stream, position=position)
        raise _Broken(missing)
    digest = _digest_of(entry)
    if entry.digest != digest:
        raise broken(Fault.CONTENT_CHANGED, "It does not say what it said when it was recorded.")
    if entry.previous_hash != previous_hash:
        raise broken(
            Fault.LINK_BROKEN,
            "It does not follow from the entry before it: one was replaced or moved.",
        )
    if entry.hash != link_hash(chain=entry.stream, position=position, previous_hash=previous_hash, digest=digest):
        raise broken(Fault.LINK_BROKEN, "Its hash does not follow from what it says and where it stands.")


def _digest_of(entry: ChainedEntry) -> str:
    return entry_digest(
        stream=entry.stream,
        action=entry.action,
        actor_kind=entry.actor_kind,
        actor_ref=entry.actor_ref,
        reason=entry.reason,
        evidence=entry.evidence,
        recorded_at=entry.recorded_at,
    )


def _check_head(head: SealedHead, entry: ChainedEntry) -> None:
    if head.hash != entry.hash:
        detail = "Another entry stood here when it was sealed."
        raise _Broken(
            Flaw(
                fault=Fault.SEALED_HEAD_REPLACED,
                detail=detail,
                stream=entry.stream,
                position=entry.position,
                entry_id=entry.id,
                seal_number=head.seal_number,
            )
        )


def _missing(head: SealedHead, detail: str) -> _Broken:
    return _Broken(
        Flaw(
            fault=Fault.SEALED_HEAD_MISSING,
            detail=detail,
            stream=head.stream,
            position=head.position,
            seal_number=head.seal_number,
        )
    )
