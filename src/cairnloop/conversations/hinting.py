"""Which watchers hear about which fact: the names that travel after commit."""

from __future__ import annotations

from typing import Protocol

from cairnloop.core.live import INBOX, conversation_topic, customer_topic, hint, thread_topic


class ConversationFact(Protocol):
    """Any event about one conversation."""

    @property
    def conversation_id(self) -> int: ...


class CustomerFact(ConversationFact, Protocol):
    """An event its customer may notice."""

    @property
    def customer_ref(self) -> str: ...


def hint_operators(event: ConversationFact) -> None:
    """The inbox and the conversation's workspace should look again."""
    hint(INBOX, conversation_id=event.conversation_id)
    hint(conversation_topic(event.conversation_id))


def hint_customer(event: CustomerFact) -> None:
    """The customer's widgets should fetch what is new: those that follow the conversation, and all the others."""
    hint(thread_topic(event.conversation_id))
    hint(customer_topic(event.customer_ref), conversation_id=event.conversation_id)


def hint_other_tabs(event: CustomerFact) -> None:
    """What the customer reads in one tab or device is read in all of them."""
    hint(customer_topic(event.customer_ref), what="read", conversation_id=event.conversation_id)
