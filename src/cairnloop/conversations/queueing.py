"""The queue of an operator: who to answer first, and whom after that."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from cairnloop.conversations.models import Conversation, ConversationQuerySet


def first_in_queue(
    visible: ConversationQuerySet,
    *,
    operator_ref: str | None,
    limit: int,
    behind: Conversation | None = None,
) -> list[Conversation]:
    """Return the first that wait for an operator, at most `limit`, in the one order everything calls the queue.

    The most urgent first; of these the operator's own before what nobody has taken; of those whoever waits longest.
    With `behind`, a conversation that waits as well, the first behind its place.
    """
    waiting = visible.waiting()
    own_and_free = [waiting.assigned_to(operator_ref)] if operator_ref else []
    own_and_free.append(waiting.unassigned())
    # Each in its own order by its own index, and only then together: sorted as one, all that waits would be read.
    lines = [
        (line if behind is None else line.filter(_behind(behind, is_free=line is own_and_free[-1]))).order_by(
            "priority_rank", "waiting_since", "id"
        )[:limit]
        for line in own_and_free
    ]
    found = lines[0].union(*lines[1:], all=True) if len(lines) > 1 else lines[0]
    return sorted(found, key=_place)[:limit]


def next_open_conversation(
    visible: ConversationQuerySet, *, operator_ref: str | None, after: Conversation
) -> Conversation | None:
    """Return the next conversation of the queue; None if there is none.

    Coming from a conversation that waits as well, the one behind it is next, so that going on from each to the
    next passes everyone before starting anew.
    """
    others = visible.exclude(pk=after.pk)
    behind = after if after.waiting_since is not None else None
    found = first_in_queue(others, operator_ref=operator_ref, limit=1, behind=behind)
    return next(iter(found or first_in_queue(others, operator_ref=operator_ref, limit=1)), None)


def _place(conversation: Conversation) -> tuple[Any, ...]:
    is_free = not conversation.assignee_ref
    return conversation.priority_rank, is_free, conversation.waiting_since, conversation.pk


def _behind(passed: Conversation, *, is_free: bool) -> Q:
    """What comes behind a conversation, among the operator's own or among what is free."""
    rank, was_free = passed.priority_rank, not passed.assignee_ref
    if is_free > was_free:
        return Q(priority_rank__gte=rank)
    if is_free < was_free:
        return Q(priority_rank__gt=rank)
    later = Q(waiting_since__gt=passed.waiting_since) | Q(waiting_since=passed.waiting_since, id__gt=passed.pk)
    # The outer bound is implied by the inner ones; it is what PostgreSQL can use to enter the index.
    return Q(priority_rank__gte=rank) & (Q(priority_rank__gt=rank) | later)
