"""Drafts that answer or rest on what is no longer so: nobody can send them any more."""

from __future__ import annotations

from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.conversations.models import Conversation
from cairnloop.core.actors import Actor
from cairnloop.core.events import publish
from cairnloop.core.transactions import command
from cairnloop.drafting.events import DraftSourceChanged, DraftTurnedStale
from cairnloop.drafting.models import Draft, DraftQuerySet
from cairnloop.knowledge_base.models import Article

DRAFTING = Actor.system("drafting")


@command
def turn_stale_in_conversation(*, conversation_id: int, cause: Draft.StaleCause) -> None:
    """Turn what waits in a conversation stale: the customer wrote again, was answered, or it was closed."""
    _turn_stale(Draft.objects.of_conversation(conversation_id), cause=cause)


@command
def turn_stale_once_answered(*, conversation_id: int) -> None:
    """Turn what waits in a conversation stale if its customer has an answer: the host's own code may speak up first."""
    if not Conversation.objects.waiting().filter(pk=conversation_id).exists():
        turn_stale_in_conversation(conversation_id=conversation_id, cause=Draft.StaleCause.ANSWERED)


@command
def turn_stale_of_article(*, article_id: int) -> None:
    """Turn every waiting draft stale that quotes an article, in the transaction that changes the article.

    The caller holds the article, and so does whoever saves or approves a draft that quotes it: none slips through.
    """
    for draft in _turn_stale(Draft.objects.citing(article_id), cause=Draft.StaleCause.SOURCE_CHANGED):
        publish(DraftSourceChanged(draft.conversation_id))


@command
def turn_stale_unless_public(*, article_id: int) -> None:
    """Turn the drafts stale that quote an article customers may not read any more."""
    if not Article.objects.public().filter(pk=article_id).exists():
        turn_stale_of_article(article_id=article_id)


def _turn_stale(drafts: DraftQuerySet, *, cause: Draft.StaleCause) -> list[Draft]:
    turned = drafts.turn_stale(cause=cause, at=timezone.now())
    for draft in turned:
        record("draft.turned_stale", by=DRAFTING, subject=f"draft:{draft.pk}", evidence={"cause": cause.value})
        publish(DraftTurnedStale(draft.conversation_id, draft.pk))
    return turned
