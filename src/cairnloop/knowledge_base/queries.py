"""What may be read of the knowledge base: lists, counts, one article, its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.postgres.search import SearchVector
from django.db.models import Count, F, Func, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject, Left, Length

from cairnloop.core.word_query import WordQuery, least_beginning, split_words
from cairnloop.knowledge_base.holding import NoSuchArticle, NoSuchRevision, newest_revision
from cairnloop.knowledge_base.models import SEARCHED_CHARS, Article, ArticleQuerySet, Revision
from cairnloop.knowledge_base.wording import TAG_CHARS

HISTORY_PAGE = 50
TAG_CHOICES = 100

ORDERINGS: Mapping[str, tuple[str, ...]] = {
    "changed": ("-changed_at", "-id"),
    "title": ("title", "id"),
    "stale": ("published_at", "id"),
    "cited": ("-cited_count", "-id"),
}
"""The list's orders: changed last first, by title, what went live longest ago first (live articles only), and
what most conversations cite."""

# Exactly the expression of the index: PostgreSQL uses an expression index only for the very same expression.
IN_REVISION = SearchVector("title", Left("text", SEARCHED_CHARS), config="simple")


@dataclass(frozen=True, kw_only=True, slots=True)
class ArticleFilter:
    """What a list of articles shows. An empty value means any."""

    status: str = ""
    visibility: str = ""
    locale: str = ""
    tag: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class NewestRevision:
    """The newest revision of an article, without its text."""

    number: int
    is_published: bool
    author_kind: str
    author_ref: str
    author_name: str


@dataclass(frozen=True, slots=True)
class ArticleLine:
    """One article of a list, with what its reader needs to choose."""

    article: Article
    newest: NewestRevision

    @property
    def has_unpublished_changes(self) -> bool:
        """True when something was written that is not live yet."""
        return self.article.is_published and not self.newest.is_published


@dataclass(frozen=True, slots=True)
class OpenedArticle:
    """One article with what is live and what was written last; often the same, and nothing may be live."""

    article: Article
    live: Revision | None
    newest: Revision


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One revision of a history. Its `text` is not loaded; `characters` says how long it is."""

    revision: Revision
    is_live: bool
    characters: int


def list_articles(
    *, wanted: ArticleFilter, order: str = "changed", among: ArticleQuerySet | None = None
) -> ArticleQuerySet:
    """Return the articles a list shows, in one of `ORDERINGS`, to be cut into keyset pages by its caller.

    `among` may be narrowed or annotated before; with an order of its own, such as by an annotation, pass `order=""`.
    """
    found = _narrowed(Article.objects.all() if among is None else among, wanted)
    if wanted.status:
        found = found.in_status(wanted.status)
    if order == "stale":
        found = found.filter(published_at__isnull=False)
    return found.order_by(*ORDERINGS[order]) if order else found


def count_by_status(*, wanted: ArticleFilter, among: ArticleQuerySet | None = None) -> dict[str, int]:
    """Return how many articles each status has, with every other filter applied; one statement."""
    found = _narrowed(Article.objects.all() if among is None else among, wanted)
    return found.aggregate(
        **{status: Count("pk", filter=Q(status=status)) for status in Article.Status.values},
    )


def article_lines(articles: Sequence[Article]) -> list[ArticleLine]:
    """Return what a list shows of `articles`, in their order, with one query however many there are."""
    newest = Revision.objects.filter(article=OuterRef("pk")).newest_first()
    described = newest.values(
        found=JSONObject(
            number="number",
            published_at="published_at",
            author_kind="author_kind",
            author_ref="author_ref",
            author_name="author_name",
        )
    )
    rows = Article.objects.filter(pk__in=[each.pk for each in articles]).values_list("pk", Subquery(described[:1]))
    details = {
        pk: NewestRevision(is_published=found.pop("published_at") is not None, **found) for pk, found in rows if found
    }
    return [ArticleLine(each, details[each.pk]) for each in articles if each.pk in details]


def opened_article(*, article_id: int) -> OpenedArticle:
    """Return an article with its live and its newest revision, in two queries. Raises NoSuchArticle."""
    article = Article.objects.select_related("live_revision").filter(pk=article_id).first()
    if article is None:
        raise NoSuchArticle
    newest = newest_revision(article)
    return OpenedArticle(article, article.live_revision, newest)


def revision_of(*, article_id: int, number: int) -> Revision:
    """Return one revision with its text. Raises NoSuchRevision, also for the number of another article."""
    found = Revision.objects.filter(article_id=article_id, number=number).first()
    if found is None:
        raise NoSuchRevision
    return found


def article_history(*, article: Article, before: int | None = None, limit: int = HISTORY_PAGE) -> list[HistoryLine]:
    """Return the article's revisions, newest first, at most `limit`, with numbers below `before`; one query."""
    revisions = article.revisions.newest_first().defer("text").annotate(characters=Length("text"))
    if before is not None:
        revisions = revisions.filter(number__lt=before)
    return [
        HistoryLine(each, each.pk == article.live_revision_id, each.characters)  # type: ignore[attr-defined]
        for each in revisions[:limit]
    ]


def tags_in_use(*, limit: int = TAG_CHOICES) -> list[tuple[str, int]]:
    """Return the tags articles carry and how many carry each, the most used first."""
    tags = Article.objects.annotate(tag=Func("tags", function="unnest")).values("tag")
    counted = tags.annotate(carriers=Count("pk")).order_by("-carriers", "tag")
    return [(row["tag"], row["carriers"]) for row in counted[:limit]]


def locales_in_use() -> list[str]:
    """Return the languages articles are written in, in alphabetical order."""
    return list(Article.objects.order_by("locale").values_list("locale", flat=True).distinct())


def _narrowed(articles: ArticleQuerySet, wanted: ArticleFilter) -> ArticleQuerySet:
    if wanted.visibility:
        articles = articles.filter(visibility=wanted.visibility)
    if wanted.locale:
        articles = articles.filter(locale=wanted.locale)
    if wanted.tag:
        articles = articles.tagged(wanted.tag[:TAG_CHARS])
    return _holding(articles, wanted.words)


def _holding(articles: ArticleQuerySet, typed: str) -> ArticleQuerySet:
    """Narrow to articles that say every word in their title or text, live or not yet; the last may be unfinished."""
    words = split_words(typed)
    for word in words:
        is_beginning = word is words[-1] and len(word) >= least_beginning(words)
        said = Revision.objects.annotate(words=IN_REVISION).filter(words=WordQuery(word, is_beginning=is_beginning))
        # What was superseded says nothing any more; what is archived has nothing else left to be found by.
        current = Q(pk=F("article__live_revision_id")) | Q(article__status=Article.Status.ARCHIVED)
        # A UNION, not an OR: PostgreSQL then answers each part from the index of words.
        told = said.filter(current).values("article_id").union(said.unpublished().values("article_id"), all=True)
        articles = articles.filter(pk__in=told)
    return articles
