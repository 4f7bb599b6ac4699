"""Sets are checked, figures are right, and a judgement is never tested on what it was fitted to."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest

from cairnloop.retrieval.evaluating import metrics
from cairnloop.retrieval.evaluating.calibrating import Example, cross_validated, fit
from cairnloop.retrieval.evaluating.sets import UnusableSet, read_set


def write_set(directory: Path, articles: list[object], queries: list[object]) -> Path:
    """A set on disk."""
    for name, rows in (("articles", articles), ("queries", queries)):
        (directory / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return directory


ARTICLE = {"id": "a1", "title": "Plans", "body_md": "Text.", "left_out_in_gap_protocol": True}


def test_a_question_whose_articles_are_left_out_has_no_answer(tmp_path: Path) -> None:
    labelled = read_set(write_set(tmp_path, [ARTICLE], [{"id": "q1", "text": "How?", "gold": ["a1"]}]))
    assert labelled.articles[0].is_left_out
    assert not labelled.queries[0].is_answerable


@pytest.mark.parametrize(
    ("articles", "queries", "said"),
    [
        ([], [], "holds no articles"),
        ([{"id": "a1"}], [], "'title' is missing"),
        ([ARTICLE], [{"id": "q", "text": "x", "gold": ["a9"]}], "a9"),
        (["text"], [], "is missing"),
    ],
)
def test_an_unusable_set_is_refused_in_words(
    tmp_path: Path, articles: list[object], queries: list[object], said: str
) -> None:
    with pytest.raises(UnusableSet, match=said):
        read_set(write_set(tmp_path, articles, queries))


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableSet, match="not a directory"):
        read_set(tmp_path / "nowhere")


def test_figures_of_a_ranking() -> None:
    gold = frozenset({"a", "b"})
    assert metrics.ndcg(["a", "b"], gold) == 1
    assert metrics.ndcg(["x", "a"], gold) == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))
    assert metrics.reciprocal_rank(["x", "a"], gold) == 0.5
    assert metrics.recall(["x", "a"], gold, at=2) == 0.5
    assert metrics.area_under_curve([2, 3], [1, 2]) == pytest.approx(0.875)
    assert metrics.threshold_at([4, 3, 2, 1], answered=0.5) == 3


def test_a_fit_finds_what_tells_and_ignores_groups_it_was_not_shown() -> None:
    chance = random.Random(4)
    examples = []
    for at in range(400):
        truth = at % 2 == 0
        parts = {"signal": chance.gauss(1.5 if truth else 0, 1), "noise": chance.gauss(0, 1)}
        examples.append(Example(parts, truth, f"g{at % 40}", "set"))
    fitted = fit(examples, ("signal", "noise"))
    assert fitted.coefficients["signal"] > 1 > 5 * abs(fitted.coefficients["noise"])
    logits = cross_validated(examples, ("signal", "noise"))
    area = metrics.area_under_curve(
        [logit for each, logit in zip(examples, logits, strict=True) if each.is_answerable],
        [logit for each, logit in zip(examples, logits, strict=True) if not each.is_answerable],
    )
    assert 0.8 < area < 0.92
