"""What of an article may be quoted, each with the words around it that limit what it says. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from cairnloop.core.markdown import Block
from cairnloop.drafting.generators.parts import Part, Section, sections_of
from cairnloop.drafting.generators.saying import Line, is_provable
from cairnloop.drafting.leaning import is_unfinished, leads_on, leans_back, points_back, says_all_of
from cairnloop.drafting.omissions import limits

PARAGRAPH_CHARS = 700
"""A paragraph of this size is quoted whole: what its writer put together is not taken apart."""
UNIT_CHARS = 1_000
"""What would be longer, with all that belongs to it, is not quoted at all."""
MOST_CHARS = 4 * UNIT_CHARS
"""What is longer before its marks are taken away is not looked at."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is quoted together or not at all: the lines that say it, and before them those that limit it."""

    scope: tuple[Line, ...]
    lines: tuple[Line, ...]
    headings: tuple[Line, ...]
    """The headings above it and above what limits it. They have to be said unless its own words say the same."""
    section: tuple[Line, ...] = ()
    """All that stands in its section; empty where some of it cannot be quoted, or it is too long."""

    @property
    def chars(self) -> int:
        """How long it is with everything that belongs to it."""
        return sum(len(line.text) for line in chain(self.headings, self.scope, self.lines))

    @property
    def says_its_headings(self) -> bool:
        """True if no heading above limits what stands below it, or says a word that is missing in it."""
        own = " ".join(line.text for line in chain(self.scope, self.lines))
        return all(says_all_of(heading.text, own) and not limits(heading.text) for heading in self.headings)

    @property
    def can_say_its_headings(self) -> bool:
        """True if every heading above can be quoted; one of a few letters cannot."""
        return all(map(is_provable, (heading.quote for heading in self.headings)))


def units_of(text: str, *, near: tuple[int, int] | None = None) -> Iterator[Unit]:
    """Return what may be quoted of an article, in order; with `near`, only of what stands between these characters.

    A paragraph is quoted whole. A list is quoted whole as well, with the paragraph that leads to it. What leans on its
    neighbour is quoted with it, and everything below a heading with that heading. Where something that belongs to a
    statement cannot be quoted (a table, code, a quotation, an image, raw HTML, struck text, a footnote mark), nor can
    the statement. The time it takes grows with the article, not with its square.
    """
    place = near or (0, len(text))
    sections = list(sections_of(text))
    everywhere = [part for section in sections for part in section.of_the_article]
    theirs = {line for section in sections if section.of_the_article for line in section.headings or ()}
    for section in sections:
        if section.headings is None or not section.touches(place):
            continue
        if not any(part.is_unsayable_warning for part in section.parts):
            scope = [*everywhere, *(part for over in section.over for part in over.of_all_below)]
            headings = tuple(sorted(theirs.union(section.headings), key=lambda line: line.start))
            yield from _units_of_section(section, headings, scope, place)


def _units_of_section(
    section: Section, headings: tuple[Line, ...], scope: list[Part], place: tuple[int, int]
) -> Iterator[Unit]:
    whole = _whole(section)
    spoken = 0
    for at, run in _with_shorter(_runs(section)):
        scope.extend(part for part in section.parts[spoken:at] if part.speaks_of)
        spoken = max(spoken, at)
        if _chars(scope) > MOST_CHARS:
            return
        if run[0].start < place[1] and place[0] < run[-1].end and _chars(run) <= MOST_CHARS:
            for unit in _units(run, [part for part in scope if part not in run], headings):
                yield replace(unit, section=whole)


def _whole(section: Section) -> tuple[Line, ...]:
    """Return all lines of a section; none if one of them cannot be quoted, or all of them are too long."""
    parts = [part for part in section.parts if part.kind != "hr"]
    if _chars(parts) > 2 * UNIT_CHARS or not all(part.is_whole for part in parts):
        return ()
    # What points at nothing that is said is not understood; nor is what leads to another section.
    if not parts or (not section.headings and _hangs_in_the_air(parts[0])):
        return ()
    return () if is_unfinished(parts[-1].text) and parts[-1].kind == "paragraph" else _lines(parts)


def _lines(parts: Sequence[Part]) -> tuple[Line, ...]:
    return tuple(line for part in parts for line in part.lines)


def _chars(parts: Sequence[Part]) -> int:
    return sum(len(part.text) for part in parts)


def _units(run: Sequence[Part], scope: Sequence[Part], headings: tuple[Line, ...]) -> Iterator[Unit]:
    first, last = run[0], run[-1]
    if not all(part.is_whole for part in scope) or (last.kind == "paragraph" and is_unfinished(last.text)):
        return
    said = tuple(sorted(set(_lines(scope)), key=lambda line: line.start))
    wholes: Iterator[tuple[Line, ...]] = iter(())
    if first is last and first.kind == "paragraph" and (len(first.text) > PARAGRAPH_CHARS or not first.is_whole):
        wholes = _windows(first.lines)
    elif all(part.is_whole for part in run):
        wholes = iter([_lines(run)])
    for lines in wholes:
        unit = Unit(said, lines, headings)
        if unit.chars <= UNIT_CHARS and (unit.says_its_headings or unit.can_say_its_headings):
            yield unit


def _windows(lines: tuple[Line, ...]) -> Iterator[tuple[Line, ...]]:
    """Return each sentence of a long paragraph between its neighbours, and with whatever those lean on."""
    belongs = [leans_back(line.text) or leads_on(before.text) for before, line in pairwise(lines)]
    for at in range(len(lines)):
        first, last = max(at - 1, 0), min(at + 1, len(lines) - 1)
        chars = sum(len(line.text) for line in lines[first : last + 1])
        while first > 0 and belongs[first - 1] and chars <= UNIT_CHARS:
            first -= 1
            chars += len(lines[first].text)
        while last + 1 < len(lines) and belongs[last] and chars <= UNIT_CHARS:
            last += 1
            chars += len(lines[last].text)
        # One that grew too long lacks something it leans on.
        if chars <= UNIT_CHARS and all(is_provable(line.quote) for line in lines[first : last + 1]):
            yield lines[first : last + 1]


def _runs(section: Section) -> Iterator[tuple[int, list[Part]]]:
    """Return the parts of a section that belong together, and where each run begins."""
    run: list[Part] = []
    begun = 0
    for at, part in enumerate(section.parts):
        if run and (part.kind == "list" or run[-1].leads or part.leans):
            run.append(part)
            continue
        if run:
            yield begun, run
        if section.headings or not _hangs_in_the_air(part):
            run, begun = [part], at
        else:
            run, begun = [part, _nothing(part)], at
    if run:
        yield begun, run


def _nothing(part: Part) -> Part:
    """Return what cannot be said, where a part stands, so that nothing it belongs to is said either."""
    return Part(Block("nothing", part.start, part.end), "")


def _hangs_in_the_air(part: Part) -> bool:
    """Return whether a text begins with what points at nothing that is said, or with a list that nothing leads to."""
    return part.kind == "list" or (points_back(part.text) and not leads_on(part.text))


def _with_shorter(runs: Iterator[tuple[int, list[Part]]]) -> Iterator[tuple[int, list[Part]]]:
    """Return the runs, and those that end with a list also without it, where what stands before says all by itself."""
    for at, run in runs:
        *before, last = run
        if before and last.kind == "list" and not before[-1].leads and not leans_back(last.text):
            yield at, before
        yield at, run
