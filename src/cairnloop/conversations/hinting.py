"""Which watchers hear about which fact: the names that travel after commit."""

from __future__ import annotations

from typing import Protocol

from cairnloop.core.live import INBOX, conversation_topic, hint, thread_topic


class ConversationFact(Protocol):
    """Any event about one conversation."""

    @property
    def conversation_id(self) -> int: ...


def hint_operators(event: ConversationFact) -> None:
    """The inbox and the conversation's workspace should look again."""
    hint(INBOX, conversation_id=event.conversation_id)
    hint(conversation_topic(event.conversation_id))


def hint_customer(event: ConversationFact) -> None:
    """The customer's widget should fetch what is new for them."""
    hint(thread_topic(event.conversation_id))
