"""What happened to a draft; ids only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DraftPrepared:
    """A draft waits for an operator, or the reason why there is none."""

    conversation_id: int
    draft_id: int


@dataclass(frozen=True, slots=True)
class DraftDecided:
    """An operator sent or discarded it."""

    conversation_id: int
    draft_id: int


@dataclass(frozen=True, slots=True)
class DraftTurnedStale:
    """What it answers or rests on is no longer so."""

    conversation_id: int
    draft_id: int


@dataclass(frozen=True, slots=True)
class DraftMadeWay:
    """An operator asked for another draft in its place."""

    conversation_id: int
    draft_id: int


@dataclass(frozen=True, slots=True)
class DraftOvertaken:
    """The customer wrote again while a draft was prepared, and it was not kept."""

    conversation_id: int


@dataclass(frozen=True, slots=True)
class DraftSourceChanged:
    """A draft that waited turned stale because of a source; its customer still waits for an answer."""

    conversation_id: int
