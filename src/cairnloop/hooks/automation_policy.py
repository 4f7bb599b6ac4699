"""What may leave without a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from cairnloop.hooks.facts import ConversationFacts


class Verdict(StrEnum):
    """What happens with something a machine prepared."""

    SEND = "send"
    REVIEW = "review"
    DENY = "deny"


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftFacts:
    """A prepared draft as the policy sees it."""

    conversation: ConversationFacts
    kind: str
    grounding: Mapping[str, Any]


class AutomationPolicy(Protocol):
    """Decides what a machine may send. Raising is treated as deny, and audited."""

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Return whether the draft is sent, waits for a person, or is dropped."""
        ...


class ReviewEverything:
    """Everything waits for a person; the default."""

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Hold for review."""
        return Verdict.REVIEW
