"""What happened to a proposal; ids only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToolProposalChanged:
    """It was proposed, decided, run or settled. Without a conversation it belongs to none."""

    conversation_id: int | None
    proposal_id: int


@dataclass(frozen=True, slots=True)
class ToolRunDue:
    """It may run: at once, or after a while where the tool asked for another try."""

    proposal_id: int
    in_seconds: int = 0
