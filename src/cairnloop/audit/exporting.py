"""The trail as a file: one JSON object a line, seals first, verifiable where no database is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TextIO, TypeVar

from cairnloop.audit.chaining import ChainedEntry, ChainedSeal, instant
from cairnloop.audit.flaws import Verification
from cairnloop.audit.stored_trail import stored_entries, stored_seals
from cairnloop.audit.verifying import verify_trail
from cairnloop.core.errors import InvalidInput, sentence_of
from cairnloop.core.transactions import command

LONGEST_LINE = 8 * 1024 * 1024
"""Far above a full seal. A longer line is not ours and is not read into memory."""

Row = TypeVar("Row", ChainedEntry, ChainedSeal)


class UnreadableExport(InvalidInput):
    """The file is not a complete export of an audit trail. Export it again, or look for another copy."""

    code = "unreadable_export"

    def __init__(self, line_number: int, problem: str) -> None:
        super().__init__(f"Line {line_number}: {problem} {sentence_of(UnreadableExport)}")


@command
def export_trail(*, write: Callable[[str], object]) -> int:
    """Write every seal and entry as a line of JSON, then a line that says how many; return that number."""
    lines = 0
    for seal in stored_seals():
        write(line_of("seal", seal))
        lines += 1
    for entry in stored_entries():
        write(line_of("entry", entry))
        lines += 1
    write(end_line(lines))
    return lines


def verify_export(file: TextIO, *, seal_hash: str | None = None, stream: str | None = None) -> Verification:
    """Verify an export without a database; see `verify_trail`. Raises UnreadableExport for other files."""
    export = _ExportFile(file)
    entries = (entry for entry in export.entries() if stream in (None, entry.stream))
    return verify_trail(seals=export.seals(), entries=entries, seal_hash=seal_hash, stream=stream)


class _ExportFile:
    """An export read once and in its order: first the seals, then the entries."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._line_number = 0
        self._line = self._next_line()

    def seals(self) -> Iterator[ChainedSeal]:
        yield from self._rows("seal", ChainedSeal)

    def entries(self) -> Iterator[ChainedEntry]:
        yield from self._rows("entry", ChainedEntry)
        is_end = self._line == {"kind": "end", "lines": self._line_number - 1}
        if not is_end or self._read_line():
            raise UnreadableExport(self._line_number, "this is not the end the file should have.")

    def _rows(self, kind: str, row: type[Row]) -> Iterator[Row]:
        while self._line.get("kind") == kind:
            yield self._parsed(row)
            self._line = self._next_line()

    def _parsed(self, row: type[Row]) -> Row:
        try:
            return row(**{field.name: _value(self._line[field.name], str(field.type)) for field in fields(row)})
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise UnreadableExport(self._line_number, "a value is missing or of the wrong type.") from error

    def _next_line(self) -> dict[str, Any]:
        text = self._read_line()
        try:
            line = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UnreadableExport(self._line_number, "it is not JSON, or the file ends here.") from error
        if not isinstance(line, dict):
            raise UnreadableExport(self._line_number, "it is not a JSON object.")
        return line

    def _read_line(self) -> str:
        self._line_number += 1
        try:
            return self._file.readline(LONGEST_LINE)
        except UnicodeDecodeError as error:
            raise UnreadableExport(self._line_number, "it is not UTF-8.") from error


def line_of(kind: str, row: ChainedEntry | ChainedSeal) -> str:
    """Return a seal or an entry as one line of an export, without its end."""
    values = {field.name: getattr(row, field.name) for field in fields(row)}
    return json.dumps({"kind": kind, **values}, default=instant)


def end_line(lines: int) -> str:
    """Return the last line of an export, which says how many there are before it."""
    return json.dumps({"kind": "end", "lines": lines})


def stored_seal_pages(*, size: int = 20) -> Iterator[list[ChainedSeal]]:
    """Yield every seal by number, some at a time: nothing is held in the database between them."""
    last = 0
    while seals := list(stored_seals(behind=last, limit=size)):
        yield seals
        last = seals[-1].number


def _value(value: Any, declared: str) -> Any:
    if declared.startswith("datetime"):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("A moment without a time zone.")
        return moment.astimezone(UTC)
    if declared in ("int", "str") and type(value).__name__ != declared:
        raise TypeError(f"Expected {declared}.")
    return value
