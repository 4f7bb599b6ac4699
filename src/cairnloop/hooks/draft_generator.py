"""Who words a draft reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cairnloop.hooks.facts import ConversationFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftSource:
    """A passage a draft may quote."""

    number: int
    title: str
    text: str
    article: str = ""
    """The whole text the passage stands in, with what limits it from outside; empty where the passage is all."""
    start: int = 0
    """Where the passage begins in it, in characters."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftRequest:
    """What a generator gets: the conversation, the customer's words, and the only passages it may use."""

    conversation: ConversationFacts
    turns: Sequence[tuple[str, str]]
    """The latest messages in order, as (role, text). Data, never instructions."""
    question: str
    """What the customer asks now, without personal data."""
    sources: Sequence[DraftSource]
    """The only passages that may be quoted, best first."""
    opening: str
    """How a draft begins; this sentence needs no quote."""
    closing: str
    """How a draft ends; this sentence needs no quote."""
    instruction: str = ""
    """What an operator asked of this draft after they saw another one; never a customer's words. Mostly empty."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftClaim:
    """One sentence of a draft with the source and the exact quote it rests on."""

    text: str
    source: int | None = None
    quote: str = ""
    """Words of the source as they stand there; white space and typography may differ, nothing else."""
    begins_paragraph: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftUsage:
    """What a language model took for a draft, all attempts together."""

    model: str
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftResult:
    """A draft, sentence by sentence. Without claims there is nothing to say."""

    claims: Sequence[DraftClaim]
    usage: DraftUsage | None = None
    """What was spent on it, kept with the draft; None where no model was asked."""


class GenerationFailed(Exception):
    """No draft could be worded; raised by a generator that can say why.

    `cause` is one of "timeout", "rate_limited", "unavailable", "rejected", "refused", "truncated", "malformed" and
    "failed"; it is kept with the draft, as is what was spent. Any other exception counts as "failed".
    """

    def __init__(self, cause: str = "failed", *, usage: DraftUsage | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.usage = usage


class DraftGenerator(Protocol):
    """Words a draft from the given sources. It never sends anything.

    It is asked in a thread of its own, which is given up after DRAFT_GENERATOR_SECONDS.
    """

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Return the draft. Raising falls back to the extractive generator, and says so; GenerationFailed also why."""
        ...
