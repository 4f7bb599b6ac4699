"""A text is cut into the parts that are found and quoted: along its headings, and never inside a sentence. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cairnloop.core.markdown import Block, parse_blocks
from cairnloop.knowledge_base.measuring import TokenIndex, estimate_tokens
from cairnloop.knowledge_base.sentences import sentence_spans, word_spans

MAX_TOKENS = 230
"""Tokens of a chunk with its title and headings: what an embedder reads before it stops (256), less a margin."""
PATH_LEVELS = 3
"""Headings of these levels begin a part of their own; deeper ones are text."""
HEADING_CHARS = 200

BLANK_LINES = re.compile(r"(?:[ \t]*\n)*")
RULES_ONLY = re.compile(r"[-*_\s]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """One part: `text[start:end]`, below which headings it stands, and how many tokens it has by itself."""

    heading_path: tuple[str, ...]
    start: int
    end: int
    token_count: int


@dataclass(frozen=True, slots=True)
class _Unit:
    """A span that stays whole where it fits, and how it comes apart where it does not."""

    start: int
    end: int
    block: Block | None = None
    parts: tuple[_Unit, ...] = ()


def chunk(title: str, text: str, *, max_tokens: int = MAX_TOKENS) -> list[Piece]:
    """Cut Markdown into parts, in order and without overlap; everything but headings lies in exactly one of them.

    A part never reaches beyond a heading of level 1 to 3. Lists, tables, code and paragraphs stay whole where they
    fit; else they are cut between items, rows, lines and sentences. Only a sentence, row or line that is too long by
    itself is cut between words, and only a word that is too long inside it.

    `max_tokens` bounds a part together with the title and the headings above it, as they are embedded with it; long
    headings never take more than half. A section with no text has no part.
    """
    cutter = _Cutter(text)
    found: list[Piece] = []
    for path, section in _sections(title, text):
        above = estimate_tokens(" ".join((title, *path)))
        budget = max(max_tokens - above, max_tokens // 2, 1)
        for start, end in cutter.cut(section, budget):
            if not RULES_ONLY.fullmatch(text, start, end):
                found.append(Piece(path, start, end, cutter.size(start, end)))
    return found


def _sections(title: str, text: str) -> Iterator[tuple[tuple[str, ...], list[_Unit]]]:
    """Yield each run of blocks between headings, with the headings above it."""
    path: list[tuple[int, str]] = []
    units: list[_Unit] = []
    begun = 0
    for block in parse_blocks(text):
        if block.level and block.level <= PATH_LEVELS:
            yield _names(path, title), _reaching(text, units, begun, block.start)
            path = [above for above in path if above[0] < block.level]
            path.append((block.level, " ".join(block.words.split())[:HEADING_CHARS]))
            units, begun = [], block.end
        else:
            units.append(_Unit(block.start, block.end, block))
    yield _names(path, title), _reaching(text, units, begun, len(text))


def _names(path: Sequence[tuple[int, str]], title: str) -> tuple[str, ...]:
    # A text that repeats its title as a heading is not found any better for saying it twice.
    return tuple(name for level, name in path if name and not (level == 1 and name.casefold() == title.casefold()))


def _reaching(text: str, units: Sequence[_Unit], start: int, end: int) -> list[_Unit]:
    """Return the units widened until they meet, so that what no block covers (link definitions) lies in one too."""
    edges = [start, *(unit.start for unit in units[1:]), end]
    blocks = [unit.block for unit in units] or [None]
    found = []
    for block, (first, last) in zip(blocks, pairwise(edges), strict=True):
        trimmed = _trimmed(text, first, last)
        if trimmed:
            found.append(_Unit(*trimmed, block))
    return found


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the span without blank lines before and white space behind; a first line keeps its indentation."""
    blank = BLANK_LINES.match(text, start, end)
    start = blank.end() if blank else start
    end = start + len(text[start:end].rstrip())
    return (start, end) if end > start else None


class _Cutter:
    """Cuts the units of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.size = TokenIndex(text).tokens_in

    def cut(self, units: Sequence[_Unit], budget: int) -> list[tuple[int, int]]:
        """Return the spans of one section, each within `budget` tokens and all of about the same size."""
        if not units:
            return []
        total = self.size(units[0].start, units[-1].end)
        even = math.ceil(total / math.ceil(total / budget)) if total else budget
        return self.pack(self.led(units, budget), budget=budget, even=even)

    def pack(
        self, units: Sequence[_Unit], *, budget: int, even: int, current: tuple[int, int] | None = None
    ) -> list[tuple[int, int]]:
        """Put neighbours together until a part has the even size; what does not fit by itself comes apart."""
        closed: list[tuple[int, int]] = []
        for unit in units:
            if current and self.size(*current) < even and self.size(current[0], unit.end) <= budget:
                current = (current[0], unit.end)
            elif self.size(unit.start, unit.end) > budget and len(parts := self.parts(unit, budget)) > 1:
                *whole, current = self.pack(parts, budget=budget, even=even, current=current)
                closed.extend(whole)
            else:
                closed.extend([current] if current else [])
                current = (unit.start, unit.end)
        return [*closed, current] if current else closed

    def led(self, units: Sequence[_Unit], budget: int) -> list[_Unit]:
        """Keep a small heading, or a paragraph that ends with a colon, together with what it leads to."""
        found: list[_Unit] = []
        for unit in reversed(units):
            following = found[-1] if found else None
            if following and self.leads(unit) and self.size(unit.start, following.end) <= budget:
                found[-1] = _Unit(unit.start, following.end, None, (unit, following))
            else:
                found.append(unit)
        return found[::-1]

    def leads(self, unit: _Unit) -> bool:
        """Return whether a unit says little without the one behind it."""
        kind = unit.block.kind if unit.block else ""
        return kind == "heading" or (kind == "paragraph" and self.text[unit.end - 1] == ":")

    def parts(self, unit: _Unit, budget: int) -> Sequence[_Unit]:
        """Return what a unit that is too long comes apart into, the largest parts that are there."""
        if unit.parts:
            return unit.parts
        block = unit.block
        if block and block.children:
            children = [_Unit(child.start, child.end, child) for child in block.children]
            inner = _reaching(self.text, children, unit.start, unit.end)
            return inner if len(inner) > 1 else self.parts(_Unit(unit.start, unit.end, children[0].block), budget)
        if block and block.kind in ("table", "fence", "code_block"):
            lines = self.lines(unit)
            if block.kind == "table" and len(lines) > 2:
                # A table's head and rule say nothing without its first row.
                lines = [_Unit(lines[0].start, lines[2].end, None, tuple(lines[:3])), *lines[3:]]
            if len(lines) > 1:
                return lines
        elif len(sentences := [_Unit(*span) for span in sentence_spans(self.text, unit.start, unit.end)]) > 1:
            return sentences
        words = [_Unit(*span) for span in word_spans(self.text, unit.start, unit.end)]
        return words if len(words) > 1 else self.fragments(unit, budget)

    def lines(self, unit: _Unit) -> list[_Unit]:
        """Return the lines of a unit that hold anything."""
        found, start = [], unit.start
        for line in self.text[unit.start : unit.end].split("\n"):
            if line.strip():
                found.append(_Unit(start, start + len(line.rstrip())))
            start += len(line) + 1
        return found

    def fragments(self, unit: _Unit, budget: int) -> list[_Unit]:
        """Return a word without any place to cut, in pieces that surely fit: a character is four tokens at most."""
        step = max(1, budget // 4)
        return [_Unit(start, min(start + step, unit.end)) for start in range(unit.start, unit.end, step)]
