"""Whether a reply is built as the articles it quotes: what is an item, of which list, below what. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cairnloop.core.markdown import Block, parse_blocks
from cairnloop.drafting.phrasing import text_of


@dataclass(frozen=True, slots=True)
class QuotedArticle:
    """An article that a draft quotes."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class PlacedSentence:
    """A sentence of a draft, and where its quote stands in an article; nowhere if it quotes none."""

    text: str
    begins_paragraph: bool = True
    article: QuotedArticle | None = None
    start: int = 0
    end: int = 0


_Origin = tuple[QuotedArticle, Block, int]
STEP = ["ordered_list", "list_item", "paragraph"]


@dataclass(frozen=True, slots=True)
class Place:
    """A block that something stands in, and the number it is shown with as a step."""

    block: Block
    number: int = 0


def places_in(text: str, start: int, end: int) -> tuple[Place, ...]:
    """Return the blocks that hold all of some characters, from the outermost to the innermost."""
    return tuple(_places(_blocks_of(text), start, end))


def spans_of(sentences: Sequence[PlacedSentence]) -> tuple[str, list[tuple[int, int]]]:
    """Return the reply that is made of sentences, and where each of them stands in it."""
    said, spans = "", []
    for at, each in enumerate(sentences):
        # The marks between two sentences are those that the reply is sent with.
        said = text_of([PlacedSentence(said), each]) if at else each.text
        start = len(said) - len(each.text.lstrip())
        spans.append((start, start + len(each.text.strip())))
    lines = said.replace("\r\n", " \n").replace("\r", "\n")
    first = len(lines) - len(lines.lstrip())
    # As a message is kept: without the space around it, which would count as indentation.
    return lines.strip(), [(start - first, end - first) for start, end in spans]


def changes_structure(sentences: Sequence[PlacedSentence]) -> bool:
    """Return whether a quote stands otherwise in the reply than in its article, both as they are shown.

    Each block of the reply has to stand for one block of an article, and each of these for one of the reply: of the
    same kind, at the same depth, steps with the same number, and with the same sentences in them. A heading may be a
    paragraph; one that begins with a number is shown as a step then, with a list of its own.
    """
    text, spans = spans_of(sentences)
    if _mixes_into_quotes(sentences, [places_in(text, *span) for span in spans]):
        return True
    sources: dict[Block, _Origin] = {}
    shown: dict[_Origin, Block] = {}
    for each, span in zip(sentences, spans, strict=True):
        if each.article is None:
            continue
        here, there = places_in(text, *span), places_in(each.article.text, each.start, each.end)
        if there and there[0].block.kind == "heading" and [place.block.kind for place in here] == STEP:
            there = tuple(Place(there[0].block) for _ in here)
        elif len(here) != len(there) or not all(map(_are_alike, here, there)):
            return True
        if not here or here[-1].block.kind != "paragraph":
            return True
        for depth, (place, source) in enumerate(zip(here, there, strict=True)):
            origin = (each.article, source.block, depth)
            if (
                sources.setdefault(place.block, origin) != origin
                or shown.setdefault(origin, place.block) != place.block
            ):
                return True
    return False


def _mixes_into_quotes(sentences: Sequence[PlacedSentence], places: Sequence[Sequence[Place]]) -> bool:
    """Return whether what quotes nothing stands between quotes, in the paragraph of one, or twice."""
    quotes = [at for at, each in enumerate(sentences) if each.article]
    others = [at for at, each in enumerate(sentences) if not each.article]
    if not quotes or not others:
        return False
    quoted = [place.block for at in quotes for place in places[at]]
    return (
        any(quotes[0] < at < quotes[-1] for at in others)
        or len({sentences[at].text for at in others}) < len(others)
        or any([place.block.kind for place in places[at]] != ["paragraph"] for at in others)
        or any(places[at][0].block in quoted for at in others)
    )


def _are_alike(place: Place, source: Place) -> bool:
    kind = "paragraph" if source.block.kind == "heading" else source.block.kind
    return (place.block.kind, place.number) == (kind, source.number)


def _places(blocks: Sequence[Block], start: int, end: int, *, first: int | None = None) -> Iterator[Place]:
    for at, block in enumerate(blocks):
        if block.start <= start and end <= block.end:
            yield Place(block, 0 if first is None else first + at)
            yield from _places(block.children, start, end, first=block.first)
            return


@lru_cache(maxsize=16)
def _blocks_of(text: str) -> tuple[Block, ...]:
    return parse_blocks(text)
