"""What may leave without a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from cairnloop.hooks.facts import ConversationFacts


class Verdict(StrEnum):
    """What happens with something a machine prepared. Nothing is sent without a person in this release: SEND is held
    for review like REVIEW, and kept as the policy's word."""

    SEND = "send"
    REVIEW = "review"
    DENY = "deny"


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftFacts:
    """A prepared draft as the policy sees it."""

    conversation: ConversationFacts
    kind: str
    """"reply", "clarification" or "escalation"."""
    grounding: Mapping[str, Any]
    """`reason`; `answerability` and its `threshold`; how many sentences are `quoted` and `unverified`;
    `oldest_source_days`, None without a source; `clarifications`, how often in a row the customer was asked back."""


class AutomationPolicy(Protocol):
    """Decides what a machine may prepare and send, asked for drafts of every kind. Raising is treated as deny.

    What is denied is kept as discarded, for whoever audits it. An escalation is shown all the same: it sends nothing.
    """

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Return whether the draft is sent, waits for a person, or is dropped."""
        ...


class ReviewEverything:
    """Everything waits for a person; the default."""

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Hold for review."""
        return Verdict.REVIEW
