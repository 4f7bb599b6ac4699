"""Whether search knows when it does not know: every question of a set judged, and the judgement measured."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cairnloop.core.errors import InvalidInput
from cairnloop.retrieval import embedding
from cairnloop.retrieval.answerability import PARTS, PARTS_OF_WORDS, WORDS_ONLY, Calibration, Weight, probability
from cairnloop.retrieval.calibrations import find_calibration
from cairnloop.retrieval.evaluating import metrics, scratch
from cairnloop.retrieval.evaluating.calibrating import Example, cross_validated, fit
from cairnloop.retrieval.evaluating.sets import LabelledSet
from cairnloop.retrieval.searching import search_knowledge

SHARES = tuple(percent / 100 for percent in range(100, 0, -5))
ANSWERED = 0.9
TOLD_EVERY = 500


class NothingToAbstainFrom(InvalidInput):
    """Answerability needs questions with and without an answer in every set. Nothing was measured."""

    code = "nothing_to_abstain_from"


@dataclass
class AnsweringReport:
    """What was measured on one set.

    `area` under the curve, and the curve itself, come from fits that did not see the question's group: `false_answers`
    by the share of answerable questions that are answered, from all of them to 5%. `stored_…` is what one calibration
    does at its own threshold.
    """

    name: str
    model: str
    answerable: int
    unanswerable: int
    area: float
    false_answers: dict[str, float] = field(default_factory=dict)
    stored_area: float = 0.0
    stored_answered: float = 0.0
    stored_false_answers: float = 0.0

    @property
    def stored_abstained(self) -> float:
        """Share of the questions without an answer that are not answered."""
        return 1 - self.stored_false_answers


def judge_set(labelled: LabelledSet, *, tell: Callable[[str], None]) -> list[Example]:
    """Search every question with the articles that stay, and return its figures; `tell` hears how far it is.

    Only a few numbers of each question are kept, however large the set is.
    """
    labels = {query.is_answerable for query in labelled.queries}
    if len(labels) < 2:
        raise NothingToAbstainFrom(
            f"{labelled.name} has no questions {'without' if True in labels else 'with'} an answer. "
            "Nothing was measured."
        )
    started = time.perf_counter()
    scratch.fill(article for article in labelled.articles if not article.is_left_out)
    tell(f"{labelled.name}: articles published and embedded in {time.perf_counter() - started:.0f} s")
    examples, started = [], time.perf_counter()
    for number, query in enumerate(labelled.queries, start=1):
        judged = search_knowledge(query.text, actor=scratch.EVALUATION).answerability
        figures = judged.parts or dict.fromkeys((*PARTS, *PARTS_OF_WORDS), 0.0)
        examples.append(Example(figures, query.is_answerable, f"{labelled.name}:{query.group}", labelled.name))
        if number % TOLD_EVERY == 0 or number == len(labelled.queries):
            seconds = time.perf_counter() - started
            tell(f"{labelled.name}: {number} of {len(labelled.queries)} questions in {seconds:.0f} s")
    scratch.empty()
    return examples


def calibration_in_use() -> Calibration:
    """Return what search judges by now."""
    return find_calibration(_model())


def report_answering(examples: Sequence[Example], *, stored: Calibration) -> list[AnsweringReport]:
    """Return one report per set: what cross-validation says, and what the calibration `stored` does."""
    fitted = cross_validated(examples, part_names())
    reports = []
    for name in dict.fromkeys(each.set_name for each in examples):
        answerable, unanswerable = _by_truth(examples, fitted, name)
        positives, negatives = _by_truth(examples, [stored.log_odds(each.figures) for each in examples], name)
        report = AnsweringReport(
            name, stored.model, len(answerable), len(unanswerable), metrics.area_under_curve(answerable, unanswerable)
        )
        for share in SHARES:
            threshold = metrics.threshold_at(answerable, answered=share)
            report.false_answers[f"{share:.0%}"] = metrics.share_at_least(unanswerable, threshold)
        report.stored_area = metrics.area_under_curve(positives, negatives)
        report.stored_answered = metrics.share_at_least([probability(each) for each in positives], stored.threshold)
        report.stored_false_answers = metrics.share_at_least(
            [probability(each) for each in negatives], stored.threshold
        )
        reports.append(report)
    return reports


def calibrate(examples: Sequence[Example]) -> Calibration:
    """Return the calibration over all examples; its threshold answers ANSWERED of every set's answerable questions."""
    fitted = fit(examples, part_names(), model=_model() or WORDS_ONLY)
    stored = Calibration(
        fitted.model,
        round(fitted.intercept, 4),
        {name: Weight(round(each.weight, 4), round(each.up_to, 4)) for name, each in fitted.parts.items()},
        threshold=0.5,
    )
    scores = [probability(stored.log_odds(each.figures)) for each in examples]
    names = {each.set_name for each in examples}
    threshold = min(metrics.threshold_at(_by_truth(examples, scores, name)[0], answered=ANSWERED) for name in names)
    # Rounded down: who is at the threshold is still answered.
    return dataclasses.replace(stored, threshold=math.floor(threshold * 10_000) / 10_000)


def part_names() -> tuple[str, ...]:
    """Return the parts a judgement is made of: others where there is no embedder."""
    return PARTS if embedding.find_embedder() else PARTS_OF_WORDS


def _model() -> str | None:
    embedder = embedding.find_embedder()
    return embedder.model if embedder else None


def _by_truth(examples: Sequence[Example], scores: Sequence[float], name: str) -> tuple[list[float], list[float]]:
    rows = [(each, score) for each, score in zip(examples, scores, strict=True) if each.set_name == name]
    return (
        [score for each, score in rows if each.is_answerable],
        [score for each, score in rows if not each.is_answerable],
    )
