"""What stands around a quote in its source and may turn round what it says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from cairnloop.core.markdown import Block, parse_blocks
from cairnloop.knowledge_base.sentences import sentence_spans

ITEM = re.compile(r"\s*(?:(?:[-*+]|\d{1,9}[.)])\s+|>\s?)")
LISTS = frozenset({"bullet_list", "ordered_list"})
OPENING = " \n\"'“”„‘’«»([*_"
CLOSING = " \n\"'“”‘’«»)]*_.!…:"
"""What a whole sentence may lack and say the same. Struck text is none without its strokes, a question no statement."""
TURNING = re.compile(
    r"""n['’]t\b | \b(?:
      not|no|non|none|nobody|nothing|nowhere|never|neither|nor|cannot|without|false(?:ly)?|wrong(?:ly)?|incorrect|untrue
    | myths?|avoid\w*|instead|rather|refrain\w*|beware|careful|forbid\w*|forbade|prohibit\w*|disallow\w*|ban(?:s|ned)?
    | prevent\w*|stop(?:s|ped|ping)?|cease[sd]?|hardly|barely|scarcely|rarely|seldom|unable|impossible|unlikely
    | refus(?:e|es|ed|al|ing)|den(?:y|ies|ied)|declin(?:e|es|ed)|reject\w*|lack(?:s|ed|ing)?|fail(?:s|ed|ing|ure)?
    | exclud\w*|exempt\w*|deprecated|obsolete|retract\w*|withdrawn|discontinued|used\s+to|far\s+from|pretend\w*
    | alleged\w*|rumou?rs?|doubt\w*
    | if|unless|except\w*|only|alone|until|till|when|whenever|while|once|after|before|provided|providing|assum\w*
    | suppos\w*|although|though|despite|but|however|in\s+(?:the\s+)?(?:event|case)|subject\s+to|(?:as|so)\s+long|whether
    | nicht|nichts|kein\w*|nie|niemals|niemand|weder|noch|ohne|falsch|statt|anstatt|vermeide\w*|verboten|untersagt
    | verbiet\w*|kaum|selten|unmöglich|verweiger\w*|angeblich|veraltet|zurückgezogen
    | wenn|falls|außer|ausser|nur|bis|sofern|solange|sobald|nachdem|bevor|obwohl|aber|sondern|jedoch|trotz
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Negations and conditions, in the languages the product speaks."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a quote stands."""

    is_whole: bool
    """It is one or more whole sentences of a paragraph, an item of a list or a heading."""
    left_out: str
    """What of the sentences it stands in it leaves out."""
    number: int | None
    """The number of the step it begins; None if it begins none."""
    leads: tuple[Span, ...]
    """The sentences that introduce the lists it is an item of, in order."""

    @property
    def turns(self) -> bool:
        """True where what is left out may turn round what the quote says, or only asks whether it is so."""
        return turns(self.left_out) or "?" in self.left_out


def surroundings_of(text: str, start: int, end: int) -> Surroundings:
    """Return what stands around characters `start` to `end` of a text."""
    path = _path(_blocks_of(text), start, end)
    if not path or path[-1].kind not in ("paragraph", "heading"):
        lines = text.rfind("\n", 0, start) + 1, _line_end(text, end)
        return Surroundings(False, text[lines[0] : start] + text[end : lines[1]], None, tuple(_leads(text, path)))
    first, marked = _words_begin(text, path[-1])
    spans = [span for span in sentence_spans(text, first, path[-1].end) if span[0] < end and start < span[1]]
    before, after = text[spans[0][0] : start] if spans else "", text[end : spans[-1][1]] if spans else ""
    is_whole = bool(spans) and not before.strip(OPENING) and not after.strip(CLOSING)
    begins = marked and bool(spans) and spans[0][0] == first and is_whole
    return Surroundings(is_whole, f"{before} {after}", _number(path) if begins else None, tuple(_leads(text, path)))


def turns(text: str) -> bool:
    """Return whether a text holds a negation or a condition."""
    return bool(TURNING.search(text))


@lru_cache(maxsize=16)
def _blocks_of(text: str) -> tuple[Block, ...]:
    return parse_blocks(text)


def _path(blocks: Sequence[Block], start: int, end: int) -> list[Block]:
    """Return the blocks the characters stand in, from the outermost to the innermost."""
    for block in blocks:
        if block.start <= start and end <= block.end:
            return [block, *_path(block.children, start, end)]
    return []


def _words_begin(text: str, block: Block) -> tuple[int, bool]:
    """Return where a block's words begin behind the marks of its items and headings, and whether there are any."""
    at = block.start
    while marker := ITEM.match(text, at, block.end):
        at = marker.end()
    if block.kind == "heading":
        at += len(text[at : block.end]) - len(text[at : block.end].lstrip("# "))
    return at, at > block.start


def _leads(text: str, path: Sequence[Block]) -> Iterator[Span]:
    siblings: Sequence[Block] = _blocks_of(text)
    for block in path:
        before = next((each for each in reversed(siblings) if each.end <= block.start), None)
        if block.kind in LISTS and before is not None and before.kind == "paragraph":
            first, _ = _words_begin(text, before)
            spans = sentence_spans(text, first, before.end)
            if spans and (text[slice(*spans[-1])].rstrip(" \n*_").endswith(":") or turns(text[slice(*spans[-1])])):
                yield spans[-1]
        siblings = block.children


def _number(path: Sequence[Block]) -> int | None:
    """Return which step of its list the innermost block begins, as it is counted where the list is shown."""
    for holder, item in pairwise(path):
        if holder.first is not None and item.children and item.children[0] == path[-1]:
            return holder.first + holder.children.index(item)
    return None


def _line_end(text: str, end: int) -> int:
    found = text.find("\n", end)
    return len(text) if found < 0 else found
