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


def noisy_examples(**means: float) -> list[Example]:
    """Four hundred examples in forty groups; each figure is that much higher where there is an answer."""
    chance = random.Random(4)
    return [
        Example(
            {name: chance.gauss(mean if at % 2 == 0 else 0, 1) for name, mean in means.items()},
            at % 2 == 0,
            f"g{at % 40}",
            "set",
        )
        for at in range(400)
    ]


def area(examples: list[Example], scores: list[float]) -> float:
    """The area under the curve of these scores."""
    return metrics.area_under_curve(
        [score for each, score in zip(examples, scores, strict=True) if each.is_answerable],
        [score for each, score in zip(examples, scores, strict=True) if not each.is_answerable],
    )


def test_a_fit_finds_what_tells_and_ignores_groups_it_was_not_shown() -> None:
    examples = noisy_examples(signal=1.5, noise=0)
    fitted = fit(examples, ("signal", "noise"))
    noise = fitted.parts["noise"].weight if "noise" in fitted.parts else 0.0
    assert fitted.parts["signal"].weight > 1 > 5 * noise
    assert 0.68 < area(examples, cross_validated(examples, ("signal", "noise"))) < 0.92


def test_a_part_counts_up_to_what_nine_in_ten_answerable_questions_reach() -> None:
    examples = noisy_examples(signal=1.5)
    up_to = fit(examples, ("signal",)).parts["signal"].up_to
    reached = [each.figures["signal"] >= up_to for each in examples if each.is_answerable]
    assert sum(reached) / len(reached) == 0.9


def test_a_part_that_would_count_against_an_answer_is_left_out() -> None:
    assert set(fit(noisy_examples(signal=1.5, misleading=-1.5), ("signal", "misleading")).parts) == {"signal"}


def test_a_group_is_never_judged_by_a_fit_that_saw_it() -> None:
    # Every group has a figure of its own and a truth of its own: only who has seen it can tell.
    examples = [Example({"name": float(at % 2)}, at % 2 == 0, "odd" if at % 2 else "even", "set") for at in range(40)]
    assert area(examples, cross_validated(examples, ("name",))) <= 0.5


def test_answers_that_can_be_told_apart_without_a_mistake_give_finite_weights() -> None:
    examples = [Example({"sign": float(at % 2)}, bool(at % 2), f"g{at}", "set") for at in range(40)]
    assert 0 < fit(examples, ("sign",)).parts["sign"].weight < 100
