"""The revisions of an article, as its history shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from cairnloop.knowledge_base.models import Article, Revision
from cairnloop.web.knowledge_base.marks import Mark, revision_mark


@dataclass(frozen=True, kw_only=True, slots=True)
class RevisionLine:
    """One revision; `compare_url` sets it against the one before it, and is empty for the first."""

    number: int
    url: str
    compare_url: str
    restore_url: str
    author: str
    at: datetime
    summary: str
    title: str
    state: Mark
    is_live: bool
    is_unpublished: bool


def revision_lines(article: Article, *, below: int | None = None, limit: int) -> tuple[RevisionLine, ...]:
    """Return the newest revisions, with a number smaller than `below` if that is given, at most `limit`."""
    rows = article.revisions.newest_first().defer("text")
    if below is not None:
        rows = rows.filter(number__lt=below)
    return tuple(_line(article, revision) for revision in rows[:limit])


def _line(article: Article, revision: Revision) -> RevisionLine:
    def url(name: str) -> str:
        return reverse(f"cairnloop:{name}", args=[article.pk, revision.number])

    comparison = reverse("cairnloop:article-comparison", args=[article.pk])
    before = revision.number - 1
    return RevisionLine(
        number=revision.number,
        url=url("article-revision"),
        compare_url=f"{comparison}?from={before}&to={revision.number}" if before else "",
        restore_url=url("article-restoring"),
        author=revision.author_name,
        at=revision.published_at or revision.changed_at,
        summary=revision.summary,
        title=revision.title,
        state=revision_mark(revision, live_revision_id=article.live_revision_id),
        is_live=revision.pk == article.live_revision_id,
        is_unpublished=not revision.is_published,
    )
