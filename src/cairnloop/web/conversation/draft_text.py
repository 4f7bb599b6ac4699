"""The text of a draft as the workspace shows it: its sentences, each with the number of its source or its doubt."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from cairnloop.core.markdown import Block, parse_blocks, render_inline
from cairnloop.drafting.models import DraftSentence
from cairnloop.drafting.single_sentence import without_marker
from cairnloop.drafting.structure import PlacedSentence, spans_of
from cairnloop.drafting.surroundings import LISTS
from cairnloop.drafting.taking_over import can_be_taken_over

Span = tuple[int, int, int]
"""What is quoted: a revision, and where the quote begins and ends in it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One sentence: what it says, and the number of its source or why it has none."""

    index: int
    html: SafeString
    number: int | None = None
    title: str = ""
    doubt: str = ""
    can_be_taken_over: bool = False
    is_taken_over: bool = False
    """The operator ticked it, and something else was refused."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A paragraph with its sentences, or a list or an item with what stands in it."""

    tag: str
    """"p", "ul", "ol" or "li"."""
    pieces: tuple[Piece, ...] = ()
    children: tuple[Shown, ...] = ()
    first: str = ""
    """The number of an ordered list's first item."""

    @property
    def all_pieces(self) -> tuple[Piece, ...]:
        """Its sentences, and those of all that stands in it, in order."""
        return (*self.pieces, *(piece for child in self.children for piece in child.all_pieces))

    def ticked(self, taken_over: Collection[int]) -> Shown:
        """Return it with the sentences ticked that an operator stands for, by their indexes."""
        return replace(
            self,
            pieces=tuple(replace(each, is_taken_over=each.index in taken_over) for each in self.pieces),
            children=tuple(each.ticked(taken_over) for each in self.children),
        )


@dataclass(frozen=True, slots=True)
class _Placed:
    """A sentence, and where it begins in the reply."""

    start: int
    sentence: DraftSentence


def numbers_of(sentences: Sequence[DraftSentence]) -> dict[Span, int]:
    """Return the number of each quoted span, in the order of the text."""
    spans = dict.fromkeys((each.revision_id, each.start, each.end) for each in sentences if each.revision_id)
    return {(span[0] or 0, span[1], span[2]): number for number, span in enumerate(spans, 1)}


def blocks_of(sentences: Sequence[DraftSentence], numbers: Mapping[Span, int]) -> tuple[Shown, ...]:
    """Return the sentences as they will be read once they are sent: in paragraphs and in lists, nested as they are.

    Those whose source has no number among these show none.
    """
    text, spans = spans_of([PlacedSentence(each.text, each.begins_paragraph) for each in sentences])
    placed = [_Placed(start, each) for (start, _), each in zip(spans, sentences, strict=True)]
    found = tuple(_shown(parse_blocks(text), placed, numbers))
    # What is rendered as nothing, such as where a link leads, has to be seen before it is sent.
    if [piece.index for block in found for piece in block.all_pieces] != [each.index for each in sentences]:
        return tuple(_paragraphs(placed, numbers))
    return found


def _shown(
    blocks: Sequence[Block], placed: Sequence[_Placed], numbers: Mapping[Span, int], *, is_item: bool = False
) -> Iterator[Shown]:
    for at, block in enumerate(blocks):
        within = [each for each in placed if block.start <= each.start < block.end]
        if block.kind in LISTS or block.kind == "list_item":
            children = tuple(_shown(block.children, within, numbers, is_item=block.kind == "list_item"))
            number = str(block.first) if block.first is not None else ""
            yield Shown(TAGS[block.kind], children=children, first=number)
        else:
            yield from _paragraphs(within, numbers, has_marker=is_item and at == 0)


def _paragraphs(placed: Sequence[_Placed], numbers: Mapping[Span, int], *, has_marker: bool = False) -> Iterator[Shown]:
    pieces: list[Piece] = []
    for each in placed:
        if each.sentence.begins_paragraph and pieces:
            yield Shown("p", tuple(pieces))
            pieces = []
        text = without_marker(each.sentence.text) if has_marker and each is placed[0] else each.sentence.text
        pieces.append(_piece(each.sentence, text, numbers))
    if pieces:
        yield Shown("p", tuple(pieces))


def _piece(sentence: DraftSentence, text: str, numbers: Mapping[Span, int]) -> Piece:
    return Piece(
        index=sentence.index,
        html=render_inline(text),
        number=numbers.get((sentence.revision_id or 0, sentence.start, sentence.end)),
        title=sentence.revision.title if sentence.revision else "",
        doubt=str(DOUBTS.get(sentence.doubt, "")) if sentence.doubt else "",
        can_be_taken_over=can_be_taken_over(sentence),
    )


TAGS = {"bullet_list": "ul", "ordered_list": "ol", "list_item": "li"}
DOUBTS: dict[str, Promise] = {
    "no_source": gettext_lazy("No source"),
    "not_found": gettext_lazy("Not found in its source"),
    "several": gettext_lazy("More than one plain sentence"),
    "cut_short": gettext_lazy("Its source says more in this sentence, such as “not” or “if”"),
    "foreign_link": gettext_lazy("A link or address of unknown origin"),
    "turned": gettext_lazy("Characters that turn the order of the text"),
}
