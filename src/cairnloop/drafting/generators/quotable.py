"""What of an article may be quoted, each with the words around it that limit what it says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, pairwise

from cairnloop.core.markdown import Block, is_relative, link_targets, parse_source_blocks, says_plainly
from cairnloop.drafting.leaning import (
    announces,
    is_unfinished,
    leads_on,
    leans_back,
    points_back,
    speaks_of_the_text,
    takes_back,
    warns,
    words_of,
)
from cairnloop.drafting.omissions import limits
from cairnloop.drafting.sealing import LEAST_LETTERS
from cairnloop.knowledge_base.sentences import sentence_spans

PARAGRAPH_CHARS = 700
"""A paragraph of this size is quoted whole: what its writer put together is not taken apart."""
UNIT_CHARS = 1_000
"""What would be longer, with all that belongs to it, is not quoted at all."""
MOST_CHARS = 4 * UNIT_CHARS
"""What is longer before its marks are taken away is not looked at."""
MOST_ITEMS = 8
MARKERS = re.compile(r"(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)+")
HEADING_MARKS = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+|[ \t]+#+[ \t]*$|\n[ \t]*(?:=+|-+)[ \t]*$")
HIDES_WHAT_FOLLOWS = re.compile(r"<[A-Za-z]")
LABEL = re.compile(r"(?P<marks>\*\*|__)[^*_\n]{1,80}(?<![.!?])(?P=marks):?")
"""A paragraph in bold without the end of a sentence: a heading in all but name."""
LABEL_LEVEL = 7
"""Below all headings."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, or a heading, as a draft says it, and where it stands in the article."""

    start: int
    end: int
    text: str
    quote: str
    begins_paragraph: bool
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """What is quoted together or not at all: the lines that say it, and before them those that limit it."""

    scope: tuple[Line, ...]
    lines: tuple[Line, ...]
    headings: tuple[Line, ...]
    """The headings above it. They have to be said unless its own words say the same."""
    section: tuple[Line, ...] = ()
    """All that stands in its section; empty where some of it cannot be quoted, or it is too long."""

    @property
    def chars(self) -> int:
        """How long it is with everything that belongs to it."""
        return sum(len(line.text) for line in chain(self.headings, self.scope, self.lines))

    @property
    def says_its_headings(self) -> bool:
        """True if no heading above limits what stands below it, or says a word that is missing in it."""
        own = words_of(" ".join(line.text for line in chain(self.scope, self.lines)))
        return all(words_of(heading.text) <= own and not limits(heading.text) for heading in self.headings)

    @property
    def can_say_its_headings(self) -> bool:
        """True if every heading above can be quoted; one of a few letters cannot."""
        return all(map(_is_provable, (heading.quote for heading in self.headings)))


class _Part:
    """A paragraph, a list, or anything else, as far as it can be said. What it says is looked at when it is asked."""

    def __init__(self, block: Block, article: str) -> None:
        self.start, self.end = block.start, block.end
        written = article[block.start : block.end].strip()
        is_list = block.kind in ("bullet_list", "ordered_list")
        self.kind = "list" if is_list else block.kind
        self.text = MARKERS.sub("", written, count=1) if is_list else written
        self._block, self._article = block, article

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Its sentences; none if it is no paragraph and no list, or too long a list."""
        if self.kind == "paragraph":
            return tuple(_paragraph(self._block, self._article))
        is_short = self.kind == "list" and _counted(self._block) <= MOST_ITEMS
        return tuple(_items(self._block, self._article)) if is_short else ()

    @cached_property
    def is_whole(self) -> bool:
        """True if all of it can be quoted."""
        return bool(self.lines) and all(_is_provable(line.quote) for line in self.lines)

    @cached_property
    def speaks_of(self) -> str:
        """What of the text it speaks of: "article", "section" or nothing."""
        return speaks_of_the_text(self.text) if self.kind == "paragraph" else ""

    @cached_property
    def leads(self) -> bool:
        """True if it ends by announcing what stands behind it."""
        if self.kind == "list":
            return self.text.endswith(":") or announces(self.text)
        return self.kind == "paragraph" and leads_on(self.text)

    @cached_property
    def leans(self) -> bool:
        """True if it begins by pointing at what stands before it."""
        return self.kind == "paragraph" and leans_back(self.text)

    @property
    def is_unsayable_warning(self) -> bool:
        """True for a quotation, a table or code that warns of what stands around it."""
        return self.kind not in ("list", "paragraph") and (warns(self.text) or takes_back(self.text))


@dataclass(slots=True, eq=False)
class _Section:
    headings: tuple[Line, ...] | None
    """None where one of them cannot be said as it stands."""
    over: tuple[_Section, ...]
    """The sections of the headings above, and what stands before any heading."""
    parts: list[_Part] = field(default_factory=list)

    @property
    def of_all_below(self) -> list[_Part]:
        """What it says of the sections below it: what speaks of them, and what leads to the first."""
        return [part for part in self.parts if part.speaks_of or (part is self.parts[-1] and part.leads)]

    def touches(self, near: tuple[int, int]) -> bool:
        """Return whether any of it stands between two characters."""
        return bool(self.parts) and self.parts[0].start < near[1] and near[0] < self.parts[-1].end


def units_of(text: str, *, near: tuple[int, int] | None = None) -> Iterator[Unit]:
    """Return what may be quoted of an article, in order; with `near`, only of what stands between these characters.

    A paragraph is quoted whole. A list is quoted whole as well, with the paragraph that leads to it. What leans on its
    neighbour is quoted with it, and everything below a heading with that heading. Where something that belongs to a
    statement cannot be quoted (a table, code, a quotation, an image, raw HTML, struck text, a footnote mark), nor can
    the statement. The time it takes grows with the article, not with its square.
    """
    place = near or (0, len(text))
    sections = list(_sections(text))
    everywhere = [part for section in sections for part in section.parts if part.speaks_of == "article"]
    for section in sections:
        if section.headings is None or not section.touches(place):
            continue
        if not any(part.is_unsayable_warning for part in section.parts):
            scope = [*everywhere, *(part for over in section.over for part in over.of_all_below)]
            yield from _units_of_section(section, section.headings, scope, place)


def _units_of_section(
    section: _Section, headings: tuple[Line, ...], scope: list[_Part], place: tuple[int, int]
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


def _whole(section: _Section) -> tuple[Line, ...]:
    """Return all lines of a section; none if one of them cannot be quoted, or all of them are too long."""
    parts = [part for part in section.parts if part.kind != "hr"]
    if _chars(parts) > 2 * UNIT_CHARS or not all(part.is_whole for part in parts):
        return ()
    # What points at nothing that is said is not understood; nor is what leads to another section.
    if not parts or (not section.headings and _hangs_in_the_air(parts[0])):
        return ()
    return () if is_unfinished(parts[-1].text) and parts[-1].kind == "paragraph" else _lines(parts)


def _lines(parts: Sequence[_Part]) -> tuple[Line, ...]:
    return tuple(line for part in parts for line in part.lines)


def _chars(parts: Sequence[_Part]) -> int:
    return sum(len(part.text) for part in parts)


def _units(run: Sequence[_Part], scope: Sequence[_Part], headings: tuple[Line, ...]) -> Iterator[Unit]:
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
        if chars <= UNIT_CHARS and all(_is_provable(line.quote) for line in lines[first : last + 1]):
            yield lines[first : last + 1]


def _runs(section: _Section) -> Iterator[tuple[int, list[_Part]]]:
    """Return the parts of a section that belong together, and where each run begins."""
    run: list[_Part] = []
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


def _nothing(part: _Part) -> _Part:
    """Return what cannot be said, where a part stands, so that nothing it belongs to is said either."""
    return _Part(Block("nothing", part.start, part.end), "")


def _hangs_in_the_air(part: _Part) -> bool:
    """Return whether a text begins with what points at nothing that is said, or with a list that nothing leads to."""
    return part.kind == "list" or (points_back(part.text) and not leads_on(part.text))


def _with_shorter(runs: Iterator[tuple[int, list[_Part]]]) -> Iterator[tuple[int, list[_Part]]]:
    """Return the runs, and those that end with a list also without it, where what stands before says all by itself."""
    for at, run in runs:
        *before, last = run
        if before and last.kind == "list" and not before[-1].leads and not leans_back(last.text):
            yield at, before
        yield at, run


def _sections(text: str) -> Iterator[_Section]:
    section = _Section((), ())
    path: list[tuple[int, Line | None, _Section]] = [(0, None, section)]
    for block in parse_source_blocks(text):
        level = block.level or (LABEL_LEVEL if _is_label(block, text) else 0)
        if level:
            yield section
            path = [each for each in path if each[0] < level]
            heading = _heading(block, text)
            lines = [*(line for _, line, _ in path[1:]), heading]
            section = _Section(tuple(filter(None, lines)) if all(lines) else None, tuple(over for _, _, over in path))
            path.append((level, heading, section))
        elif block.kind == "html_block" and HIDES_WHAT_FOLLOWS.search(text, block.start, block.end):
            # What it shows and to whom cannot be told, and it may reach to the end.
            section.parts.append(_Part(block, text))
            break
        else:
            section.parts.append(_Part(block, text))
    yield section


def _is_label(block: Block, text: str) -> bool:
    return block.kind == "paragraph" and LABEL.fullmatch(text[block.start : block.end].strip()) is not None


def _heading(block: Block, text: str) -> Line | None:
    words = " ".join(HEADING_MARKS.sub("", text[block.start : block.end].strip("\n")).split())
    if not says_plainly(words) or link_targets(words):
        return None
    return Line(block.start, block.end, words, words, True, is_heading=True)


def _counted(block: Block) -> int:
    return sum(1 + sum(_counted(child) for child in item.children if child.children) for item in block.children)


def _items(block: Block, text: str) -> Iterator[Line]:
    for item in block.children:
        if not item.children:
            yield _unsayable(item)
        for child in item.children:
            if child.kind in ("bullet_list", "ordered_list"):
                yield from _items(child, text)
            elif child.kind == "paragraph":
                yield from _paragraph(child, text)
            else:
                yield _unsayable(child)


def _paragraph(block: Block, text: str) -> Iterator[Line]:
    """Return the sentences of a paragraph as they are written, with the marks of the list it begins an item of."""
    end = block.start + len(text[block.start : block.end].rstrip())
    first = end - len(text[block.start : end].lstrip())
    if not says_plainly(text[_after_marks(text, first, end) : end]):
        yield _unsayable(block)
        return
    indentation = text[block.start : first]
    for start, stop in _provable_spans(text, first, end):
        written = text[start:stop]
        said = (indentation if start == first else "") + " ".join(written.split())
        yield Line(start, stop, said, "" if _leads_nowhere(written) else written, start == first)


def _after_marks(text: str, start: int, end: int) -> int:
    marks = MARKERS.match(text, start, end)
    return marks.end() if marks else start


def _provable_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of the sentences; those of a few letters, which prove nothing, go with a neighbour."""
    found: list[tuple[int, int]] = []
    for first, last in sentence_spans(text, start, end):
        if found and not (_is_provable(text[first:last]) and _is_provable(text[slice(*found[-1])])):
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def _leads_nowhere(text: str) -> bool:
    """Return whether a text has a link that leads nowhere from a message."""
    return any(is_relative(target) or target.startswith(("#", "/")) for target in link_targets(text))


def _unsayable(block: Block) -> Line:
    return Line(block.start, block.end, "", "", begins_paragraph=True)


def _is_provable(quote: str) -> bool:
    return sum(map(str.isalnum, quote)) >= LEAST_LETTERS
