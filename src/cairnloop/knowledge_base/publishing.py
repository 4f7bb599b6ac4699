"""What is live: a revision goes live, an article is put away."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.core import telemetry
from cairnloop.core.actors import Actor
from cairnloop.core.errors import InvalidInput, InvalidTransition
from cairnloop.core.events import publish
from cairnloop.core.guards import refuse_outsiders
from cairnloop.core.transactions import command
from cairnloop.knowledge_base.chunking import chunk
from cairnloop.knowledge_base.events import ArticleArchived, RevisionPublished
from cairnloop.knowledge_base.holding import hold_article, hold_revision, refuse_unseen
from cairnloop.knowledge_base.models import Article, Chunk, Revision


class NothingToPublish(InvalidInput):
    """There is nothing to find in this revision yet. Write some text below its headings; nothing was published."""

    code = "nothing_to_publish"


class AlreadyPublished(InvalidTransition):
    """This revision was published before. Restore it as a new revision to publish it again."""

    code = "already_published"


@command
def publish_revision(*, revision_id: int, by: Actor, seen_changed_at: datetime | None = None) -> Revision:
    """Make a revision the live one; the one before it is superseded in the same transaction.

    `seen_changed_at` is the revision's as the publisher saw it: if somebody saved since, nothing is published and
    RevisedMeanwhile is raised. Raises OperatorNeeded, NoSuchRevision, AlreadyPublished, or NothingToPublish.
    """
    refuse_outsiders(by)
    article, revision = hold_revision(revision_id)
    if revision.is_published:
        raise AlreadyPublished
    refuse_unseen(revision, seen_revision_id=None, seen_changed_at=seen_changed_at)
    pieces = chunk(revision.title, revision.text)
    if not pieces:
        raise NothingToPublish
    now = timezone.now()
    superseded_id = article.live_revision_id
    revision.go_live(at=now)
    Chunk.objects.bulk_create(
        Chunk(
            revision=revision,
            index=index,
            heading_path=list(piece.heading_path),
            text=revision.text[piece.start : piece.end],
            start=piece.start,
            end=piece.end,
            token_count=piece.token_count,
        )
        for index, piece in enumerate(pieces)
    )
    article.publish(revision, at=now)
    record(
        "knowledge_base.revision.published",
        by=by,
        subject=f"article:{article.pk}",
        evidence={
            "revision_id": revision.pk,
            "number": revision.number,
            "superseded_revision_id": superseded_id,
            "chunks": len(pieces),
            "visibility": article.visibility,
        },
    )
    publish(RevisionPublished(article.pk, revision.pk, superseded_id))
    telemetry.count("article.published", visibility=article.visibility)
    return revision


@command
def archive_article(*, article_id: int, by: Actor, reason: str = "") -> Article:
    """Put an article away: nothing of it is found any more, its revisions stay.

    Publishing one of its revisions brings it back. Raises OperatorNeeded, NoSuchArticle, and InvalidTransition if
    it is archived already.
    """
    refuse_outsiders(by)
    article = hold_article(article_id)
    live_id = article.live_revision_id
    article.archive(at=timezone.now())
    record(
        "knowledge_base.article.archived",
        by=by,
        subject=f"article:{article.pk}",
        reason=reason,
        evidence={"revision_id": live_id},
    )
    publish(ArticleArchived(article.pk, live_id))
    return article
