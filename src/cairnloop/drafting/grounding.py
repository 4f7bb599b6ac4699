"""What is prepared for a customer's message: a reply, a question back, or nothing but the reason. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CLARIFICATIONS_IN_A_ROW = 1
NEAR = 0.5
"""Which share of an answerable score is worth a question back: with less the articles are about something else."""


class Kind(StrEnum):
    """What a draft is."""

    REPLY = "reply"
    CLARIFICATION = "clarification"
    ESCALATION = "escalation"


class Reason(StrEnum):
    """Why it is what it is."""

    GROUNDED = "grounded"
    WEAK_EVIDENCE = "weak_evidence"
    NOTHING_TO_QUOTE = "nothing_to_quote"
    CLARIFIED_BEFORE = "clarified_before"
    NOTHING_FITS = "nothing_fits"
    NOTHING_FOUND = "nothing_found"
    SEARCH_FAILED = "search_failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What a search brought, as far as the decision needs it."""

    canonical: int
    """How many passages that may be quoted."""
    score: float
    threshold: float
    """How likely the passages hold the answer, and from which score on that counts as yes."""
    clarifications: int
    """How often in a row the customer was asked back already."""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What is prepared, and why."""

    kind: Kind
    reason: Reason


def decide(findings: Findings) -> Decision:
    """Return what to prepare: a reply only where what was found is judged to hold the answer, never for a mere hit.

    The customer is asked back once at most before a person takes over, and only where the articles come near.
    """
    if findings.failed:
        return Decision(Kind.ESCALATION, Reason.SEARCH_FAILED)
    if not findings.canonical:
        return Decision(Kind.ESCALATION, Reason.NOTHING_FOUND)
    if findings.score >= findings.threshold:
        return Decision(Kind.REPLY, Reason.GROUNDED)
    return _decide_without_answer(findings)


def decide_without_quotes(findings: Findings) -> Decision:
    """Return what to prepare instead of a reply for which no sentence could be quoted."""
    weaker = _decide_without_answer(findings)
    if weaker.kind is Kind.CLARIFICATION:
        return Decision(weaker.kind, Reason.NOTHING_TO_QUOTE)
    return weaker


def _decide_without_answer(findings: Findings) -> Decision:
    if findings.score < NEAR * findings.threshold:
        return Decision(Kind.ESCALATION, Reason.NOTHING_FITS)
    if findings.clarifications >= CLARIFICATIONS_IN_A_ROW:
        return Decision(Kind.ESCALATION, Reason.CLARIFIED_BEFORE)
    return Decision(Kind.CLARIFICATION, Reason.WEAK_EVIDENCE)
