"""How far an operator has read."""

from __future__ import annotations

from django.utils import timezone

from cairnloop.conversations.models import ReadMarker
from cairnloop.core.actors import Actor
from cairnloop.core.transactions import command


@command
def mark_read(*, conversation_id: int, by: Actor, sequence: int) -> None:
    """Remember that an operator has seen everything up to `sequence`; going back changes nothing."""
    ReadMarker.objects.advance(
        conversation_id=conversation_id, operator_ref=by.ref, sequence=sequence, at=timezone.now()
    )
