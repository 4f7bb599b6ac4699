"""How far an operator has read."""

from __future__ import annotations

from django.utils import timezone

from cairnloop.conversations.holding import ImpossibleView
from cairnloop.conversations.models import Conversation, ReadMarker
from cairnloop.core.actors import Actor
from cairnloop.core.errors import InvalidInput, NotFound
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
