"""What a draft leaves out of the sections it quotes, told by how the article is built and not by its words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import chain

from cairnloop.core.markdown import Block, parse_source_blocks
from cairnloop.drafting.leaning import leads_on, speaks_of_the_text, takes_back, warns, words_of
from cairnloop.drafting.surroundings import Span, turns

MARKERS = re.compile(r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*", re.MULTILINE)
SAYS_NOTHING = frozenset(" \t\r\n*_`#=.,:;!?…()[]\"'“”„‘’«»–—-")
"""What may stand between quotes and say nothing: space, and marks that close or emphasise. Struck text does say it."""
READABLE = frozenset({"paragraph", "bullet_list", "ordered_list"})


class Omission(StrEnum):
    """What of the sections around its quotes a draft leaves out."""

    NONE = ""
    SECTION = "section"
    """A part of a section it quotes: a paragraph, an item, a quotation, a table, code, a label in bold."""
    HEADING = "heading"
    """A heading above a quote that says more than the quote, or limits it."""
    ELSEWHERE = "elsewhere"
    """What stands below the headings above, or speaks of the whole article, and may limit what is quoted."""


@dataclass(frozen=True, slots=True)
class _Section:
    headings: tuple[Block, ...]
    above: tuple[_Section, ...]
    """The sections of the headings above, and what stands before any heading."""
    blocks: list[Block]


def omissions_in(quoted: Iterable[tuple[str, Sequence[Span]]]) -> tuple[Omission, ...]:
    """Return what quotes leave out of their articles, each an article with its spans; each kind once."""
    found = {omission_in(text, spans) for text, spans in quoted}
    return tuple(each for each in Omission if each and each in found)


def omission_in(text: str, spans: Iterable[Span]) -> Omission:
    """Return the gravest of what quotes at `spans` leave out of the sections of the article they stand in."""
    quoted = sorted(spans)
    sections = _quoted_sections(text, quoted)
    if any(_is_left_out(block, text, quoted) for each in sections for block in each.blocks):
        return Omission.SECTION
    said = words_of(" ".join(text[start:end] for start, end in quoted))
    headings = dict.fromkeys(chain.from_iterable(each.headings for each in sections))
    if any(_limits_unsaid(heading, text, quoted, said) for heading in headings):
        return Omission.HEADING
    above = dict.fromkeys(id(over) for each in sections for over in each.above)
    for section in _sections_of(text):
        for at, block in enumerate(section.blocks):
            limits = _limits if id(section) in above else _speaks_of_all
            is_last = at == len(section.blocks) - 1
            if limits(block, text, is_last=is_last) and _is_left_out(block, text, quoted):
                return Omission.ELSEWHERE
    return Omission.NONE


@lru_cache(maxsize=16)
def _sections_of(text: str) -> tuple[_Section, ...]:
    return tuple(_sections(text))


def _sections(text: str) -> Iterator[_Section]:
    section = _Section((), (), [])
    path: list[tuple[int, _Section]] = [(0, section)]
    for block in parse_source_blocks(text):
        if not block.level:
            section.blocks.append(block)
            continue
        yield section
        path = [each for each in path if each[0] < block.level]
        over = path[-1][1]
        section = _Section((*over.headings, block), tuple(each for _, each in path), [])
        path.append((block.level, section))
    yield section


def _quoted_sections(text: str, quoted: Sequence[Span]) -> list[_Section]:
    """Return the sections something is quoted of; of a heading, unless it is said above what stands below it."""
    every = _sections_of(text)
    found = [each for each in every if any(_is_touched(block, quoted) for block in each.blocks)]
    said_above = {id(over) for each in found for over in each.above}
    headed = [each for each in every if each.headings and _is_touched(each.headings[-1], quoted)]
    return found + [each for each in headed if id(each) not in said_above and each not in found]


def _is_touched(block: Block, quoted: Sequence[Span]) -> bool:
    return any(block.start < end and start < block.end for start, end in quoted)


def _is_left_out(block: Block, text: str, quoted: Sequence[Span]) -> bool:
    """Return whether anything is left of a block once the quotes are taken away."""
    if block.kind == "hr":
        return False
    return any(not SAYS_NOTHING.issuperset(MARKERS.sub("", gap)) for gap in _gaps(block, text, quoted))


def _gaps(block: Block, text: str, quoted: Sequence[Span]) -> Iterator[str]:
    at = block.start
    for start, end in quoted:
        if start < block.end and at < end:
            yield text[at : max(start, at)]
            at = end
    yield text[at : block.end]


def _limits_unsaid(heading: Block, text: str, quoted: Sequence[Span], said: frozenset[str]) -> bool:
    if not _is_left_out(heading, text, quoted):
        return False
    return limits(heading.words) or not words_of(heading.words) <= said


def limits(text: str) -> bool:
    """Return whether a text may limit what stands below it: by a "not", an "if", a warning, or by speaking of it."""
    return turns(text) or warns(text) or takes_back(text) or bool(speaks_of_the_text(text))


def _limits(block: Block, text: str, *, is_last: bool) -> bool:
    """Return whether a block may limit the sections below; what is no plain text does, since nobody can tell."""
    if block.kind == "hr":
        return False
    written = text[block.start : block.end]
    return block.kind not in READABLE or limits(written) or (is_last and leads_on(written.rstrip()))


def _speaks_of_all(block: Block, text: str, *, is_last: bool) -> bool:
    written = text[block.start : block.end]
    return block.kind not in ("fence", "code_block") and speaks_of_the_text(written) == "article"
