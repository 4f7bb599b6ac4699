"""How soon an answer is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class SLAPolicyFacts:
    """Targets for one priority, in seconds."""

    priority: str
    first_response_seconds: int
    next_response_seconds: int
    resolution_seconds: int


class SLAPolicyProvider(Protocol):
    """Supplies the targets in force. Raising starts no new clock."""

    def policies(self) -> Sequence[SLAPolicyFacts]:
        """Return one policy per priority; a priority without one has no clock."""
        ...


class NoPolicies:
    """Nothing is due; the default."""

    def policies(self) -> Sequence[SLAPolicyFacts]:
        """Return no targets."""
        return ()
