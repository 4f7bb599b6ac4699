"""Two texts set against each other, word by word, as the dashboard shows it: lines, the unchanged ones folded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from cairnloop.knowledge_base.comparing import ADDED, CONTEXT_LINES, REMOVED, SAME, Part, compare_words
from cairnloop.knowledge_base.models import Revision


@dataclass(frozen=True, slots=True)
class Line:
    """One line; its kind is that of all its spans, or "changed"."""

    kind: str
    spans: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some lines in a row; a folded stretch is unchanged and shown on demand."""

    lines: tuple[Line, ...]
    is_folded: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between two texts, with the number of words that came and went."""

    stretches: tuple[Stretch, ...]
    added: int
    removed: int

    @property
    def is_none(self) -> bool:
        """True when both texts are the same."""
        return not self.added and not self.removed and all(stretch.is_folded for stretch in self.stretches)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two revisions against each other."""

    before: Revision
    after: Revision
    title: tuple[Part, ...]
    text: Difference

    @property
    def is_title_changed(self) -> bool:
        """True when the title is another."""
        return self.before.title != self.after.title


def comparison_of(before: Revision, after: Revision) -> Comparison:
    """Return what changed from one revision to another."""
    title = tuple(_readable(compare_words(before.title, after.title)))
    return Comparison(before, after, title, difference_of(before.text, after.text))


def difference_of(before: str, after: str) -> Difference:
    """Return what changed from one text to another."""
    spans = _readable(compare_words(before, after))
    lines = _lines(spans)
    words = {kind: sum(len(span.text.split()) for span in spans if span.kind == kind) for kind in ("added", "removed")}
    return Difference(tuple(_stretches(lines)), words["added"], words["removed"])


def _readable(parts: Sequence[Part]) -> list[Part]:
    """Return the parts with neighbouring replacements joined: the space between two of them separates nothing."""
    found: list[Part] = []
    for is_change, run in groupby(_with_gaps(parts), key=lambda pair: pair[1]):
        pieces = [part for part, _is_change in run]
        if not is_change:
            found += pieces
            continue
        for kind, other in ((REMOVED, ADDED), (ADDED, REMOVED)):
            text = "".join(part.text for part in pieces if part.kind != other)
            if any(part.kind == kind for part in pieces):
                found.append(Part(kind, text))
    return found


def _with_gaps(parts: Sequence[Part]) -> Iterable[tuple[Part, bool]]:
    """Yield each part, and whether it is a change or the gap between two."""
    for at, part in enumerate(parts):
        is_gap = 0 < at < len(parts) - 1 and not part.text.strip() and "\n" not in part.text
        yield part, part.kind != SAME or is_gap


def _lines(spans: Iterable[Part]) -> list[Line]:
    lines: list[Line] = []
    current: list[Part] = []
    for span in spans:
        for piece in span.text.splitlines(keepends=True):
            current.append(Part(span.kind, piece.rstrip("\n")))
            if piece.endswith("\n"):
                lines.append(_line(current))
                current = []
    return [*lines, _line(current)] if current else lines


def _line(spans: Sequence[Part]) -> Line:
    kinds = {span.kind for span in spans if span.text} or {span.kind for span in spans}
    return Line(kinds.pop() if len(kinds) == 1 else "changed", tuple(span for span in spans if span.text))


def _stretches(lines: Sequence[Line]) -> Iterable[Stretch]:
    changed = [at for at, line in enumerate(lines) if line.kind != SAME]
    near = {at for each in changed for at in range(each - CONTEXT_LINES, each + CONTEXT_LINES + 1)}
    for is_near, run in groupby(enumerate(lines), key=lambda pair: pair[0] in near):
        yield Stretch(tuple(line for _at, line in run), is_folded=not is_near)
