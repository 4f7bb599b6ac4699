"""Which conversation to take up next."""

from __future__ import annotations

from django.db.models import Q

from cairnloop.conversations.models import Conversation, ConversationQuerySet


def next_open_conversation(
    visible: ConversationQuerySet, *, operator_ref: str | None, after: Conversation
) -> Conversation | None:
    """Return the next conversation that waits and is nobody's or the operator's own; None if there is none.

    Whoever has waited longest comes first. Coming from a conversation that waits as well, the one behind it
    is next, so that going on from each to the next passes everyone before starting anew.
    """
    free = Q(assignee_ref="") if operator_ref is None else Q(assignee_ref__in=["", operator_ref])
    queue = visible.waiting().filter(free).exclude(pk=after.pk).order_by("waiting_since", "id")
    if after.waiting_since is None:
        return queue.first()
    behind = Q(waiting_since__gt=after.waiting_since) | Q(waiting_since=after.waiting_since, id__gt=after.pk)
    return queue.filter(behind).first() or queue.first()
