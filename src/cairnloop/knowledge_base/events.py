"""What happened to an article; ids only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ArticleCreated:
    article_id: int


@dataclass(frozen=True, slots=True)
class RevisionSaved:
    """Someone wrote; nothing of it is live yet."""

    article_id: int
    revision_id: int


@dataclass(frozen=True, slots=True)
class RevisionPublished:
    """A revision went live, and the one before it, if any, stopped being so."""

    article_id: int
    revision_id: int
    superseded_revision_id: int | None


@dataclass(frozen=True, slots=True)
class ArticleArchived:
    """Nothing of the article is live any more; `revision_id` was, unless it never went live."""

    article_id: int
    revision_id: int | None


@dataclass(frozen=True, slots=True)
class ArticleReclassified:
    """Its visibility, locale, tags or slug changed; what it says did not."""

    article_id: int
