"""Articles come into being, are written, and are classified; nothing here goes live."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.core.actors import Actor
from cairnloop.core.errors import InvalidInput
from cairnloop.core.events import publish
from cairnloop.core.guards import refuse_outsiders
from cairnloop.core.transactions import command, savepoint
from cairnloop.knowledge_base.events import ArticleCreated, ArticleReclassified, RevisionSaved
from cairnloop.knowledge_base.holding import NoSuchRevision, hold_article, newest_revision, refuse_unseen
from cairnloop.knowledge_base.models import Article, Revision
from cairnloop.knowledge_base.wording import (
    checked_article_text,
    checked_locale,
    checked_slug,
    checked_summary,
    checked_tags,
    checked_title,
    checked_visibility,
    slug_from,
)

SLUG_TRIES = 5


class SlugTaken(InvalidInput):
    """Another article has this slug. Choose a different one; nothing was written."""

    code = "slug_taken"


@command
def create_article(
    *,
    title: str,
    text: str = "",
    visibility: str = Article.Visibility.INTERNAL,
    locale: str = "en",
    tags: Iterable[str] = (),
    slug: str | None = None,
    by: Actor,
) -> Article:
    """Begin an article as a draft with its first revision; nobody finds it before it is published.

    Without a `slug` one is made from the title; it stays when the title changes. Raises OperatorNeeded,
    InvalidInput, or SlugTaken.
    """
    refuse_outsiders(by)
    title, text = checked_title(title), checked_article_text(text)
    now = timezone.now()
    article = Article(
        title=title,
        visibility=checked_visibility(visibility),
        locale=checked_locale(locale),
        tags=checked_tags(tags),
        created_at=now,
        changed_at=now,
    )
    _insert(article, slug=None if slug is None else checked_slug(slug))
    revision = _append_revision(article, number=1, title=title, text=text, summary="", by=by, at=now)
    record(
        "knowledge_base.article.created",
        by=by,
        subject=f"article:{article.pk}",
        evidence={"revision_id": revision.pk, "visibility": article.visibility},
    )
    publish(ArticleCreated(article.pk))
    return article


@command
def save_revision(
    *,
    article_id: int,
    title: str,
    text: str,
    summary: str = "",
    by: Actor,
    seen_revision_id: int | None = None,
    seen_changed_at: datetime | None = None,
) -> Revision:
    """Write the article's unpublished revision; after a publication that is a new one with the next number.

    `seen_revision_id` and `seen_changed_at` are the newest revision's as the writer saw it: if anybody saved since,
    nothing is written and RevisedMeanwhile is raised. Saving once more what is stored already, or what is live,
    writes nothing and returns that. `summary` says what changed, in one line.

    Raises OperatorNeeded, NoSuchArticle, InvalidInput, or RevisedMeanwhile.
    """
    refuse_outsiders(by)
    title, text, summary = checked_title(title), checked_article_text(text), checked_summary(summary)
    article = hold_article(article_id)
    newest = newest_revision(article)
    if _says_so_already(article, newest, title=title, text=text, summary=summary):
        return newest
    refuse_unseen(newest, seen_revision_id=seen_revision_id, seen_changed_at=seen_changed_at)
    return _write(article, newest, title=title, text=text, summary=summary, by=by)


@command
def restore_revision(*, article_id: int, number: int, by: Actor) -> Revision:
    """Take up an old revision again: its title and text become the unpublished revision, ready to be published.

    What stood in the unpublished revision is replaced. Raises OperatorNeeded, NoSuchArticle, or NoSuchRevision.
    """
    refuse_outsiders(by)
    article = hold_article(article_id)
    old = article.revisions.filter(number=number).first()
    if old is None:
        raise NoSuchRevision
    newest = newest_revision(article)
    if _says_so_already(article, newest, title=old.title, text=old.text, summary=newest.summary):
        return newest
    return _write(article, newest, title=old.title, text=old.text, summary="", by=by, restored_number=old.number)


@command
def classify_article(
    *,
    article_id: int,
    visibility: str | None = None,
    locale: str | None = None,
    tags: Iterable[str] | None = None,
    slug: str | None = None,
    by: Actor,
) -> Article:
    """Change who may find an article, its language, tags or slug; None leaves each as it is.

    It takes effect at once, also for what is live. Raises OperatorNeeded, NoSuchArticle, InvalidInput or SlugTaken.
    """
    refuse_outsiders(by)
    wanted = {
        "visibility": None if visibility is None else checked_visibility(visibility),
        "locale": None if locale is None else checked_locale(locale),
        "tags": None if tags is None else checked_tags(tags),
        "slug": None if slug is None else checked_slug(slug),
    }
    article = hold_article(article_id)
    changed = {name: value for name, value in wanted.items() if value is not None and value != getattr(article, name)}
    if not changed:
        return article
    for name, value in {**changed, "changed_at": timezone.now()}.items():
        setattr(article, name, value)
    try:
        with savepoint():
            article.save(update_fields=[*changed, "changed_at"])
    except IntegrityError as error:
        raise SlugTaken from error
    record(
        "knowledge_base.article.reclassified",
        by=by,
        subject=f"article:{article.pk}",
        evidence={"changed": sorted(changed), "visibility": article.visibility},
    )
    publish(ArticleReclassified(article.pk))
    return article


def _says_so_already(article: Article, newest: Revision, *, title: str, text: str, summary: str) -> bool:
    if (newest.title, newest.text) != (title, text):
        return False
    # What was live once and is not any more has to become a new revision before it can be published again.
    return newest.pk == article.live_revision_id or (not newest.is_published and newest.summary == summary)


def _write(
    article: Article,
    newest: Revision,
    *,
    title: str,
    text: str,
    summary: str,
    by: Actor,
    restored_number: int | None = None,
) -> Revision:
    now = max(timezone.now(), newest.changed_at + timedelta(microseconds=1))
    if newest.is_published:
        revision = _append_revision(
            article, number=newest.number + 1, title=title, text=text, summary=summary, by=by, at=now
        )
    else:
        revision = newest
        revision.rewrite(title=title, text=text, summary=summary, by=by, at=now)
    article.note_saved(revision, at=now)
    record(
        "knowledge_base.revision.saved" if restored_number is None else "knowledge_base.revision.restored",
        by=by,
        subject=f"article:{article.pk}",
        evidence={"revision_id": revision.pk, "number": revision.number, "restored_number": restored_number},
    )
    publish(RevisionSaved(article.pk, revision.pk))
    return revision


def _append_revision(
    article: Article, *, number: int, title: str, text: str, summary: str, by: Actor, at: datetime
) -> Revision:
    return Revision.objects.create(
        article=article,
        number=number,
        title=title,
        text=text,
        summary=summary,
        author_kind=by.kind,
        author_ref=by.ref,
        author_name=by.name[:200],
        created_at=at,
        changed_at=at,
    )


def _insert(article: Article, *, slug: str | None) -> None:
    """Insert the row under the slug that was asked for, or the first free one made from its title."""
    for _ in range(SLUG_TRIES):
        article.slug = slug or free_slug(slug_from(article.title))
        try:
            with savepoint():
                article.save(force_insert=True)
        except IntegrityError:
            # Someone took the slug between the look and the insert; a constraint of the values is not to blame.
            if slug:
                break
            article.pk = None
        else:
            return
    raise SlugTaken


def free_slug(base: str, *, besides: Collection[str] = ()) -> str:
    """Return `base`, or with the first number that no article has; `besides` are taken as well."""
    numbered = Q(slug__startswith=f"{base}-", slug__regex=r"-\d+$")
    taken = set(Article.objects.filter(Q(slug=base) | numbered).values_list("slug", flat=True)).union(besides)
    if base not in taken:
        return base
    return next(slug for number in range(2, len(taken) + 3) if (slug := f"{base}-{number}") not in taken)
