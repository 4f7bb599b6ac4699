"""A logistic regression in plain Python: few features, balanced classes and sets, cross-validated by group. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

FOLDS = 5
STEPS = 25
PENALTY = 0.01
FEATURES = ("best_meaning", "meaning_margin", "coverage", "words", "margin")
FEATURES_OF_WORDS = ("coverage", "words", "words_margin")


@dataclass(frozen=True, slots=True)
class Example:
    """One judged query: its parts, the truth, what must not be split, and which set it is from."""

    parts: dict[str, float]
    is_answerable: bool
    group: str
    set_name: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """Coefficients for the parts as they are, not scaled."""

    intercept: float
    coefficients: dict[str, float]

    def logit(self, parts: dict[str, float]) -> float:
        """Return the log odds that a query is answerable."""
        return self.intercept + sum(weight * parts[name] for name, weight in self.coefficients.items())


def fit(examples: Sequence[Example], names: Sequence[str]) -> Fitted:
    """Fit with every set and both classes weighing the same, and a small penalty."""
    scales = [_scale([each.parts[name] for each in examples]) for name in names]
    rows = [
        [1.0, *((each.parts[name] - mean) / deviation for name, (mean, deviation) in zip(names, scales, strict=True))]
        for each in examples
    ]
    counts: dict[tuple[str, bool], int] = {}
    for each in examples:
        counts[each.set_name, each.is_answerable] = counts.get((each.set_name, each.is_answerable), 0) + 1
    weights = [1 / (len(counts) * counts[each.set_name, each.is_answerable]) for each in examples]
    found = [0.0] * len(rows[0])
    for _ in range(STEPS):
        found = _newton(found, rows, weights, [each.is_answerable for each in examples])
    raw = [weight / deviation for weight, (_, deviation) in zip(found[1:], scales, strict=True)]
    offset = sum(weight * mean for weight, (mean, _) in zip(raw, scales, strict=True))
    return Fitted(found[0] - offset, dict(zip(names, raw, strict=True)))


def cross_validated(examples: Sequence[Example], names: Sequence[str]) -> list[float]:
    """Return a logit for every example, from a fit that has not seen its group."""
    groups = sorted({each.group for each in examples})
    fold = {group: at % FOLDS for at, group in enumerate(groups)}
    fits = [fit([each for each in examples if fold[each.group] != at], names) for at in range(min(FOLDS, len(groups)))]
    return [fits[fold[each.group]].logit(each.parts) for each in examples]


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
    return [each - change for each, change in zip(found, step, strict=True)]


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
