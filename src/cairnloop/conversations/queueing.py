"""The queue of an operator: who to answer first, and whom after that."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, Value, When

from cairnloop.conversations.models import Conversation, ConversationQuerySet

RANKS = {
    Conversation.Priority.URGENT: 0,
    Conversation.Priority.HIGH: 1,
    Conversation.Priority.NORMAL: 2,
    Conversation.Priority.LOW: 3,
}


def queue_of(visible: ConversationQuerySet, *, operator_ref: str | None) -> ConversationQuerySet:
    """Return what waits for an operator, in the one order everything calls the queue.

    The most urgent first; of these the operator's own before what nobody has taken; of those whoever waits longest.
    """
    free = Q(assignee_ref="") if operator_ref is None else Q(assignee_ref__in=["", operator_ref])
    rank = Case(
        *(When(priority=priority, then=Value(rank)) for priority, rank in RANKS.items()), output_field=IntegerField()
    )
    is_free = Case(When(assignee_ref="", then=Value(1)), default=Value(0), output_field=IntegerField())
    waiting = visible.waiting().filter(free).annotate(rank=rank, is_free=is_free)
    return waiting.order_by("rank", "is_free", "waiting_since", "id")


def next_open_conversation(
    visible: ConversationQuerySet, *, operator_ref: str | None, after: Conversation
) -> Conversation | None:
    """Return the next conversation of the queue; None if there is none.

    Coming from a conversation that waits as well, the one behind it is next, so that going on from each to the
    next passes everyone before starting anew.
    """
    queue = queue_of(visible, operator_ref=operator_ref).exclude(pk=after.pk)
    if after.waiting_since is None:
        return queue.first()
    rank, is_free = RANKS[Conversation.Priority(after.priority)], int(not after.assignee_ref)
    later = Q(waiting_since__gt=after.waiting_since) | Q(waiting_since=after.waiting_since, id__gt=after.pk)
    behind = Q(rank__gt=rank) | Q(rank=rank, is_free__gt=is_free) | Q(later, rank=rank, is_free=is_free)
    return queue.filter(behind).first() or queue.first()
