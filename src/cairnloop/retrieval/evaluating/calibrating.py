"""A logistic regression in plain Python: few parts, balanced classes and sets, cross-validated by group. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cairnloop.retrieval.answerability import Calibration, Weight
from cairnloop.retrieval.evaluating.metrics import threshold_at

FOLDS = 5
STEPS = 25
LONGEST_STEP = 2.0
"""Keeps the fit from running away where answers can be told apart without a mistake."""
PENALTY = 0.001
ENOUGH_FOR = 0.9
"""A part counts up to the level that so many of the answerable questions reach; more of it tells nothing."""


@dataclass(frozen=True, slots=True)
class Example:
    """One judged query: its figures, the truth, what must not be split, and which set it is from."""

    figures: dict[str, float]
    is_answerable: bool
    group: str
    set_name: str


def fit(examples: Sequence[Example], names: Sequence[str], *, model: str = "") -> Calibration:
    """Fit with every set and both classes weighing the same, and a small penalty; the threshold is left at one half.

    No part gets a negative weight: one that would is left out, so that more evidence never counts against an answer.
    """
    limits = {name: _enough(examples, name) for name in names}
    kept = list(names)
    while True:
        intercept, weights = _fitted(examples, kept, limits)
        worst = min(weights, key=lambda name: weights[name], default=None)
        if worst is None or weights[worst] >= 0:
            parts = {name: Weight(weights[name], limits[name]) for name in kept}
            return Calibration(model, intercept, parts, threshold=0.5)
        kept.remove(worst)


def cross_validated(examples: Sequence[Example], names: Sequence[str]) -> list[float]:
    """Return the log odds of every example, from a fit that has not seen its group."""
    groups = sorted({each.group for each in examples})
    fold = {group: at % FOLDS for at, group in enumerate(groups)}
    fits = [fit([each for each in examples if fold[each.group] != at], names) for at in range(min(FOLDS, len(groups)))]
    return [fits[fold[each.group]].log_odds(each.figures) for each in examples]


def _enough(examples: Sequence[Example], name: str) -> float:
    levels = []
    for set_name in sorted({each.set_name for each in examples}):
        answered = [each.figures[name] for each in examples if each.set_name == set_name and each.is_answerable]
        if answered:
            levels.append(threshold_at(answered, answered=ENOUGH_FOR))
    return sum(levels) / len(levels) if levels else 0.0


def _fitted(
    examples: Sequence[Example], names: Sequence[str], limits: dict[str, float]
) -> tuple[float, dict[str, float]]:
    columns = [[min(each.figures[name], limits[name]) for each in examples] for name in names]
    scales = [_scale(column) for column in columns]
    scaled = [
        [(figure - mean) / deviation for figure in column]
        for column, (mean, deviation) in zip(columns, scales, strict=True)
    ]
    rows = [[1.0, *figures] for figures in zip(*scaled, strict=True)] if names else [[1.0] for _ in examples]
    labels, weights = [each.is_answerable for each in examples], list(_balanced(examples))
    found = [0.0] * (len(names) + 1)
    for _ in range(STEPS):
        found = _newton(found, rows, weights, labels)
    raw = [weight / deviation for weight, (_, deviation) in zip(found[1:], scales, strict=True)]
    offset = sum(weight * mean for weight, (mean, _) in zip(raw, scales, strict=True))
    return found[0] - offset, dict(zip(names, raw, strict=True))


def _balanced(examples: Sequence[Example]) -> Iterator[float]:
    counts: dict[tuple[str, bool], int] = {}
    for each in examples:
        counts[each.set_name, each.is_answerable] = counts.get((each.set_name, each.is_answerable), 0) + 1
    for each in examples:
        yield 1 / (len(counts) * counts[each.set_name, each.is_answerable])


def _scale(numbers: Sequence[float]) -> tuple[float, float]:
    mean = sum(numbers) / len(numbers)
    return mean, math.sqrt(sum((number - mean) ** 2 for number in numbers) / len(numbers)) or 1.0


def _newton(
    found: Sequence[float], rows: Sequence[Sequence[float]], weights: Sequence[float], labels: Sequence[bool]
) -> list[float]:
    size = len(found)
    gradient = [0.0] + [PENALTY * each for each in found[1:]]
    curvature = [[PENALTY if i == j and i else 1e-9 * (i == j) for j in range(size)] for i in range(size)]
    for row, weight, label in zip(rows, weights, labels, strict=True):
        logit = sum(a * b for a, b in zip(found, row, strict=True))
        probability = 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))
        slope = weight * probability * (1 - probability)
        for i in range(size):
            gradient[i] += weight * (probability - label) * row[i]
            for j in range(size):
                curvature[i][j] += slope * row[i] * row[j]
    step = _solved(curvature, gradient)
    return [each - max(-LONGEST_STEP, min(LONGEST_STEP, change)) for each, change in zip(found, step, strict=True)]


def _solved(matrix: list[list[float]], right: Sequence[float]) -> list[float]:
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for at in range(size):
        best = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        for below in range(size):
            if below != at:
                factor = rows[below][at] / rows[at][at]
                rows[below] = [a - factor * b for a, b in zip(rows[below], rows[at], strict=True)]
    return [rows[at][size] / rows[at][at] for at in range(size)]
