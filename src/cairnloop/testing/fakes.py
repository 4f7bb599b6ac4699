"""Hooks that remember what they were told."""

from __future__ import annotations

from typing import ClassVar

from cairnloop.hooks.facts import ConversationFacts


class RecordingNotifier:
    """A Notifier that keeps what it was told in `sent`; call `forget` between tests."""

    sent: ClassVar[list[tuple[str, ConversationFacts]]] = []

    def conversation_resolved(self, *, conversation: ConversationFacts) -> None:
        """Remember the conversation."""
        self.sent.append(("conversation_resolved", conversation))

    @classmethod
    def forget(cls) -> None:
        """Start anew."""
        cls.sent.clear()
