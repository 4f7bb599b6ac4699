"""What people made of draft replies: sent as they were, sent with edits, discarded, or answered otherwise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from cairnloop.conversations.models import ConversationQuerySet
from cairnloop.core.actors import ActorKind
from cairnloop.drafting.models import SENT, Draft, DraftQuerySet, DraftSentence
from cairnloop.knowledge_base.models import Article

LATEST_DRAFTS = 500
"""Out of so many drafts, the latest of the site, outcomes are counted: the cost does not grow with the table."""
MOST_ARTICLES = 5

PASSED_OVER = Q(status=Draft.Status.STALE, stale_cause=Draft.StaleCause.ANSWERED)
BY_A_PERSON = Q(status__in=[*SENT, Draft.Status.DISCARDED], decided_by_kind=ActorKind.OPERATOR) | PASSED_OVER
NAMES = {
    Draft.Status.APPROVED: "approved",
    Draft.Status.EDITED: "edited",
    Draft.Status.DISCARDED: "discarded",
    Draft.Status.STALE: "passed_over",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcomes:
    """How many draft replies became what."""

    approved: int = 0
    """Sent as they were prepared."""
    edited: int = 0
    discarded: int = 0
    passed_over: int = 0
    """A person answered in words of their own while the draft waited."""

    @property
    def decided(self) -> int:
        """All of them."""
        return self.approved + self.edited + self.discarded + self.passed_over


@dataclass(frozen=True, kw_only=True, slots=True)
class ArticleOutcomes:
    """What became of the draft replies that quote an article."""

    article_id: int
    title: str
    outcomes: Outcomes


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeSummary:
    """What became of the latest draft replies in conversations somebody may see."""

    outcomes: Outcomes
    edited_chars: int
    """By how many characters those with edits differ from what was prepared, on average."""
    reasons: tuple[tuple[str, int], ...]
    """Why they were discarded, the commonest first, as `Draft.DiscardReason`."""
    policies: tuple[tuple[str, Outcomes], ...]
    """By what the policy decided."""
    articles: tuple[ArticleOutcomes, ...]
    """By the articles they quote, the most quoted first."""


def summarise_outcomes(visible: ConversationQuerySet) -> OutcomeSummary:
    """Return what people made of the latest draft replies in the conversations `visible`; three queries.

    What was sent or refused without a person counts nowhere, and neither does what the customer overtook by writing.
    """
    decided = list(_decided(visible))
    edited = [draft.edited_chars for draft in decided if draft.status == Draft.Status.EDITED]
    reasons = Counter(draft.discard_reason for draft in decided if draft.status == Draft.Status.DISCARDED)
    verdicts = sorted({draft.verdict for draft in decided})
    return OutcomeSummary(
        outcomes=_outcomes(decided),
        edited_chars=round(sum(edited) / len(edited)) if edited else 0,
        reasons=tuple(sorted(reasons.items(), key=lambda each: (-each[1], each[0]))),
        policies=tuple(
            (verdict, _outcomes(each for each in decided if each.verdict == verdict)) for verdict in verdicts
        ),
        articles=_articles(decided),
    )


def _decided(visible: ConversationQuerySet) -> DraftQuerySet:
    latest = Draft.objects.order_by("-pk").values("pk")[:LATEST_DRAFTS]
    seen = visible.order_by().values("pk")
    drafts = Draft.objects.filter(BY_A_PERSON, kind=Draft.Kind.REPLY, pk__in=latest, conversation__in=seen)
    return drafts.only("status", "verdict", "discard_reason", "edited_chars")


def _articles(decided: Sequence[Draft]) -> tuple[ArticleOutcomes, ...]:
    drafts = {draft.pk: draft for draft in decided}
    quoting = DraftSentence.objects.filter(draft__in=list(drafts), article__isnull=False)
    by_article: dict[int, list[Draft]] = defaultdict(list)
    for article_id, draft_id in quoting.values_list("article_id", "draft_id").distinct():
        by_article[article_id].append(drafts[draft_id])
    most = sorted(by_article, key=lambda article_id: (-len(by_article[article_id]), article_id))[:MOST_ARTICLES]
    titles = dict(Article.objects.filter(pk__in=most).values_list("pk", "title"))
    return tuple(
        ArticleOutcomes(article_id=each, title=titles[each], outcomes=_outcomes(by_article[each]))
        for each in most
        if each in titles
    )


def _outcomes(drafts: Iterable[Draft]) -> Outcomes:
    return Outcomes(**Counter(NAMES[Draft.Status(draft.status)] for draft in drafts))
