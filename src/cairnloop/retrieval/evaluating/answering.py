"""Whether search knows when it does not know: every question of a set judged, and the judgement measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cairnloop.core.errors import InvalidInput
from cairnloop.retrieval import embedding
from cairnloop.retrieval.answerability import WORDS_ONLY, Calibration
from cairnloop.retrieval.evaluating import metrics, scratch
from cairnloop.retrieval.evaluating.calibrating import (
    FEATURES,
    FEATURES_OF_WORDS,
    Example,
    cross_validated,
    fit,
)
from cairnloop.retrieval.evaluating.sets import LabelledSet
from cairnloop.retrieval.searching import search_knowledge

SHARES = (0.95, 0.9, 0.8)
ANSWERED = 0.9


class NothingToAbstainFrom(InvalidInput):
    """Answerability needs questions with and without an answer in every set. Nothing was measured."""

    code = "nothing_to_abstain_from"


@dataclass
class AnsweringReport:
    """One set: the area under the curve and, by share of answerable questions answered, the rate of false answers.

    `shipped` is what the stored calibration does at its own threshold: the share answered, and the false answers.
    """

    name: str
    answerable: int
    unanswerable: int
    area: float
    false_answers: dict[str, float] = field(default_factory=dict)
    shipped_answered: float = 0.0
    shipped_false_answers: float = 0.0


def judge_set(labelled: LabelledSet) -> tuple[list[Example], list[bool]]:
    """Search every question with the articles that stay, and return its parts and the stored calibration's verdict."""
    labels = {query.is_answerable for query in labelled.queries}
    if len(labels) < 2:
        raise NothingToAbstainFrom(
            f"{labelled.name} has no questions {'without' if True in labels else 'with'} an answer. "
            "Nothing was measured."
        )
    scratch.fill(article for article in labelled.articles if not article.is_left_out)
    examples, verdicts = [], []
    for query in labelled.queries:
        judged = search_knowledge(query.text, actor=scratch.EVALUATION).answerability
        parts = judged.parts or dict.fromkeys((*FEATURES, *FEATURES_OF_WORDS), 0.0)
        examples.append(Example(parts, query.is_answerable, f"{labelled.name}:{query.group}", labelled.name))
        verdicts.append(judged.is_answerable)
    scratch.empty()
    return examples, verdicts


def report_answering(examples: Sequence[Example], verdicts: Sequence[bool]) -> list[AnsweringReport]:
    """Return one report per set; figures by share come from fits that did not see the question's group."""
    logits = cross_validated(examples, features())
    reports = []
    for name in dict.fromkeys(each.set_name for each in examples):
        rows = [row for row in zip(examples, logits, verdicts, strict=True) if row[0].set_name == name]
        positives = [logit for example, logit, _ in rows if example.is_answerable]
        negatives = [logit for example, logit, _ in rows if not example.is_answerable]
        report = AnsweringReport(name, len(positives), len(negatives), metrics.area_under_curve(positives, negatives))
        for share in SHARES:
            threshold = metrics.threshold_at(positives, answered=share)
            report.false_answers[f"{share:.0%}"] = metrics.share_at_least(negatives, threshold)
        report.shipped_answered = sum(verdict for each, _, verdict in rows if each.is_answerable) / len(positives)
        report.shipped_false_answers = sum(ok for each, _, ok in rows if not each.is_answerable) / len(negatives)
        reports.append(report)
    return reports


def calibrate(examples: Sequence[Example]) -> Calibration:
    """Return the calibration over all examples; its threshold answers ANSWERED of every set's answerable questions.

    The threshold comes from cross-validated scores, so that it holds for questions the fit has not seen.
    """
    names = features()
    fitted, logits = fit(examples, names), cross_validated(examples, names)
    thresholds = [
        metrics.threshold_at(
            [
                logit
                for each, logit in zip(examples, logits, strict=True)
                if each.set_name == name and each.is_answerable
            ],
            answered=ANSWERED,
        )
        for name in {each.set_name for each in examples}
    ]
    embedder = embedding.find_embedder()
    return Calibration(
        embedder.model if embedder else WORDS_ONLY,
        round(fitted.intercept, 4),
        {name: round(weight, 4) for name, weight in fitted.coefficients.items()},
        round(metrics.probability(min(thresholds)), 4),
    )


def features() -> tuple[str, ...]:
    """Return the parts a judgement is made of: fewer where there is no embedder."""
    return FEATURES if embedding.find_embedder() else FEATURES_OF_WORDS
