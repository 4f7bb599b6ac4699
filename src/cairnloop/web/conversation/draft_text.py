"""The text of a draft as the workspace shows it: its sentences, each with the number of its source or its doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from cairnloop.core.markdown import render_inline
from cairnloop.drafting.models import DraftSentence
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


def numbers_of(sentences: Sequence[DraftSentence]) -> dict[Span, int]:
    """Return the number of each quoted span, in the order of the text."""
    spans = dict.fromkeys((each.revision_id, each.start, each.end) for each in sentences if each.revision_id)
    return {(span[0] or 0, span[1], span[2]): number for number, span in enumerate(spans, 1)}


def paragraphs_of(sentences: Sequence[DraftSentence], numbers: Mapping[Span, int]) -> tuple[tuple[Piece, ...], ...]:
    """Return the sentences by paragraph; those whose source has no number among these show none."""
    found: list[list[Piece]] = []
    for each in sentences:
        number = numbers.get((each.revision_id or 0, each.start, each.end))
        title = each.revision.title if each.revision else ""
        doubt = str(DOUBTS.get(each.doubt, "")) if each.doubt else ""
        if each.begins_paragraph or not found:
            found.append([])
        found[-1].append(
            Piece(each.index, render_inline(each.text), number, title, doubt, can_be_taken_over=can_be_taken_over(each))
        )
    return tuple(map(tuple, found))


DOUBTS: dict[str, Promise] = {
    "no_source": gettext_lazy("No source"),
    "not_found": gettext_lazy("Not found in its source"),
    "several": gettext_lazy("More than one plain sentence"),
    "cut_short": gettext_lazy("Its source says more in this sentence, such as “not” or “if”"),
    "foreign_link": gettext_lazy("A link or address of unknown origin"),
}
