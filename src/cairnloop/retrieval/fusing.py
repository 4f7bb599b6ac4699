"""One order out of two legs: scores are scaled by the best of each leg and added. Pure.

What was tried, with its figures: docs/decisions/0010-search-ranking.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cairnloop.retrieval.evidence import Source
from cairnloop.retrieval.sources.legs import Hit

MEANING_SHARE = 0.6
"""Share of meaning in the score of a query short enough to be embedded whole; words have the rest."""
EMBEDDED_WORDS = 180
"""A sentence model reads about so many words; what a longer query says is known to the words leg alone."""
CANONICAL_BOOST = 0.015
QUESTION_WORDS = 30
"""In a query longer than a question, an identifier is one matter among others, and boosts less."""
IDENTIFIER_BOOST = 0.25
PHRASE_BOOST = 0.1
NOT_FOUND: tuple[int | None, Hit | None] = (None, None)
PRIORITY = {Source.ARTICLE: 0, Source.RESOLVED_CASE: 1}


@dataclass(frozen=True, slots=True)
class Legs:
    """What the two legs found in one source, each best first."""

    source: Source
    words: Sequence[Hit] = ()
    meaning: Sequence[Hit] = ()


@dataclass(frozen=True, slots=True)
class Fused:
    """One chunk with its place in each leg and its score in both."""

    source: Source
    chunk_id: int
    owner_id: int
    score: float = 0.0
    words_score: float | None = None
    words_rank: int | None = None
    meaning_score: float | None = None
    meaning_rank: int | None = None
    has_identifier: bool = False
    has_phrase: bool = False
    lacks_vector: bool = False


def fuse(sources: Iterable[Legs], *, query_words: int) -> list[Fused]:
    """Return every chunk once, best first, in a total order that does not depend on the order of what is equal."""
    legs = list(sources)
    meanings = [hit.score for each in legs for hit in each.meaning]
    scale = _Scale(
        share=meaning_share(query_words) if meanings else 0.0,
        best_words=max((hit.score for each in legs for hit in each.words), default=0.0),
        best_meaning=max(meanings, default=0.0),
        # A chunk the meaning leg left out is at most as near as the last one it found.
        least_meaning=min(meanings, default=0.0),
        boost=min(1.0, QUESTION_WORDS / max(query_words, 1)),
    )
    return sorted((fused for each in legs for fused in _joined(each, scale)), key=_order)


def meaning_share(query_words: int) -> float:
    """Return the share of the meaning leg: less for a query that was embedded only in part."""
    return MEANING_SHARE * min(1.0, math.sqrt(EMBEDDED_WORDS / max(query_words, 1)))


def best_per_owner(fused: Iterable[Fused], *, at_most: int = 1) -> list[Fused]:
    """Keep the order, and of each article or case only its best `at_most` chunks."""
    kept: list[Fused] = []
    counts: dict[tuple[Source, int], int] = {}
    for each in fused:
        owner = (each.source, each.owner_id)
        counts[owner] = counts.get(owner, 0) + 1
        if counts[owner] <= at_most:
            kept.append(each)
    return kept


@dataclass(frozen=True, slots=True)
class _Scale:
    """What all scores of one search are measured by."""

    share: float
    best_words: float
    best_meaning: float
    least_meaning: float
    boost: float


def _joined(legs: Legs, scale: _Scale) -> Iterator[Fused]:
    words = {hit.chunk_id: (rank, hit) for rank, hit in enumerate(legs.words, start=1)}
    meaning = {hit.chunk_id: (rank, hit) for rank, hit in enumerate(legs.meaning, start=1)}
    canonical = CANONICAL_BOOST if legs.source is Source.ARTICLE else 0.0
    for chunk_id in words | meaning:
        words_rank, said = words.get(chunk_id, NOT_FOUND)
        meaning_rank, meant = meaning.get(chunk_id, NOT_FOUND)
        owner = said or meant
        assert owner is not None
        by_words = _scaled(said.score, scale.best_words) if said else 0.0
        lacks_vector = bool(said and said.lacks_vector and not meant)
        # Nobody knows how near it is: it stands where its words alone would place it.
        by_meaning = (
            by_words if lacks_vector else _scaled(meant.score if meant else scale.least_meaning, scale.best_meaning)
        )
        boost = IDENTIFIER_BOOST * said.has_identifier + PHRASE_BOOST * said.has_phrase if said else 0.0
        yield Fused(
            source=legs.source,
            chunk_id=chunk_id,
            owner_id=owner.owner_id,
            score=scale.share * by_meaning + (1 - scale.share) * by_words + canonical + boost * scale.boost,
            words_score=said.score if said else None,
            words_rank=words_rank,
            meaning_score=meant.score if meant else None,
            meaning_rank=meaning_rank,
            has_identifier=bool(said and said.has_identifier),
            has_phrase=bool(said and said.has_phrase),
            lacks_vector=lacks_vector,
        )


def _scaled(score: float, best: float) -> float:
    return max(score, 0.0) / best if best > 0 else 0.0


def _order(each: Fused) -> tuple[float, int, float, float, int, int]:
    return (
        -each.score,
        PRIORITY[each.source],
        each.words_rank or math.inf,
        each.meaning_rank or math.inf,
        each.owner_id,
        each.chunk_id,
    )
