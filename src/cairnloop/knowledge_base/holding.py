"""Taking hold of one article for writing, and what every writer has to check there."""

from __future__ import annotations

from datetime import datetime

from cairnloop.core.errors import InvalidInput, NotFound, StaleView
from cairnloop.knowledge_base.models import Article, Revision


class NoSuchArticle(NotFound):
    """There is no such article here. It may have been removed, or it is not yours to see."""

    code = "no_such_article"


class NoSuchRevision(NotFound):
    """The article has no such revision. Nothing was written; look at its history again."""

    code = "no_such_revision"


class RevisedMeanwhile(StaleView):
    """Someone saved this article after you opened it. Nothing was written; read what they wrote and save again."""

    code = "revised_meanwhile"


def hold_article(article_id: int) -> Article:
    """Lock one article until the transaction ends and return it. Raises NoSuchArticle."""
    if not isinstance(article_id, int):
        raise InvalidInput(f"article_id is a number, not {type(article_id).__name__}. Nothing was written.")
    try:
        return Article.objects.locked().get(pk=article_id)
    except Article.DoesNotExist:
        raise NoSuchArticle from None


def hold_revision(revision_id: int) -> tuple[Article, Revision]:
    """Lock the article a revision belongs to, and return both as they are from then on. Raises NoSuchRevision."""
    if not isinstance(revision_id, int):
        raise InvalidInput(f"revision_id is a number, not {type(revision_id).__name__}. Nothing was written.")
    article_id = Revision.objects.filter(pk=revision_id).values_list("article_id", flat=True).first()
    if article_id is None:
        raise NoSuchRevision
    article = hold_article(article_id)
    # Read again: only now nobody else can be writing it.
    revision = Revision.objects.filter(pk=revision_id).first()
    if revision is None:
        raise NoSuchRevision
    return article, revision


def newest_revision(article: Article) -> Revision:
    """Return the revision with the highest number: the one being written if there is one."""
    return article.revisions.newest_first()[0]


def refuse_unseen(revision: Revision, *, seen_revision_id: int | None, seen_changed_at: datetime | None) -> None:
    """Raise RevisedMeanwhile unless `revision` is the one that was seen, as it was; None means not asked for."""
    if seen_revision_id is not None and seen_revision_id != revision.pk:
        raise RevisedMeanwhile
    if seen_changed_at is not None and seen_changed_at != revision.changed_at:
        raise RevisedMeanwhile
