"""What may be read: the customer's side."""

from __future__ import annotations

from cairnloop.conversations.models import Conversation, Message
from cairnloop.core.errors import NotFound

THREAD_PAGE = 100


def conversation_for_customer(*, customer_ref: str, public_id: str) -> Conversation:
    """Return a customer's own conversation. Raises NotFound for any other, whether it exists or not."""
    found = Conversation.objects.owned_by(customer_ref).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def list_conversations_for_customer(*, customer_ref: str, limit: int = 20) -> list[Conversation]:
    """Return a customer's conversations, newest first, at most `limit`."""
    return list(Conversation.objects.owned_by(customer_ref).order_by("-id")[:limit])


def thread_for_customer(*, conversation_id: int, after: int = 0, limit: int = THREAD_PAGE) -> list[Message]:
    """Return what the customer may read after sequence `after`, oldest first, at most `limit`."""
    messages = Message.objects.filter(conversation_id=conversation_id).after(after)
    return list(messages.shown_to_customer().in_order()[:limit])
