"""How far an operator has read, and how far the customer."""

from __future__ import annotations

from django.utils import timezone

from cairnloop.conversations.events import AnswersRead
from cairnloop.conversations.holding import ImpossibleView, hold_conversation
from cairnloop.conversations.messaging import CustomerNeeded
from cairnloop.conversations.models import Conversation, Message, ReadMarker
from cairnloop.core.actors import Actor
from cairnloop.core.errors import InvalidInput, NotFound
from cairnloop.core.events import publish
from cairnloop.core.guards import checked_id, refuse_outsiders
from cairnloop.core.transactions import command


@command
def mark_read(*, conversation_id: int, by: Actor, sequence: int) -> None:
    """Remember that an operator has seen everything up to `sequence`; going back changes nothing.

    Raises OperatorNeeded, NotFound, InvalidInput, and ImpossibleView for what nobody can have seen yet.
    """
    refuse_outsiders(by)
    conversation_id = checked_id(conversation_id, name="conversation_id")
    if not isinstance(sequence, int) or isinstance(sequence, bool):
        raise InvalidInput(f"sequence is a number, not {type(sequence).__name__}. Nothing was written.")
    reached = Conversation.objects.filter(pk=conversation_id).values_list("sequence", flat=True).first()
    if reached is None:
        raise NotFound
    if not 0 <= sequence <= reached:
        raise ImpossibleView
    ReadMarker.objects.advance(
        conversation_id=conversation_id, operator_ref=by.ref, sequence=sequence, at=timezone.now()
    )


@command
def mark_answers_read(*, conversation_id: int, by: Actor, public_sequence: int) -> None:
    """Remember that the customer was shown everything up to `public_sequence`; going back changes nothing.

    Raises CustomerNeeded, NotFound for a conversation of someone else, and ImpossibleView for what nobody can have
    seen yet.
    """
    if not by.is_customer:
        raise CustomerNeeded
    conversation = hold_conversation(conversation_id, owner=by)
    if not 0 <= public_sequence <= conversation.public_sequence:
        raise ImpossibleView
    if public_sequence <= conversation.customer_seen:
        return
    later = Message.objects.filter(conversation=conversation).shown_to_customer(after=public_sequence)
    conversation.customer_seen, conversation.unread_answers = public_sequence, later.answers().count()
    conversation.save(update_fields=["customer_seen", "unread_answers"])
    publish(AnswersRead(conversation.pk, conversation.customer_ref))
