"""What a search returns: evidence with its trust, its place, and why it was found; and how well it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """Where evidence comes from."""

    ARTICLE = "article"
    RESOLVED_CASE = "resolved_case"


class Trust(StrEnum):
    """What evidence may be used for: only canonical evidence is ever quoted to a customer."""

    CANONICAL = "canonical"
    ASSISTIVE = "assistive"


class Reason(StrEnum):
    """Why something was found."""

    WORDS = "words"
    MEANING = "meaning"
    EXACT_PHRASE = "exact_phrase"
    IDENTIFIER = "identifier"
    SIMILAR_CASE = "similar_case"


class Degradation(StrEnum):
    """Why a search had to do without vectors."""

    NO_EMBEDDER = "no_embedder"
    EMBEDDER_FAILED = "embedder_failed"
    NOT_EMBEDDED = "not_embedded"
    """What is found best has no vector of the embedder's model yet, or nothing has. An answer is judged by words."""


@dataclass(frozen=True, slots=True)
class ArticleCitation:
    """Where canonical evidence stands: a span of a published revision's text, in characters."""

    article_id: int
    revision_id: int
    chunk_index: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CaseCitation:
    """Where assistive evidence stands."""

    conversation_id: int
    chunk_index: int


@dataclass(frozen=True, slots=True)
class Snippet:
    """An excerpt, and the character spans in it that match the query."""

    text: str
    matches: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """One thing found. `score` orders within one search and means nothing across searches."""

    source: Source
    trust: Trust
    title: str
    heading_path: tuple[str, ...]
    snippet: Snippet
    text: str
    citation: ArticleCitation | CaseCitation
    changed_at: datetime
    score: float
    words_score: float | None
    words_rank: int | None
    meaning_score: float | None
    meaning_rank: int | None
    reasons: tuple[Reason, ...]
    slug: str = ""
    revision_number: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answerability:
    """How likely the canonical evidence holds the answer, 0 to 1, and what that was judged by."""

    score: float
    threshold: float
    coverage: float
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def is_answerable(self) -> bool:
        """True at or above the calibrated threshold."""
        return self.score >= self.threshold


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchOutcome:
    """All that one search found, best first, in a total and repeatable order."""

    evidence: tuple[Evidence, ...]
    answerability: Answerability
    degradation: Degradation | None = None

    @property
    def canonical(self) -> tuple[Evidence, ...]:
        """What may be quoted."""
        return tuple(found for found in self.evidence if found.trust is Trust.CANONICAL)

    @property
    def assistive(self) -> tuple[Evidence, ...]:
        """What only helps an operator."""
        return tuple(found for found in self.evidence if found.trust is Trust.ASSISTIVE)
