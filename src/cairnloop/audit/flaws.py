"""What verification can find: how far it read, and the first flaw."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cairnloop.audit.chaining import FIRST_PREVIOUS_HASH


class Fault(StrEnum):
    """What can be wrong with a trail."""

    CONTENT_CHANGED = "content changed"
    LINK_BROKEN = "link broken"
    POSITION_MISSING = "position missing"
    OUT_OF_ORDER = "out of order"
    SEALED_HEAD_MISSING = "sealed head missing"
    SEALED_HEAD_REPLACED = "sealed head replaced"
    SEAL_CHANGED = "seal changed"
    SEAL_LINK_BROKEN = "seal link broken"
    SEAL_MISSING = "seal missing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Flaw:
    """The first bad place in a trail, and what is wrong with it."""

    fault: Fault
    detail: str
    stream: str | None = None
    position: int | None = None
    entry_id: int | None = None
    seal_number: int | None = None

    def __str__(self) -> str:
        places = [
            ("stream", self.stream),
            ("position", self.position),
            ("id", self.entry_id),
            ("seal", self.seal_number),
        ]
        where = ", ".join(f"{name} {value}" for name, value in places if value is not None)
        return f"{self.fault.capitalize()}{' at ' if where else ''}{where}. {self.detail}"


@dataclass(kw_only=True, slots=True)
class Verification:
    """How far the trail was read, and its first flaw if it has one."""

    seals: int = 0
    seal_number: int = 0
    """The newest seal that was read, 0 for none, and its hash."""
    seal_hash: str = FIRST_PREVIOUS_HASH
    streams: int = 0
    entries: int = 0
    unsealed: int = 0
    """Entries newer than their stream's last sealed head: intact, but removing them would not show yet."""
    flaw: Flaw | None = None

    @property
    def is_intact(self) -> bool:
        """True if everything that was read fits together."""
        return self.flaw is None
