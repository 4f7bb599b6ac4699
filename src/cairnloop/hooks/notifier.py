"""Who is told about what happened; called from a job, so a failure is retried and never loses the fact."""

from __future__ import annotations

from typing import Protocol

from cairnloop.hooks.facts import ConversationFacts


class Notifier(Protocol):
    """Carries news out of Cairnloop: to chat, mail, or another system. May be called again after a failure."""

    def conversation_resolved(self, *, conversation: ConversationFacts) -> None:
        """A conversation was resolved. Raise to be called again later."""
        ...


class SilentNotifier:
    """Tells nobody; the default."""

    def conversation_resolved(self, *, conversation: ConversationFacts) -> None:
        """Do nothing."""
