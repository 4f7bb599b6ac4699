"""Who takes care of a conversation, and how urgent it is."""

from __future__ import annotations

from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.conversations.events import ConversationAssigned
from cairnloop.conversations.holding import hold_conversation
from cairnloop.conversations.models import Conversation
from cairnloop.core.actors import Actor, ActorKind
from cairnloop.core.errors import InvalidInput, InvalidTransition
from cairnloop.core.events import publish
from cairnloop.core.guards import refuse_outsiders
from cairnloop.core.transactions import command


class AssignedMeanwhile(InvalidTransition):
    """Someone else took this conversation first. Nothing was changed; look who has it and decide again."""

    code = "assigned_meanwhile"


class NotAssignable(InvalidInput):
    """Only an operator can take care of a conversation. Pass Actor.operator(…), or None for nobody."""

    code = "not_assignable"


@command
def assign_conversation(
    *, conversation_id: int, to: Actor | None, by: Actor, instead_of: str | None = None
) -> Conversation:
    """Give a conversation to an operator, or to nobody with `to=None`; giving it to the same one changes nothing.

    `instead_of` is the ref of whoever had it when this was decided, "" for nobody: if someone else has it by now,
    nothing is changed. Raises OperatorNeeded, NotAssignable, NotFound, and AssignedMeanwhile.
    """
    refuse_outsiders(by)
    if to is not None and (not isinstance(to, Actor) or to.kind is not ActorKind.OPERATOR):
        raise NotAssignable
    conversation = hold_conversation(conversation_id)
    assignee_ref, assignee_name = (to.ref, to.name) if to else ("", "")
    if conversation.assignee_ref == assignee_ref:
        return conversation
    if instead_of is not None and conversation.assignee_ref != instead_of:
        raise AssignedMeanwhile
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
