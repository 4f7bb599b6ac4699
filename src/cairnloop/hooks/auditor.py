"""A second, host-owned record of everything that happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditFacts:
    """One audit entry as written: who did what to which subject, why, and on what evidence."""

    action: str
    actor_kind: str
    actor_ref: str
    subject: str
    reason: str
    evidence: Mapping[str, Any]
    recorded_at: datetime
    hash: str


class Auditor(Protocol):
    """Receives every audit entry inside the transaction that wrote it."""

    def record(self, *, entry: AuditFacts) -> None:
        """Record the entry. Raising rolls the whole action back: evidence first."""
        ...


class NullAuditor:
    """Keeps nothing besides Cairnloop's own trail; the default."""

    def record(self, *, entry: AuditFacts) -> None:
        """Do nothing."""
