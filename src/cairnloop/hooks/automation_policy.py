"""What may leave without a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cairnloop.hooks.context_provider import CustomerContext
from cairnloop.hooks.facts import ConversationFacts


class Verdict(StrEnum):
    """What may become of something a machine prepared."""

    ALLOW = "allow"
    """It is sent at once, marked as automatic, unless something stands against it: then it waits for a person."""
    DRAFT_ONLY = "draft_only"
    """It is shown to operators, and sent only in words of their own: as it is, nobody can send it."""
    REQUIRE_APPROVAL = "require_approval"
    """It waits for an operator, who may send it as it is."""
    DENY = "deny"
    """It is kept as discarded, for whoever audits it, and shown to nobody else."""


class DraftRisk(StrEnum):
    """How much of a draft is a machine's own."""

    LOW = "low"
    """It says whole articles, word for word and in their order: no section of an article it quotes is left out, nor a
    heading or a title whose words or signs it does not say itself."""
    MEDIUM = "medium"
    """A sentence says in other words what its source says, or a piece of it; part of an article is left out; or
    the customer may have asked several things."""
    HIGH = "high"
    """A sentence has no source, or the host's generator failed and another took its place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftFacts:
    """A prepared draft as the policy sees it."""

    conversation: ConversationFacts
    """Its channel, priority and subject, whose it is, and who has taken it."""
    customer: CustomerContext | None
    """What your ContextProvider says about the customer; None where it failed."""
    kind: str
    """"reply", "clarification" or "escalation"."""
    reason: str
    """Why it is of this kind, such as "grounded" or "weak_evidence"."""
    risk: DraftRisk
    answerability: float
    threshold: float
    """How likely the evidence holds the answer, and from which value on that counts as yes."""
    quoted: int
    unverified: int
    """How many sentences rest on a quote the server found, and how many on nothing."""
    evidence_days: tuple[int, ...]
    """How many days ago each quoted revision was published, the oldest first; empty where nothing is quoted."""
    clarifications: int
    """How often in a row the customer was asked back already."""
    generator: str
    """Who worded it: "extractive", or the dotted path of your DraftGenerator."""


class AutomationPolicy(Protocol):
    """Decides what a machine may prepare and send, asked for drafts of every kind. Raising is treated as deny.

    It is asked in a thread of its own; taking longer than DRAFT_POLICY_SECONDS is treated as deny too. An escalation is
    shown whatever is decided: it sends nothing.
    """

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Return whether the draft is sent, waits for a person, may only be reworded, or is dropped."""
        ...


class RequireApproval:
    """Everything waits for a person; the default."""

    def decide(self, *, draft: DraftFacts) -> Verdict:
        """Hold for approval."""
        return Verdict.REQUIRE_APPROVAL
