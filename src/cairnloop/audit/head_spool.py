"""Sealed heads on disk, so that verifying a long trail needs little memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType


@dataclass(frozen=True, slots=True)
class SealedHead:
    """What a seal says about a stream: at this position stood this hash."""

    stream: str
    position: int
    hash: str
    seal_number: int


class HeadSpool:
    """Takes sealed heads in the order of the seals and gives them back stream by stream.

    Backed by SQLite's anonymous temporary database, which spills to disk and vanishes when closed.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.execute(
            "CREATE TABLE head (stream BLOB, position INTEGER, seal INTEGER, hash TEXT, "
            "PRIMARY KEY (stream, position, seal)) WITHOUT ROWID"
        )

    def __enter__(self) -> HeadSpool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def add(self, head: SealedHead) -> None:
        """Keep a head until the spool is closed."""
        row = (stream_order(head.stream), head.position, head.seal_number, head.hash)
        self._database.execute("INSERT INTO head VALUES (?, ?, ?, ?)", row)

    def of_stream(self, stream: str) -> Iterator[SealedHead]:
        """Yield a stream's heads by position, and the older seal first."""
        yield from self._select("WHERE stream = ?", stream_order(stream))

    def first_between(self, after: str | None, before: str | None) -> SealedHead | None:
        """Return the first head of a stream that sorts between two others; None stands for either end."""
        lower = b"" if after is None else stream_order(after)
        if before is None:
            return next(self._select("WHERE stream > ?", lower), None)
        return next(self._select("WHERE stream > ? AND stream < ?", lower, stream_order(before)), None)

    def _select(self, where: str, *values: bytes) -> Iterator[SealedHead]:
        rows = self._database.execute(
            f"SELECT stream, position, hash, seal FROM head {where} ORDER BY stream, position, seal",  # noqa: S608
            values,
        )
        for stream, position, head_hash, seal_number in rows:
            yield SealedHead(stream.decode("utf-8", "surrogatepass"), position, head_hash, seal_number)


def stream_order(stream: str) -> bytes:
    """Return the bytes streams are sorted by, here as in PostgreSQL's "C" collation."""
    return stream.encode("utf-8", "surrogatepass")
