"""What differs between two texts, in words; and what a publication changes for search. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from cairnloop.knowledge_base.chunking import Piece, chunk

SAME, ADDED, REMOVED, FOLDED = "same", "added", "removed", "folded"

WORD = re.compile(r"\w+|\s+|[^\w\s]")
WORD_LIMIT = 2_000
"""Longer stretches that differ are shown as replaced as a whole: word by word nobody could read them."""
LINE_LIMIT = 5_000
CONTEXT_LINES = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text that is the same in both, was added, or was removed; or is the same and folded away."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class SearchChange:
    """What a publication changes for who searches: how many parts are found that were not, and the other way."""

    added: int
    removed: int
    unchanged: int
    old_title: str | None
    """None when nothing is live yet."""
    new_title: str

    @property
    def changes_title(self) -> bool:
        """True when what is live goes by another title."""
        return self.old_title is not None and self.old_title != self.new_title

    @property
    def changes_nothing(self) -> bool:
        """True when a search would find exactly what it finds now."""
        return not (self.added or self.removed or self.old_title != self.new_title)


def compare_words(old: str, new: str) -> list[Part]:
    """Return how `old` becomes `new`, in order: first by lines, then by words where lines differ.

    The parts that are not added make up `old`, those that are not removed make up `new`, to the last character.
    """
    parts: list[Part] = []
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for kind, was, becomes in _steps(before, after, limit=LINE_LIMIT):
        parts.extend(_worded("".join(was), "".join(becomes)) if kind == "replace" else _plain(was, becomes))
    return _joined(parts)


def fold(parts: Sequence[Part], *, context: int = CONTEXT_LINES) -> list[Part]:
    """Return the parts with long stretches that are the same folded, but for `context` lines beside a change."""
    found: list[Part] = []
    for index, part in enumerate(parts):
        lines = part.text.splitlines(keepends=True)
        above = context if index else 0
        below = context if index < len(parts) - 1 else 0
        if part.kind != SAME or len(lines) <= above + below + 1:
            found.append(part)
            continue
        middle = slice(above, len(lines) - below)
        pieces = (SAME, lines[:above]), (FOLDED, lines[middle]), (SAME, lines[len(lines) - below :])
        found.extend(Part(kind, "".join(some)) for kind, some in pieces if some)
    return found


def summarise_for_search(*, old: tuple[str, str] | None, new: tuple[str, str]) -> SearchChange:
    """Return what changes for search when the title and text `new` take the place of `old`, None if nothing is live.

    A part is unchanged when it says the same below the same headings.
    """
    before = _parts_of(*old) if old else Counter[tuple[tuple[str, ...], str]]()
    after = _parts_of(*new)
    return SearchChange(
        added=(after - before).total(),
        removed=(before - after).total(),
        unchanged=(after & before).total(),
        old_title=old[0] if old else None,
        new_title=new[0],
    )


def _parts_of(title: str, text: str) -> Counter[tuple[tuple[str, ...], str]]:
    pieces: list[Piece] = chunk(title, text)
    return Counter((piece.heading_path, text[piece.start : piece.end]) for piece in pieces)


def _worded(old: str, new: str) -> Iterator[Part]:
    was, becomes = WORD.findall(old), WORD.findall(new)
    for _, before, after in _steps(was, becomes, limit=WORD_LIMIT):
        yield from _plain(before, after)


def _plain(was: Sequence[str], becomes: Sequence[str]) -> Iterator[Part]:
    if was == becomes:
        yield Part(SAME, "".join(was))
        return
    if was:
        yield Part(REMOVED, "".join(was))
    if becomes:
        yield Part(ADDED, "".join(becomes))


def _steps(
    was: Sequence[str], becomes: Sequence[str], *, limit: int
) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    if max(len(was), len(becomes)) > limit:
        yield ("equal" if was == becomes else "insert"), was, becomes
        return
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, was, becomes).get_opcodes():
        yield kind, was[i1:i2], becomes[j1:j2]


def _joined(parts: Sequence[Part]) -> list[Part]:
    found: list[Part] = []
    for part in parts:
        if found and found[-1].kind == part.kind:
            found[-1] = Part(part.kind, found[-1].text + part.text)
        else:
            found.append(part)
    return found
