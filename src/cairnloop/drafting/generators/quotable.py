"""What of an article may be quoted, each with the words around it that limit what it says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from cairnloop.core.markdown import Block, is_relative, link_targets, parse_source_blocks, says_plainly
from cairnloop.drafting.generators.leaning import (
    announces,
    is_unfinished,
    leads_on,
    leans_back,
    points_back,
    speaks_of_the_text,
)
from cairnloop.drafting.sealing import LEAST_LETTERS
from cairnloop.knowledge_base.sentences import sentence_spans

PARAGRAPH_CHARS = 700
"""A paragraph of this size is quoted whole: what its writer put together is not taken apart."""
UNIT_CHARS = 1_000
"""What would be longer, with all that belongs to it, is not quoted at all."""
MOST_ITEMS = 8
MARKERS = re.compile(r"(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)+")
HEADING_MARKS = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+|[ \t]+#+[ \t]*$|\n[ \t]*(?:=+|-+)[ \t]*$")
HIDES_WHAT_FOLLOWS = re.compile(r"<[A-Za-z]")
WORD = re.compile(r"[^\W_]+")
ARTICLES = frozenset(("a", "an", "the"))


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

    @property
    def chars(self) -> int:
        """How long it is with everything that belongs to it."""
        return sum(len(line.text) for line in chain(self.headings, self.scope, self.lines))

    @property
    def says_its_headings(self) -> bool:
        """True if no heading above says a word that is missing in it."""
        own = _words(" ".join(line.text for line in chain(self.scope, self.lines)))
        return all(_words(heading.text) <= own for heading in self.headings)

    @property
    def can_say_its_headings(self) -> bool:
        """True if every heading above can be quoted; one of a few letters cannot."""
        return all(map(_is_provable, (heading.quote for heading in self.headings)))


@dataclass(frozen=True, slots=True)
class _Part:
    """A paragraph, a list, or anything else, as far as it can be said."""

    kind: str
    lines: tuple[Line, ...] = ()
    text: str = ""

    @property
    def is_whole(self) -> bool:
        """True if all of it can be quoted."""
        return bool(self.lines) and all(_is_provable(line.quote) for line in self.lines)


@dataclass(slots=True)
class _Section:
    headings: tuple[Line, ...] | None
    """None where one of them cannot be said as it stands."""
    above: list[_Part]
    """What the sections above say of all that stands below."""
    parts: list[_Part]


def units_of(text: str) -> Iterator[Unit]:
    """Return what may be quoted of an article, in order.

    A paragraph is quoted whole. A list is quoted whole as well, with the paragraph that leads to it. What leans on its
    neighbour is quoted with it, and everything below a heading with that heading. Where something that belongs to a
    statement cannot be quoted (a table, code, a quotation, an image, raw HTML, struck text, a footnote mark), nor can
    the statement.
    """
    sections = list(_sections(text))
    everywhere = [part for section in sections for part in section.parts if _speaks_of(part) == "article"]
    for section in sections:
        if section.headings is None:
            continue
        for at, run in _with_shorter(_runs(section)):
            here = [part for part in section.parts[:at] if _speaks_of(part)]
            scope = [part for part in chain(everywhere, section.above, here) if part not in run]
            yield from _units(run, scope, section.headings)


def _units(run: Sequence[_Part], scope: Sequence[_Part], headings: tuple[Line, ...]) -> Iterator[Unit]:
    first, last = run[0], run[-1]
    if not all(part.is_whole for part in scope) or (last.kind == "paragraph" and is_unfinished(last.text)):
        return
    said = tuple(sorted({line for part in scope for line in part.lines}, key=lambda line: line.start))
    wholes: Iterator[tuple[Line, ...]] = iter(())
    if first is last and first.kind == "paragraph" and (len(first.text) > PARAGRAPH_CHARS or not first.is_whole):
        wholes = _windows(first.lines)
    elif all(part.is_whole for part in run):
        wholes = iter([tuple(line for part in run for line in part.lines)])
    for lines in wholes:
        unit = Unit(said, lines, headings)
        if unit.chars <= UNIT_CHARS and (unit.says_its_headings or unit.can_say_its_headings):
            yield unit


def _windows(lines: tuple[Line, ...]) -> Iterator[tuple[Line, ...]]:
    """Return each sentence of a long paragraph between its neighbours, and with whatever those lean on."""
    for at in range(len(lines)):
        first, last = max(at - 1, 0), min(at + 1, len(lines) - 1)
        while first > 0 and (leans_back(lines[first].text) or leads_on(lines[first - 1].text)):
            first -= 1
        while last + 1 < len(lines) and (leans_back(lines[last + 1].text) or leads_on(lines[last].text)):
            last += 1
        if all(_is_provable(line.quote) for line in lines[first : last + 1]):
            yield lines[first : last + 1]


def _runs(section: _Section) -> Iterator[tuple[int, list[_Part]]]:
    """Return the parts of a section that belong together, and where each run begins."""
    run: list[_Part] = []
    begun = 0
    for at, part in enumerate(section.parts):
        if run and _belongs_to(part, run[-1]):
            run.append(part)
            continue
        if run:
            yield begun, run
        # What points at nothing that is said is not understood; nor is a list that nothing leads to.
        leans = part.kind == "list" or (points_back(part.text) and not leads_on(part.text))
        run, begun = [part] if section.headings or not leans else [part, _Part("nothing")], at
    if run:
        yield begun, run


def _with_shorter(runs: Iterator[tuple[int, list[_Part]]]) -> Iterator[tuple[int, list[_Part]]]:
    """Return the runs, and those that end with a list also without it, where what stands before says all by itself."""
    for at, run in runs:
        *before, last = run
        if before and last.kind == "list" and not _leads(before[-1]) and not leans_back(last.text):
            yield at, before
        yield at, run


def _belongs_to(part: _Part, before: _Part) -> bool:
    if part.kind == "list" or _leads(before):
        return True
    return part.kind == "paragraph" and leans_back(part.text)


def _leads(part: _Part) -> bool:
    if part.kind == "list":
        return part.text.endswith(":") or announces(part.text)
    return part.kind == "paragraph" and leads_on(part.text)


def _speaks_of(part: _Part) -> str:
    return speaks_of_the_text(part.text) if part.kind == "paragraph" else ""


def _sections(text: str) -> Iterator[_Section]:
    section = _Section((), [], [])
    path: list[tuple[int, Line | None, _Section]] = [(0, None, section)]
    for block in parse_source_blocks(text):
        if block.level:
            yield section
            path = [each for each in path if each[0] < block.level]
            above = [part for _, _, over in path for part in _of_all_below(over.parts)]
            heading = _heading(block, text)
            lines = [*(line for _, line, _ in path[1:]), heading]
            section = _Section(tuple(filter(None, lines)) if all(lines) else None, above, [])
            path.append((block.level, heading, section))
        elif block.kind == "html_block" and HIDES_WHAT_FOLLOWS.search(text, block.start, block.end):
            # What it shows and to whom cannot be told, and it may reach to the end.
            section.parts.append(_Part("nothing"))
            break
        else:
            section.parts.append(_part(block, text))
    yield section


def _of_all_below(parts: Sequence[_Part]) -> list[_Part]:
    """Return what a section says of the sections below it: what speaks of them, and what leads to the first."""
    return [part for at, part in enumerate(parts) if _speaks_of(part) or (at == len(parts) - 1 and _leads(part))]


def _heading(block: Block, text: str) -> Line | None:
    words = " ".join(HEADING_MARKS.sub("", text[block.start : block.end].strip("\n")).split())
    if not says_plainly(words) or link_targets(words):
        return None
    return Line(block.start, block.end, words, words, True, is_heading=True)


def _part(block: Block, text: str) -> _Part:
    written = text[block.start : block.end].strip()
    if block.kind == "paragraph":
        return _Part("paragraph", tuple(_paragraph(block, text)), written)
    if block.kind in ("bullet_list", "ordered_list"):
        lines = tuple(_items(block, text)) if _counted(block) <= MOST_ITEMS else ()
        return _Part("list", lines, MARKERS.sub("", written, count=1))
    return _Part("nothing")


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


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower().removesuffix("s") for word in WORD.findall(text)) - ARTICLES
