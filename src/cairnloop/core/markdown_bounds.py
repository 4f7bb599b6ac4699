"""How much of a text is read as Markdown: a parser's work grows with marks and lines, so both have an end. Pure.

What lies beyond is shown as it was written. The bounds are counts, the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import table as read_table
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

MARKS_IN_A_BLOCK = 2_000
"""A paragraph, heading or cell with more marks than these is shown as it was written."""
MARKS_IN_A_TEXT = 50_000
"""Once the blocks of a text hold more marks than these together, further ones are shown as they were written."""
LINES = 20_000
"""What follows so many lines is one paragraph, shown as it was written."""
CELLS = 20_000
"""A text with more strokes (|) than these has no tables."""
CELLS_IN_A_ROW = 200
"""What would be a table with longer rows is none."""

MARK = re.compile(r"[*_~`\[\]<&\\!]")
AS_WRITTEN = "as_written"
HAS_TABLES = "cairnloop_has_tables"


def bound(parser: MarkdownIt, *, reads_headings_only: bool = False) -> MarkdownIt:
    """Make a parser keep the bounds, whatever it is given, and return it.

    One that reads headings only leaves the lines of other blocks unread, which saves most of the time.
    """
    parser.core.ruler.at("block", _read_blocks)
    parser.core.ruler.at("inline", _read_headings if reads_headings_only else _read_lines)
    parser.block.ruler.at("table", _read_bounded_table, {"alt": ["paragraph", "reference"]})
    return parser


def marks_in(text: str) -> int:
    """Return how many characters could begin or end something inside a line."""
    return len(MARK.findall(text))


def is_as_written(token: Token) -> bool:
    """True if what a block says was beyond the bounds."""
    return bool(token.meta.get(AS_WRITTEN))


def _read_blocks(state: StateCore) -> None:
    if state.inlineMode:
        state.tokens.append(Token("inline", "", 0, content=state.src, map=[0, 1], children=[]))
        return
    head, rest = _divided(state.src)
    state.env[HAS_TABLES] = head.count("|") <= CELLS
    state.md.block.parse(head, state.md, state.env, state.tokens)
    if rest.strip():
        state.tokens += _one_paragraph(rest)


def _divided(text: str) -> tuple[str, str]:
    if text.count("\n") < LINES:
        return text, ""
    lines = text.split("\n", LINES)
    return "\n".join(lines[:LINES]) + "\n", lines[LINES]


def _one_paragraph(rest: str) -> list[Token]:
    span = [LINES, LINES + rest.count("\n") + 1]
    meta = {AS_WRITTEN: True}
    return [
        Token("paragraph_open", "p", 1, map=span, block=True),
        Token("inline", "", 0, map=span, level=1, children=[], content=rest.strip(), block=True, meta=meta),
        Token("paragraph_close", "p", -1, block=True),
    ]


def _read_lines(state: StateCore) -> None:
    _read(state, state.tokens)


def _read_headings(state: StateCore) -> None:
    _read(state, [token for before, token in pairwise(state.tokens) if before.type == "heading_open"])


def _read(state: StateCore, tokens: Iterable[Token]) -> None:
    left = MARKS_IN_A_TEXT
    for token in tokens:
        if token.type != "inline":
            continue
        marks = marks_in(token.content)
        if is_as_written(token) or marks > min(left, MARKS_IN_A_BLOCK):
            token.meta[AS_WRITTEN] = True
            token.children = [Token("text", "", 0, content=token.content)]
            continue
        left -= marks
        token.children = []
        state.md.inline.parse(token.content, state.md, state.env, token.children)


def _read_bounded_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if not state.env[HAS_TABLES] or start + 1 >= end:
        return False
    if state.src.count("|", state.bMarks[start + 1], state.eMarks[start + 1]) > CELLS_IN_A_ROW:
        return False
    return read_table(state, start, end, silent)
