"""What an operator reads in one conversation."""

from __future__ import annotations

from cairnloop.conversations.models import Conversation, ConversationQuerySet, Message, ReadMarker

TIMELINE_PAGE = 50
CATCH_UP_PAGE = 200
EARLIER_CONVERSATIONS = 5


def timeline_before(*, conversation_id: int, before: int | None = None, limit: int = TIMELINE_PAGE) -> list[Message]:
    """Return the last `limit` messages before a sequence, oldest first; the newest ones without `before`."""
    messages = Message.objects.filter(conversation_id=conversation_id)
    if before is not None:
        messages = messages.filter(sequence__lt=before)
    return list(messages.order_by("-sequence")[:limit])[::-1]


def timeline_from(*, conversation_id: int, sequence: int, limit: int = CATCH_UP_PAGE) -> list[Message]:
    """Return the messages from `sequence` on, oldest first, at most `limit`."""
    messages = Message.objects.filter(conversation_id=conversation_id, sequence__gte=sequence)
    return list(messages.in_order()[:limit])


def seen_by_operator(*, conversation_id: int, operator_ref: str) -> int | None:
    """Return the last sequence an operator has seen of a conversation; None if they never looked."""
    markers = ReadMarker.objects.filter(conversation_id=conversation_id, operator_ref=operator_ref)
    return markers.values_list("sequence", flat=True).first()


def earlier_conversations(
    visible: ConversationQuerySet, *, conversation: Conversation, limit: int = EARLIER_CONVERSATIONS
) -> list[Conversation]:
    """Return the other conversations with the same customer, newest first, at most `limit`."""
    others = visible.owned_by(conversation.customer_ref).exclude(pk=conversation.pk)
    return list(others.order_by("-id")[:limit])


def rating_question(*, conversation_id: int) -> int | None:
    """Return the sequence of the last message that asked the customer how it went; None if nobody asked."""
    asked = Message.objects.filter(conversation_id=conversation_id, metadata__type="csat_request")
    return asked.order_by("-sequence").values_list("sequence", flat=True).first()


def messages_with(*, conversation_id: int, sequences: tuple[int, ...]) -> list[Message]:
    """Return the messages with these sequences, oldest first."""
    return list(Message.objects.filter(conversation_id=conversation_id, sequence__in=sequences).in_order())
