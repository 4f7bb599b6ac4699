"""Every turn of a labelled set as a draft: what is looked up, by which words, and what the draft quotes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cairnloop.core.errors import InvalidInput
from cairnloop.drafting.backtesting.conversations import facts_outside_tables
from cairnloop.drafting.composing import compose_draft, task_for
from cairnloop.drafting.grounding import Kind
from cairnloop.drafting.questions import CUSTOMER, TURNS, question_of
from cairnloop.retrieval.evaluating import metrics, scratch
from cairnloop.retrieval.evaluating.answering import calibration_in_use
from cairnloop.retrieval.evaluating.sets import LabelledSet, SetQuery
from cairnloop.retrieval.evidence import ArticleCitation
from cairnloop.retrieval.searching import search_knowledge

DEPTH = 10
TOLD_EVERY = 50
WAYS = ("alone", "joined", "as drafts do")


class NoConversationsInSet(InvalidInput):
    """None of the questions of this set has a history, so it shows nothing about drafts. Nothing was measured."""

    code = "no_conversations_in_set"


@dataclass
class WayFigures:
    """How well one way of asking finds, as means over the follow-up turns that have an answer."""

    ndcg10: float = 0.0
    mrr10: float = 0.0
    recall5: float = 0.0


@dataclass
class LabelFigures:
    """What becomes of the turns of one label."""

    turns: int = 0
    looked_up: int = 0
    answered: int = 0
    quoted_wanted: int = 0
    """How many of the answered quote an article that is wanted."""
    quoted_outside: int = 0
    """How many of the answered quote an article that is not among those wanted."""


@dataclass
class DraftsReport:
    """What was measured on one set."""

    name: str
    model: str
    threshold: float
    follow_ups: int = 0
    joined: int = 0
    """How many of the follow-ups drafts read together with an earlier turn."""
    ways: dict[str, WayFigures] = field(default_factory=dict)
    labels: dict[str, LabelFigures] = field(default_factory=dict)


def refuse_single_questions(labelled: LabelledSet) -> None:
    """Raise NoConversationsInSet for a set none of whose questions has a history."""
    if not any(query.history for query in labelled.queries):
        raise NoConversationsInSet(
            f"None of the questions of {labelled.name} has a history, so it shows nothing about drafts. "
            "Nothing was measured."
        )


def evaluate_drafts(labelled: LabelledSet, *, tell: Callable[[str], None]) -> DraftsReport:
    """Fill the scratch database with a set, ask every turn, and return the figures."""
    ids = scratch.fill(labelled.articles)
    calibration = calibration_in_use()
    report = DraftsReport(labelled.name, calibration.model, calibration.threshold)
    ranked: dict[str, list[tuple[Sequence[str], frozenset[str]]]] = {way: [] for way in WAYS}
    for number, query in enumerate(labelled.queries, start=1):
        _count(report.labels.setdefault(query.label.lower() or "any", LabelFigures()), query, ids)
        if query.history and query.gold:
            asked = _ways(query)
            report.follow_ups += 1
            report.joined += asked["as drafts do"] != asked["alone"]
            for way, text in asked.items():
                ranked[way].append((_ranking(text, ids), query.gold))
        if number % TOLD_EVERY == 0 or number == len(labelled.queries):
            tell(f"{labelled.name}: {number} of {len(labelled.queries)} turns")
    report.ways = {way: _means(rankings) for way, rankings in ranked.items()}
    scratch.empty()
    return report


def _ways(query: SetQuery) -> dict[str, str]:
    """Return what is searched for: the turn alone, always together with the one before it, and as drafts ask."""
    earlier = [text for role, text in query.history if role == CUSTOMER]
    own: tuple[tuple[str, str], ...] = ((CUSTOMER, query.text),)
    return {
        "alone": " ".join(query.text.split()),
        "joined": " ".join(" ".join((*earlier[-1:], query.text)).split()),
        "as drafts do": question_of((*query.history, *own)[-TURNS:]),
    }


def _ranking(text: str, ids: Mapping[int, str]) -> list[str]:
    outcome = search_knowledge(text, actor=scratch.EVALUATION, limit=DEPTH, with_answerability=False)
    places = [found.citation for found in outcome.canonical if isinstance(found.citation, ArticleCitation)]
    return [ids[place.article_id] for place in places]


def _count(figures: LabelFigures, query: SetQuery, ids: Mapping[int, str]) -> None:
    figures.turns += 1
    turns = (*query.history, (CUSTOMER, query.text))[-TURNS:]
    task = task_for(conversation=facts_outside_tables(query.id), customer_name="", account_name="", turns=turns)
    if task is None:
        return
    figures.looked_up += 1
    composed = compose_draft(task)
    quoted = {ids[each.source.article_id] for each in composed.sentences if each.source}
    figures.answered += composed.decision.kind is Kind.REPLY
    figures.quoted_wanted += bool(quoted & query.gold)
    figures.quoted_outside += bool(quoted - query.gold)


def _means(rankings: Sequence[tuple[Sequence[str], frozenset[str]]]) -> WayFigures:
    def mean(figure: Callable[[Sequence[str], frozenset[str]], float]) -> float:
        return sum(figure(ranked, gold) for ranked, gold in rankings) / max(len(rankings), 1)

    return WayFigures(
        mean(metrics.ndcg),
        mean(metrics.reciprocal_rank),
        mean(lambda ranked, gold: metrics.recall(ranked, gold, at=5)),
    )
