"""What the host knows about the customer: asked for, and made readable whatever it answers."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from dataclasses import dataclass

from django.db import connection

from cairnloop.conversations.models import Conversation
from cairnloop.core.transactions import savepoint
from cairnloop.hooks import load_hook
from cairnloop.hooks.context_provider import CustomerContext
from cairnloop.web.conversation.humanising import Section, plain_text, sections_of
from cairnloop.web.conversation.timeline import customer_name

logger = logging.getLogger("cairnloop.web")


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerPanel:
    """What is shown of a customer; `is_available` is False when the host's provider failed."""

    name: str
    email: str = ""
    sections: tuple[Section, ...] = ()
    is_available: bool = True

    @property
    def is_empty(self) -> bool:
        """True when the host had nothing to say."""
        return self.is_available and not self.email and not self.sections


def customer_panel(conversation: Conversation) -> CustomerPanel:
    """Ask the host's ContextProvider. Whatever it raises or returns, the conversation stays usable."""
    name = customer_name(conversation)
    try:
        # A provider that breaks its query must not take the host's request transaction along.
        with savepoint() if connection.in_atomic_block else nullcontext():
            context: CustomerContext = load_hook("context_provider").customer_context(
                customer_ref=conversation.customer_ref
            )
            panel = CustomerPanel(
                name=plain_text(context.name) or name,
                email=plain_text(context.email),
                sections=sections_of(context.sections),
            )
    except Exception as error:
        logger.warning("ContextProvider failed: %s", type(error).__name__)
        return CustomerPanel(name=name, is_available=False)
    return panel
