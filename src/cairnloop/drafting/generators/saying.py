"""The sentences of an article as a draft may say them, and where each of them stands. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cairnloop.core.markdown import Block, leads_nowhere, link_targets, says_plainly
from cairnloop.drafting.sealing import LEAST_LETTERS
from cairnloop.knowledge_base.sentences import sentence_spans

MARKERS = re.compile(r"(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)+")
"""What a list begins its items with."""
HEADING_MARKS = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+|[ \t]+#+[ \t]*$|\n[ \t]*(?:=+|-+)[ \t]*$")


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, or a heading, as a draft says it, and where it stands in the article."""

    start: int
    end: int
    text: str
    quote: str
    begins_paragraph: bool
    is_heading: bool = False


def heading_line(block: Block, text: str) -> Line | None:
    """Return a heading as it is said; None if it cannot be."""
    words = " ".join(HEADING_MARKS.sub("", text[block.start : block.end].strip("\n")).split())
    if not says_plainly(words) or link_targets(words):
        return None
    return Line(block.start, block.end, words, words, True, is_heading=True)


def paragraph_lines(block: Block, text: str) -> Iterator[Line]:
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
        yield Line(start, stop, said, "" if leads_nowhere(written) else written, start == first)


def item_lines(block: Block, text: str) -> Iterator[Line]:
    """Return the sentences of a list and of those inside it; one without words where something cannot be said."""
    for item in block.children:
        if not item.children:
            yield _unsayable(item)
        for child in item.children:
            if child.kind in ("bullet_list", "ordered_list"):
                yield from item_lines(child, text)
            elif child.kind == "paragraph":
                yield from paragraph_lines(child, text)
            else:
                yield _unsayable(child)


def is_provable(quote: str) -> bool:
    """Return whether a quote has letters enough to prove that it was found."""
    return sum(map(str.isalnum, quote)) >= LEAST_LETTERS


def _after_marks(text: str, start: int, end: int) -> int:
    marks = MARKERS.match(text, start, end)
    return marks.end() if marks else start


def _provable_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of the sentences; those of a few letters, which prove nothing, go with a neighbour."""
    found: list[tuple[int, int]] = []
    for first, last in sentence_spans(text, start, end):
        if found and not (is_provable(text[first:last]) and is_provable(text[slice(*found[-1])])):
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def _unsayable(block: Block) -> Line:
    return Line(block.start, block.end, "", "", begins_paragraph=True)
