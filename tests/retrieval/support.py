"""Articles that are live and indexed, and embedders whose answers are known."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

import cairnloop
from cairnloop.knowledge_base.models import Article, Chunk, Revision
from cairnloop.retrieval import indexing, lexicon

OPERATOR = cairnloop.Actor.operator("7")
CUSTOMER = cairnloop.Actor.customer("cust-lin")
CLIENT = cairnloop.Actor.client("claude")
DIMENSIONS = 16
CONCEPTS = (
    {"refund", "money", "reimbursement"},
    {"password", "login", "credentials"},
    {"cancel", "terminate", "end"},
    {"invoice", "bill", "receipt"},
)


class ConceptEmbedder:
    """Words of one concept share a direction, every other word has a weak one of its own: meaning one can foresee."""

    model = "concepts"
    dimensions = DIMENSIONS

    def embed(self, *, texts: Sequence[str]) -> list[list[float]]:
        """Return the sum of the words' directions, normalised."""
        return [_direction(text) for text in texts]


class NextEmbedder(ConceptEmbedder):
    """The same space under another name."""

    model = "concepts-2"


class FailingEmbedder(ConceptEmbedder):
    """Never answers."""

    def embed(self, *, texts: Sequence[str]) -> list[list[float]]:
        """Raise, with the text in the message as bad libraries do."""
        raise RuntimeError(f"cannot embed {texts}")


class PickyEmbedder(ConceptEmbedder):
    """Takes no text about quokkas."""

    def embed(self, *, texts: Sequence[str]) -> list[list[float]]:
        """Raise for one of its texts."""
        if any("quokka" in text.lower() for text in texts):
            raise ValueError
        return super().embed(texts=texts)


def _direction(text: str) -> list[float]:
    numbers = [0.0] * DIMENSIONS
    for word in "".join(c if c.isalnum() else " " for c in text.lower()).split():
        concept = next((at for at, words in enumerate(CONCEPTS) if word in words), None)
        if concept is not None:
            numbers[concept] += 1.0
        else:
            numbers[len(CONCEPTS) + hashlib.sha256(word.encode()).digest()[0] % (DIMENSIONS - len(CONCEPTS))] += 0.1
    length = math.sqrt(sum(number * number for number in numbers)) or 1.0
    return [number / length for number in numbers]


def make_article(
    title: str, *texts: str, visibility: str = "public", locale: str = "en", index: bool = True
) -> Article:
    """A live article with one chunk per text, findable by its words."""
    now = timezone.now()
    article = Article.objects.create(
        title=title,
        slug=f"a-{Article.objects.count()}-{hashlib.sha256(title.encode()).hexdigest()[:8]}",
        visibility=visibility,
        locale=locale,
        created_at=now,
        changed_at=now,
    )
    publish(article, *texts, title=title, index=index)
    return article


def publish(article: Article, *texts: str, title: str | None = None, index: bool = True) -> Revision:
    """A new live revision of an article, one chunk per text; one transaction, as publishing is."""
    now = timezone.now()
    with transaction.atomic():
        article = Article.objects.locked().get(pk=article.pk)
        revision = Revision.objects.create(
            article=article,
            number=article.revisions.count() + 1,
            title=title or article.title,
            text="\n\n".join(texts),
            author_kind="operator",
            author_ref="7",
            created_at=now,
            changed_at=now,
        )
        at = 0
        for number, text in enumerate(texts):
            Chunk.objects.create(
                revision=revision, index=number, text=text, start=at, end=at + len(text), token_count=len(text.split())
            )
            at += len(text) + 2
        Revision.objects.filter(pk=revision.pk).update(published_at=now)
        article.publish(revision, at=now)
        if index:
            indexing.index_words(revision_id=revision.pk)
    return revision


def embed_everything() -> None:
    """Give every live chunk its vectors, and fold the counts."""
    for revision_id in Article.objects.published().values_list("live_revision_id", flat=True):
        indexing.embed_chunks(revision_id=revision_id)
    while lexicon.fold_changes():
        pass


def settings(**more: Any) -> dict[str, Any]:
    """CAIRNLOOP with an embedder whose meaning is known."""
    return {"EMBEDDER": f"{__name__}.ConceptEmbedder", **more}
