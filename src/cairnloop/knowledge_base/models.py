"""An article, its revisions, and the chunks a published revision is cut into."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Left
from django.utils.translation import gettext_lazy as _

from cairnloop.core.actors import Actor, ActorKind
from cairnloop.core.lifecycle import Lifecycle


class ArticleQuerySet(models.QuerySet["Article"]):
    """Articles, asked for in words."""

    def published(self) -> Self:
        """Those that are live."""
        return self.filter(status=Article.Status.PUBLISHED)

    def in_status(self, status: str) -> Self:
        """Those in one status."""
        return self.filter(status=status)

    def public(self) -> Self:
        """Those a customer may read."""
        return self.filter(visibility=Article.Visibility.PUBLIC)

    def tagged(self, tag: str) -> Self:
        """Those that carry one tag."""
        return self.filter(tags__contains=[tag])

    def locked(self) -> Self:
        """The same rows, held until the transaction ends: one writer at a time per article."""
        return self.select_for_update(of=("self",))


class Article(models.Model):
    """One subject of the knowledge base. What it says stands in its revisions; at most one of them is live."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        ARCHIVED = "archived", _("Archived")

    class Visibility(models.TextChoices):
        PUBLIC = "public", _("Public")
        INTERNAL = "internal", _("Internal")

    lifecycle = Lifecycle(
        "status",
        {
            Status.DRAFT: {Status.PUBLISHED, Status.ARCHIVED},
            Status.PUBLISHED: {Status.PUBLISHED, Status.ARCHIVED},
            Status.ARCHIVED: {Status.PUBLISHED},
        },
    )

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True, allow_unicode=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.INTERNAL)
    locale = models.CharField(max_length=20, default="en")
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    source_path = models.CharField(max_length=500, null=True, blank=True)  # noqa: DJ001  # unique only where given
    live_revision = models.OneToOneField("Revision", on_delete=models.RESTRICT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    cited_count = models.PositiveIntegerField(default=0)
    """In how many conversations a reply named it as its source."""
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = ArticleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "published", "archived"]), name="cl_article_status"
            ),
            models.CheckConstraint(condition=Q(visibility__in=["public", "internal"]), name="cl_article_visibility"),
            models.CheckConstraint(condition=~Q(title=""), name="cl_article_has_title"),
            models.CheckConstraint(
                condition=Q(status="published", live_revision__isnull=False, published_at__isnull=False)
                | (~Q(status="published") & Q(live_revision__isnull=True, published_at__isnull=True)),
                name="cl_article_published_is_live",
            ),
            models.UniqueConstraint(
                fields=["source_path"],
                condition=Q(source_path__isnull=False),
                name="cl_article_once_per_source_path",
            ),
        ]
        indexes = [
            models.Index("status", F("changed_at").desc(), F("id").desc(), name="cl_article_status_changed"),
            models.Index(F("changed_at").desc(), F("id").desc(), name="cl_article_changed"),
            models.Index("title", "id", name="cl_article_title"),
            models.Index("published_at", "id", condition=Q(published_at__isnull=False), name="cl_article_published"),
            models.Index(F("cited_count").desc(), F("id").desc(), name="cl_article_cited"),
            GinIndex("tags", name="cl_article_tags"),
        ]

    @property
    def is_published(self) -> bool:
        """True while one of its revisions is live."""
        return self.status == self.Status.PUBLISHED

    def publish(self, revision: Revision, *, at: datetime) -> None:
        """Make `revision` the live one; the one before it is superseded by that very write."""
        self.lifecycle.move(
            self,
            self.Status.PUBLISHED,
            live_revision_id=revision.pk,
            title=revision.title,
            published_at=at,
            changed_at=at,
        )

    def archive(self, *, at: datetime) -> None:
        """Take out of search and off every list of what is live; its revisions stay."""
        self.lifecycle.move(self, self.Status.ARCHIVED, live_revision_id=None, published_at=None, changed_at=at)

    def come_from(self, path: str) -> None:
        """Note which file of a tree says what this article says."""
        self.source_path = path
        self.save(update_fields=["source_path"])

    def note_saved(self, revision: Revision, *, at: datetime) -> None:
        """Note that somebody wrote; the title is that of what is live, and else of what was written last."""
        self.changed_at = at
        if not self.is_published:
            self.title = revision.title
        self.save(update_fields=["title", "changed_at"])


SEARCHED_CHARS = 100_000


class RevisionQuerySet(models.QuerySet["Revision"]):
    """Revisions, asked for in words."""

    def published(self) -> Self:
        """Those that are live or once were: never changed again."""
        return self.filter(published_at__isnull=False)

    def unpublished(self) -> Self:
        """Those still being written; at most one per article."""
        return self.filter(published_at__isnull=True)

    def newest_first(self) -> Self:
        """The latest number first."""
        return self.order_by("-number")


class Revision(models.Model):
    """What an article says, once; the database refuses to change it after it was published."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    text = models.TextField()
    summary = models.CharField(max_length=200, blank=True)
    author_kind = models.CharField(max_length=10)
    author_ref = models.CharField(max_length=200)
    author_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="cl_revision_once_per_number"),
            models.UniqueConstraint(
                fields=["article"], condition=Q(published_at__isnull=True), name="cl_revision_one_unpublished"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="cl_revision_number_from_one"),
            models.CheckConstraint(condition=~Q(title=""), name="cl_revision_has_title"),
        ]
        indexes = [
            # Words are looked for in the beginning only: a tsvector has a size PostgreSQL refuses to exceed.
            GinIndex(SearchVector("title", Left("text", SEARCHED_CHARS), config="simple"), name="cl_revision_words"),
        ]

    @property
    def is_published(self) -> bool:
        """True once it went live; from then on it never changes."""
        return self.published_at is not None

    @property
    def author(self) -> Actor:
        """Who wrote it, or wrote it last while it was unpublished."""
        return Actor(ActorKind(self.author_kind), self.author_ref, self.author_name)

    def rewrite(self, *, title: str, text: str, summary: str, by: Actor, at: datetime) -> None:
        """Write over an unpublished revision; the database refuses it for a published one."""
        self.title, self.text, self.summary = title, text, summary
        self.author_kind, self.author_ref, self.author_name = by.kind, by.ref, by.name[:200]
        self.changed_at = at
        self.save(update_fields=["title", "text", "summary", "author_kind", "author_ref", "author_name", "changed_at"])

    def go_live(self, *, at: datetime) -> None:
        """Seal this revision: from now on nothing of it changes."""
        self.published_at = at
        self.save(update_fields=["published_at"])


class Chunk(models.Model):
    """A part of a published revision that is found and quoted as one: `text` is `revision.text[start:end]`."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="chunks")
    index = models.PositiveIntegerField()
    heading_path = ArrayField(models.TextField(), default=list, blank=True)
    text = models.TextField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    token_count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "index"], name="cl_chunk_once_per_index"),
            models.CheckConstraint(condition=~Q(text=""), name="cl_chunk_has_text"),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="cl_chunk_span"),
        ]
