"""How likely the evidence holds the answer: a calibrated judgement over three figures of one search. Pure.

Why these, and what did not help: docs/decisions/0011-answerability.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cairnloop.retrieval.evidence import Answerability
from cairnloop.retrieval.fusing import Fused
from cairnloop.retrieval.lexicon import QueryLexeme

WORDS_ONLY = "words"
"""Name of the calibration used where a search had no vectors."""
PARTS = ("meaning", "lead", "coverage")
PARTS_OF_WORDS = ("coverage", "words", "words_lead")
RIVALS = 5
"""The best article is compared with so many others."""
SHARED_WORDS = 0.4
"""What a sentence is worth for holding every word of the query, beside 1 for meaning the very same."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What one part adds to the log odds for each unit, and the level beyond which more of it tells nothing."""

    weight: float
    up_to: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression over the parts of one model, and the score at and above which a query is answerable."""

    model: str
    intercept: float
    parts: Mapping[str, Weight]
    threshold: float

    def log_odds(self, figures: Mapping[str, float]) -> float:
        """Return the log odds that a query with these figures is answerable."""
        return self.intercept + sum(each.weight * min(figures[name], each.up_to) for name, each in self.parts.items())


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the evidence: whose it is, its cosine with the query, and the words it holds."""

    article_id: int
    nearness: float
    lexemes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """What one search found, as far as it is judged.

    `fused` is all canonical evidence, one chunk of each article, best first; `best_lexemes` are the words of the
    first. `sentences` are those of the best chunks; without vectors there are none.
    """

    fused: Sequence[Fused]
    lexemes: Sequence[QueryLexeme]
    best_lexemes: frozenset[str] = frozenset()
    sentences: Sequence[Sentence] = field(default=())


def judge(found: Found, calibration: Calibration) -> Answerability:
    """Return how likely the canonical evidence answers the query; where there is none, not at all."""
    if not found.fused:
        return Answerability(score=0.0, threshold=calibration.threshold, coverage=0.0)
    figures = figures_of(found)
    return Answerability(
        score=probability(calibration.log_odds(figures)),
        threshold=calibration.threshold,
        coverage=figures["coverage"],
        parts=figures,
    )


def probability(log_odds: float) -> float:
    """Return the probability of log odds."""
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, log_odds))))


def figures_of(found: Found) -> dict[str, float]:
    """Return the figures a judgement is made of; every one is finite.

    meaning: cosine of the nearest chunk. lead: how far the article with the best sentence is ahead of the next ones.
    coverage: share of the query's information the first chunk holds. words: the first chunk's score, as a share of
    what it could reach. words_lead: how far the best words are ahead, as a share of themselves.
    """
    words = sorted((each.words_score or 0.0 for each in found.fused), reverse=True)
    ideal = sum(each.weight for each in found.lexemes) or 1.0
    return {
        "meaning": max((each.meaning_score for each in found.fused if each.meaning_score is not None), default=0.0),
        "lead": lead(found.sentences, found.lexemes),
        "coverage": coverage(found.lexemes, found.best_lexemes),
        "words": (found.fused[0].words_score or 0.0) / ideal,
        "words_lead": _ahead(words) / max(words[0], 1e-9),
    }


def lead(sentences: Sequence[Sentence], lexemes: Sequence[QueryLexeme]) -> float:
    """Return how far the article with the best sentence is ahead of the next RIVALS, by their best sentences.

    Where an answer is missing, several articles come equally near. Without another article there is no lead.
    """
    places = _places(lexemes)
    best: dict[int, float] = {}
    for each in sentences:
        worth = each.nearness + SHARED_WORDS * _share(places, each.lexemes)
        best[each.article_id] = max(best.get(each.article_id, -math.inf), worth)
    return _ahead(sorted(best.values(), reverse=True))


def coverage(lexemes: Sequence[QueryLexeme], held: frozenset[str]) -> float:
    """Return the share of the query's information that is in `held`: words no chunk has count the most."""
    by_place: dict[int, tuple[float, bool]] = {}
    for each in lexemes:
        information, is_held = by_place.get(each.place, (0.0, False))
        by_place[each.place] = (max(information, each.information), is_held or each.lexeme in held)
    total = sum(information for information, _ in by_place.values())
    return sum(information for information, is_held in by_place.values() if is_held) / total if total else 0.0


def _places(lexemes: Sequence[QueryLexeme]) -> list[frozenset[str]]:
    """The forms of each word of the query: every language that is searched may read it differently."""
    forms: dict[int, set[str]] = {}
    for each in lexemes:
        forms.setdefault(each.place, set()).add(each.lexeme)
    return [frozenset(each) for each in forms.values()]


def _share(places: Sequence[frozenset[str]], held: frozenset[str]) -> float:
    return sum(not forms.isdisjoint(held) for forms in places) / len(places) if places else 0.0


def _ahead(ordered: Sequence[float]) -> float:
    rivals = ordered[1 : 1 + RIVALS]
    return ordered[0] - sum(rivals) / len(rivals) if rivals else 0.0
