"""Figures of a ranking against what was wanted, and of a judgement against the truth. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence


def ndcg(ranked: Sequence[str], gold: frozenset[str], *, at: int = 10) -> float:
    """Return the discounted gain of the first `at`, 1 if every wanted one stands in front."""
    gain = sum(1 / math.log2(place + 2) for place, each in enumerate(ranked[:at]) if each in gold)
    ideal = sum(1 / math.log2(place + 2) for place in range(min(at, len(gold))))
    return gain / ideal if ideal else 0.0


def reciprocal_rank(ranked: Sequence[str], gold: frozenset[str], *, at: int = 10) -> float:
    """Return 1 through the place of the first wanted one."""
    return next((1 / place for place, each in enumerate(ranked[:at], start=1) if each in gold), 0.0)


def recall(ranked: Sequence[str], gold: frozenset[str], *, at: int) -> float:
    """Return the share of the wanted ones among the first `at`."""
    return len(gold.intersection(ranked[:at])) / len(gold) if gold else 0.0


def area_under_curve(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Return how often a positive scores above a negative; ties count half. 0.5 is chance."""
    if not positives or not negatives:
        return math.nan
    marked = sorted([(score, 1) for score in positives] + [(score, 0) for score in negatives])
    rank_sum, at = 0.0, 0
    while at < len(marked):
        end = at
        while end < len(marked) and marked[end][0] == marked[at][0]:
            end += 1
        rank_sum += sum(label for _, label in marked[at:end]) * (at + end + 1) / 2
        at = end
    return (rank_sum - len(positives) * (len(positives) + 1) / 2) / (len(positives) * len(negatives))


def threshold_at(positives: Sequence[float], *, answered: float) -> float:
    """Return the highest threshold that still answers this share of the positives."""
    ordered = sorted(positives, reverse=True)
    return ordered[max(0, math.ceil(answered * len(ordered)) - 1)]


def share_at_least(scores: Sequence[float], threshold: float) -> float:
    """Return the share of scores at or above a threshold."""
    return sum(score >= threshold for score in scores) / len(scores) if scores else math.nan


def percentile(numbers: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the numbers lie."""
    ordered = sorted(numbers)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else math.nan
