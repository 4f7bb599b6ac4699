"""What a draft is to answer: the customer's last message, and what was said around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cairnloop.conversations.holding import hold_conversation
from cairnloop.conversations.models import Conversation, Message
from cairnloop.core.errors import NotFound
from cairnloop.core.transactions import command
from cairnloop.drafting.models import Draft
from cairnloop.drafting.queries import instruction_for, operator_names_in, said_last


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A message that waits for a draft."""

    conversation: Conversation
    answers_sequence: int
    """The customer's last message."""
    written_at: datetime
    """When it was."""
    turns: Sequence[tuple[str, str]]
    """What was said last, as (role, text) in order."""
    operator_names: Sequence[str]
    """The names of whoever answered in these turns."""
    clarifications: int
    """How often in a row the customer was asked back already."""
    instruction: str
    """What an operator asked of this draft; mostly nothing."""


@command
def gather_wanted(*, conversation_id: int) -> Wanted | None:
    """Return what waits for a draft in a conversation; None where nobody waits, or a draft is there.

    Waits for whoever writes there at this moment, or turns its draft stale: they saw this job wait and deferred none.
    """
    try:
        conversation = hold_conversation(conversation_id)
    except NotFound:
        return None
    recent = said_last(conversation_id) if conversation.is_open and conversation.waiting_since else []
    own = [message for message in recent if message.role == Message.Role.CUSTOMER]
    if not own:
        return None
    last = own[-1]
    if Draft.objects.of_conversation(conversation_id).answering(last.sequence).select_for_update(of=("self",)):
        return None
    return Wanted(
        conversation=conversation,
        answers_sequence=last.sequence,
        written_at=last.created_at,
        turns=[(message.role, message.text) for message in recent],
        operator_names=operator_names_in(recent),
        clarifications=_clarifications(conversation),
        instruction=instruction_for(conversation_id, answering=last.sequence),
    )


def _clarifications(conversation: Conversation) -> int:
    """Return whether the last reply, however long ago, was a question back that came of a draft."""
    # Not of the recent messages: a customer who writes a dozen times is not asked back twice.
    answers = Message.objects.filter(Message.ANSWERING, conversation=conversation).order_by("-sequence")
    asked = Draft.objects.sent().filter(kind=Draft.Kind.CLARIFICATION, reply_id__in=answers.values("pk")[:1])
    return asked.count()
