"""Everything that may be found is brought up to date, in an order that can be taken up where it was left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import Exists, OuterRef, Q, QuerySet

from cairnloop.conversations.models import Conversation, Message
from cairnloop.core.errors import InvalidInput
from cairnloop.knowledge_base.models import Article, Chunk
from cairnloop.retrieval import case_indexing, embedding, indexing, vector_indexes
from cairnloop.retrieval.models import ResolvedCase, ResolvedCaseChunk
from cairnloop.retrieval.vector_spaces import OtherDimensions

Corpus = Literal["articles", "cases"]
CORPORA: tuple[Corpus, ...] = ("articles", "cases")
READ_AT_ONCE = 500
HARMLESS = "Is anybody there?"
"""An embedder that does not take this refuses everything."""


class NothingNamed(InvalidInput):
    """An empty list of ids names nothing to reindex. Leave the ids out to reindex everything."""

    code = "nothing_named"


@dataclass(frozen=True, slots=True)
class Step:
    """One article or conversation was brought up to date, or the embedder refused it."""

    corpus: Corpus
    id: int
    vectors: int
    refusal: str = ""
    """Why it has no vectors yet; its words are found."""


def count_outdated(corpus: Corpus, *, ids: Sequence[int] | None = None, everything: bool = False) -> int:
    """Return how many articles or conversations `reindex` would go through."""
    return _chosen(corpus, ids, everything=everything).count()


def reindex(corpus: Corpus, *, ids: Sequence[int] | None = None, everything: bool = False) -> Iterator[Step]:
    """Bring what is outdated up to date, oldest id first, one at a time, and yield each that is done.

    Outdated is whatever lacks words, or vectors of a model in use for itself or its sentences: starting again after an
    interruption goes on where it was left. With `everything` all are written anew. `ids` are those of articles, or of
    conversations.
    What the embedder refuses while it takes another text is passed over: its step has a refusal, and it stays outdated.
    Raises NothingNamed for an empty list, and EmbeddingFailed once the embedder takes nothing.
    """
    chosen = _chosen(corpus, ids, everything=everything)
    after = 0
    while found := list(chosen.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:READ_AT_ONCE]):
        for row_id in found:
            yield _step(corpus, row_id, everything=everything)
        after = found[-1]
    _build_vector_indexes()


def _step(corpus: Corpus, row_id: int, *, everything: bool) -> Step:
    try:
        return Step(corpus, row_id, _renew(corpus, row_id, everything=everything))
    except OtherDimensions:
        raise
    except embedding.EmbeddingFailed as error:
        for embedder in embedding.embedders():
            embedding.embed(embedder, [HARMLESS])
        return Step(corpus, row_id, 0, error.message)


def _chosen(corpus: Corpus, ids: Sequence[int] | None, *, everything: bool) -> QuerySet[Article | Conversation]:
    if ids is not None and not ids:
        raise NothingNamed
    rows = _articles(everything) if corpus == "articles" else _conversations(everything)
    return rows if ids is None else rows.filter(pk__in=ids)


def _articles(everything: bool) -> QuerySet[Article]:
    live = Article.objects.published()
    if everything:
        return live
    lacking = Q(live_revision__in=Chunk.objects.filter(words__isnull=True).values("revision_id"))
    for model in _models():
        chunks = indexing.not_embedded(Chunk.objects.all(), model=model)
        lacking |= Q(live_revision__in=chunks.values("revision_id"))
    return live.filter(lacking)


def _conversations(everything: bool) -> QuerySet[Conversation]:
    resolved = Conversation.objects.in_status(Conversation.Status.RESOLVED)
    if everything:
        return resolved
    lacking = Q(pk__in=[])
    for model in _models():
        lacking |= ~Q(pk__in=ResolvedCaseChunk.objects.filter(vectors__model=model).values("pk"))
    incomplete = ResolvedCaseChunk.objects.filter(lacking).values("case__conversation_id")
    said = Message.objects.filter(conversation=OuterRef("pk"))
    # Where nobody asked or nobody answered there is no case to write.
    is_whole = [Exists(said.filter(role=role)) for role in (Message.Role.CUSTOMER, Message.Role.OPERATOR)]
    return resolved.filter(Q(resolved_case__isnull=True) | Q(pk__in=incomplete), *is_whole)


def _renew(corpus: Corpus, row_id: int, *, everything: bool) -> int:
    if corpus == "cases":
        case = ResolvedCase.objects.filter(conversation_id=row_id)
        if (everything or not case.exists()) and not case_indexing.index_case(conversation_id=row_id):
            return 0
        return sum(case_indexing.embed_case(case_id=case_id) for case_id in case.values_list("pk", flat=True))
    live = Article.objects.published().filter(pk=row_id).values_list("live_revision_id", flat=True).first()
    if live is None:
        return 0
    if everything or Chunk.objects.filter(revision_id=live, words__isnull=True).exists():
        indexing.index_words(revision_id=live)
    return indexing.embed_chunks(revision_id=live)


def _models() -> list[str]:
    return [embedding.model_of(embedder) for embedder in embedding.embedders()]


def _build_vector_indexes() -> None:
    for embedder in embedding.embedders():
        model, dimensions = embedding.model_of(embedder), embedding.dimensions_of(embedder)
        for vectors in (vector_indexes.CHUNK_VECTORS, vector_indexes.CASE_VECTORS):
            vector_indexes.ensure_vector_index(model=model, dimensions=dimensions, vectors=vectors)
