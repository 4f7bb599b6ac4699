"""How likely the evidence holds the answer: a calibrated judgement over a few figures of one search. Pure.

The coefficients come from `manage.py cairnloop_evaluate answerability` and belong to one model.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from cairnloop.retrieval.evidence import Answerability
from cairnloop.retrieval.fusing import Fused
from cairnloop.retrieval.lexicon import QueryLexeme

WORDS_ONLY = "words"
"""Name of the calibration used where a search had no vectors."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression over the parts, and the score at and above which a query counts as answerable."""

    model: str
    intercept: float
    coefficients: dict[str, float]
    threshold: float


@cache
def shipped_calibrations() -> dict[str, Calibration]:
    """Return the calibrations that come with the package, by the name of their model."""
    text = resources.files("cairnloop.retrieval").joinpath("calibrations.json").read_text(encoding="utf-8")
    return {row["model"]: Calibration(**row) for row in json.loads(text)}


def judge(
    fused: Sequence[Fused], *, lexemes: Sequence[QueryLexeme], best_lexemes: frozenset[str], model: str | None
) -> Answerability:
    """Return how likely the canonical evidence answers the query.

    `fused` is all canonical evidence, one chunk of each article, best first; `best_lexemes` are the words of the first.
    `model` names the vectors' model, or is None where words alone were searched.
    """
    calibrations = shipped_calibrations()
    calibration = calibrations.get(model or WORDS_ONLY) or calibrations[WORDS_ONLY]
    if not fused:
        return Answerability(score=0.0, threshold=calibration.threshold, coverage=0.0)
    parts = parts_of(fused, lexemes=lexemes, best_lexemes=best_lexemes)
    logit = calibration.intercept + sum(weight * parts[name] for name, weight in calibration.coefficients.items())
    return Answerability(
        score=1 / (1 + math.exp(-max(-60.0, min(60.0, logit)))),
        threshold=calibration.threshold,
        coverage=parts["coverage"],
        parts=parts,
    )


def parts_of(
    fused: Sequence[Fused], *, lexemes: Sequence[QueryLexeme], best_lexemes: frozenset[str]
) -> dict[str, float]:
    """Return the figures a judgement is made of; every one is finite."""
    first = fused[0]
    second = fused[1] if len(fused) > 1 else None
    meanings = sorted((each.meaning_score for each in fused if each.meaning_score is not None), reverse=True) or [0.0]
    words = sorted((each.words_score or 0.0 for each in fused), reverse=True)
    ideal = sum(each.weight for each in lexemes) or 1.0
    return {
        "meaning": first.meaning_score or 0.0,
        "best_meaning": meanings[0],
        "meaning_margin": meanings[0] - _mean(meanings[1:6]),
        "coverage": coverage(lexemes, best_lexemes),
        "words": (first.words_score or 0.0) / ideal,
        "words_margin": (words[0] - _mean(words[1:6])) / max(words[0], 1e-9),
        "margin": first.score - (second.score if second else 0.0),
        "agreement": 1.0 if first.words_rank == 1 and first.meaning_rank == 1 else 0.0,
        "identifier": 1.0 if first.has_identifier else 0.0,
    }


def coverage(lexemes: Sequence[QueryLexeme], held: frozenset[str]) -> float:
    """Return the share of the query's information that is in `held`: words no chunk has count the most."""
    by_place: dict[int, tuple[float, bool]] = {}
    for each in lexemes:
        information, is_held = by_place.get(each.place, (0.0, False))
        by_place[each.place] = (max(information, each.information), is_held or each.lexeme in held)
    total = sum(information for information, _ in by_place.values())
    return sum(information for information, is_held in by_place.values() if is_held) / total if total else 0.0


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0
