"""Who takes care of a conversation, and how urgent it is."""

from __future__ import annotations

from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.conversations.events import ConversationAssigned
from cairnloop.conversations.holding import hold_conversation, refuse_outsiders
from cairnloop.conversations.models import Conversation
from cairnloop.core.actors import Actor
from cairnloop.core.events import publish
from cairnloop.core.transactions import command


@command
def assign_conversation(*, conversation_id: int, to: Actor | None, by: Actor) -> Conversation:
    """Give a conversation to an operator, or to nobody with `to=None`; giving it to the same one changes nothing.

    Raises OperatorNeeded and NotFound.
    """
    refuse_outsiders(by)
    conversation = hold_conversation(conversation_id)
    assignee_ref, assignee_name = (to.ref, to.name) if to else ("", "")
    if conversation.assignee_ref == assignee_ref:
        return conversation
    conversation.assignee_ref = assignee_ref
    conversation.assignee_name = assignee_name
    conversation.changed_at = timezone.now()
    conversation.save(update_fields=["assignee_ref", "assignee_name", "changed_at"])
    record(
        "conversation.assigned",
        by=by,
        subject=f"conversation:{conversation.pk}",
        evidence={"assignee_ref": assignee_ref},
    )
    publish(ConversationAssigned(conversation.pk))
    return conversation
