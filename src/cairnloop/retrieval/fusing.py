"""One order out of two legs: scores are scaled by the best of each leg and added. Pure.

What was tried, with its figures: docs/decisions/0010-search-ranking.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

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


def fuse(sources: Iterable[Legs], *, query_words: int) -> list[Fused]:
    """Return every chunk once, best first, in a total order that does not depend on the order of what is equal."""
    found = [each for legs in sources for each in _joined(legs)]
    best_words = max((each.words_score or 0.0 for each in found), default=0.0)
    meanings = [each.meaning_score for each in found if each.meaning_score is not None]
    best_meaning = max(meanings, default=0.0)
    # A chunk the meaning leg left out is at most as near as the last one it found.
    least_meaning = min(meanings, default=0.0)
    share = meaning_share(query_words) if meanings else 0.0
    scored = []
    for each in found:
        meaning = each.meaning_score if each.meaning_score is not None else least_meaning
        score = share * _scaled(meaning, best_meaning) + (1 - share) * _scaled(each.words_score or 0.0, best_words)
        scored.append(replace(each, score=score + _boost(each, query_words)))
    return sorted(scored, key=_order)


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


def _joined(legs: Legs) -> list[Fused]:
    found = {
        hit.chunk_id: Fused(
            legs.source, hit.chunk_id, hit.owner_id, words_score=hit.score, words_rank=rank,
            has_identifier=hit.has_identifier, has_phrase=hit.has_phrase,
        )
        for rank, hit in enumerate(legs.words, start=1)
    }  # fmt: skip
    for rank, hit in enumerate(legs.meaning, start=1):
        known = found.get(hit.chunk_id) or Fused(legs.source, hit.chunk_id, hit.owner_id)
        found[hit.chunk_id] = replace(known, meaning_score=hit.score, meaning_rank=rank)
    return list(found.values())


def _scaled(score: float, best: float) -> float:
    return max(score, 0.0) / best if best > 0 else 0.0


def _boost(each: Fused, query_words: int) -> float:
    boost = IDENTIFIER_BOOST * each.has_identifier + PHRASE_BOOST * each.has_phrase
    canonical = CANONICAL_BOOST if each.source is Source.ARTICLE else 0.0
    return canonical + boost * min(1.0, QUESTION_WORDS / max(query_words, 1))


def _order(each: Fused) -> tuple[float, int, float, float, int, int]:
    return (
        -each.score,
        PRIORITY[each.source],
        each.words_rank or math.inf,
        each.meaning_rank or math.inf,
        each.owner_id,
        each.chunk_id,
    )
