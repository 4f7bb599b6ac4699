"""What happened to what can be found; ids and names of models only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WordsIndexed:
    """A live revision can be found by its words; its vectors are still missing."""

    revision_id: int


@dataclass(frozen=True, slots=True)
class WordsCounted:
    """Counts of words wait to be folded into the lexicon."""


@dataclass(frozen=True, slots=True)
class VectorIndexMissing:
    """Vectors of a model were written, and no index stands for them yet; `vectors` is their table."""

    model: str
    dimensions: int
    vectors: str


@dataclass(frozen=True, slots=True)
class CaseIndexed:
    """A resolved case can be found by its words; its vectors are still missing."""

    case_id: int


@dataclass(frozen=True, slots=True)
class GapRecorded:
    """A question found no answer."""

    gap_event_id: int
