"""What may be found: words in the publishing transaction, vectors a moment later, nothing of what is not live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db import connection
from django.db.models import Q, QuerySet, Value

from cairnloop.core.events import publish
from cairnloop.core.transactions import command, pipeline
from cairnloop.knowledge_base.models import Article, Chunk
from cairnloop.retrieval import embedding
from cairnloop.retrieval.events import VectorIndexMissing, WordsCounted, WordsIndexed
from cairnloop.retrieval.languages import configuration_of
from cairnloop.retrieval.lexicon import count_words
from cairnloop.retrieval.models import ChunkSentence, ChunkVector, ChunkWords
from cairnloop.retrieval.sentence_cutting import cut_sentences
from cairnloop.retrieval.vector_indexes import CHUNK_VECTORS, has_vector_index
from cairnloop.retrieval.vector_spaces import refuse_other_dimensions

EMBEDDED_AT_ONCE = 32

WRITE_WORDS = """
INSERT INTO cairnloop_chunkwords (chunk_id, article_id, visibility, locale, words, length)
SELECT id, %(article)s, %(visibility)s, %(locale)s, words,
       coalesce((SELECT sum(cardinality(positions)) FROM unnest(words) AS token (lexeme, positions, weights)), 0)
FROM (
    SELECT chunk.id,
           setweight(to_tsvector(%(configuration)s::regconfig, revision.title), 'A')
           || setweight(to_tsvector(%(configuration)s::regconfig, array_to_string(chunk.heading_path, E'\\n')), 'B')
           || to_tsvector(%(configuration)s::regconfig, chunk.text) AS words
    FROM cairnloop_chunk AS chunk JOIN cairnloop_revision AS revision ON revision.id = chunk.revision_id
    WHERE chunk.revision_id = %(revision)s
) AS read
"""


@command
def index_words(*, revision_id: int) -> int:
    """Make a live revision findable by its words, in the caller's transaction, and return its number of chunks.

    Whatever was findable of the article before is not any more once this commits. Vectors follow by a job. A revision
    that is not live any more is left alone.
    """
    article = Article.objects.locked().filter(live_revision_id=revision_id).first()
    if article is None:
        return 0
    _take_out(article.pk)
    configuration = configuration_of(article.locale)
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE_WORDS,
            {
                "article": article.pk,
                "visibility": article.visibility,
                "locale": article.locale,
                "configuration": configuration,
                "revision": revision_id,
            },
        )
        written: int = cursor.rowcount
    count_words(article_id=article.pk, configuration=configuration, sign=1)
    publish(WordsCounted())
    if written:
        publish(WordsIndexed(revision_id))
    return written


@command
def forget_article(*, article_id: int) -> None:
    """Leave nothing of an article to be found."""
    _take_out(article_id)
    publish(WordsCounted())


@command
def reclassify(*, article_id: int) -> None:
    """Bring an article's new visibility and locale to what is found of it; a new language is read anew."""
    article = Article.objects.locked().filter(pk=article_id, live_revision__isnull=False).first()
    if article is None:
        return
    held = ChunkWords.objects.filter(article=article)
    before = held.values_list("locale", flat=True).first()
    if before is not None and configuration_of(before) != configuration_of(article.locale):
        index_words(revision_id=article.live_revision_id)  # type: ignore[arg-type]  # live, asked for above
        return
    held.update(visibility=article.visibility, locale=article.locale)
    ChunkVector.objects.filter(article=article).update(visibility=article.visibility, locale=article.locale)


@dataclass(frozen=True, slots=True)
class _Embedded:
    """What is written of one chunk: its vector, and its sentences with theirs."""

    vector: list[float]
    sentences: list[tuple[str, list[float]]]


@pipeline
def embed_chunks(*, revision_id: int) -> int:
    """Give every chunk of a live revision and its sentences their vectors, and return how many chunks were written.

    Raises EmbeddingFailed when a model did not answer; the words stay findable and the job tries again.
    """
    written = 0
    for embedder in embedding.embedders():
        model, dimensions = embedding.model_of(embedder), embedding.dimensions_of(embedder)
        live = Chunk.objects.filter(revision_id=revision_id, words__isnull=False)
        missing = list(
            not_embedded(live, model=model)
            .order_by("index")
            .values_list("pk", "revision__title", "heading_path", "text")
        )
        if missing:
            refuse_other_dimensions(embedder, vectors=CHUNK_VECTORS)
        for at in range(0, len(missing), EMBEDDED_AT_ONCE):
            rows = _embedded(embedder, missing[at : at + EMBEDDED_AT_ONCE])
            written += _write_vectors(revision_id=revision_id, model=model, rows=rows)
        if missing and not has_vector_index(model, dimensions):
            publish(VectorIndexMissing(model, dimensions, CHUNK_VECTORS))
    return written


def not_embedded(chunks: QuerySet[Chunk], *, model: str) -> QuerySet[Chunk]:
    """Narrow to the chunks that lack their vector in the space of `model`, or their sentences."""
    first = ChunkSentence.objects.filter(model=model, index=0)
    return chunks.filter(
        ~Q(pk__in=ChunkVector.objects.filter(model=model).values("chunk_id")) | ~Q(pk__in=first.values("chunk_id"))
    )


def _embedded(embedder: Any, chunks: Sequence[tuple[int, str, Sequence[str], str]]) -> dict[int, _Embedded]:
    passages = {pk: passage(title, headings, text) for pk, title, headings, text in chunks}
    # A chunk without a single word, such as a picture, counts as one sentence: every chunk has at least that.
    sentences = {pk: cut_sentences(text) or [passages[pk]] for pk, _, _, text in chunks}
    texts = [*passages.values(), *(sentence for of_chunk in sentences.values() for sentence in of_chunk)]
    vectors: list[list[float]] = []
    for at in range(0, len(texts), EMBEDDED_AT_ONCE):
        vectors += embedding.embed(embedder, texts[at : at + EMBEDDED_AT_ONCE])
    of_chunks, of_sentences = iter(vectors[: len(passages)]), iter(vectors[len(passages) :])
    return {
        pk: _Embedded(next(of_chunks), [(sentence, next(of_sentences)) for sentence in sentences[pk]])
        for pk in passages
    }


def passage(title: str, heading_path: Sequence[str], text: str) -> str:
    """Return what is embedded for a chunk: its article's title and the headings above it in front."""
    return "\n".join((title, *heading_path, text))


@command
def _write_vectors(*, revision_id: int, model: str, rows: dict[int, _Embedded]) -> int:
    article = Article.objects.locked().filter(live_revision_id=revision_id).first()
    if article is None:
        return 0
    configuration = configuration_of(article.locale)
    vectors = [
        ChunkVector(
            chunk_id=chunk_id,
            article=article,
            model=model,
            visibility=article.visibility,
            locale=article.locale,
            embedding=row.vector,
        )
        for chunk_id, row in rows.items()
    ]
    sentences = [
        ChunkSentence(
            chunk_id=chunk_id,
            article=article,
            model=model,
            index=index,
            words=SearchVector(Value(sentence), config=configuration),
            embedding=vector,
        )
        for chunk_id, row in rows.items()
        for index, (sentence, vector) in enumerate(row.sentences)
    ]
    ChunkSentence.objects.bulk_create(sentences, ignore_conflicts=True)
    return len(ChunkVector.objects.bulk_create(vectors, ignore_conflicts=True))


def _take_out(article_id: int) -> None:
    locale = ChunkWords.objects.filter(article_id=article_id).values_list("locale", flat=True).first()
    if locale is not None:
        count_words(article_id=article_id, configuration=configuration_of(locale), sign=-1)
    ChunkSentence.objects.filter(article_id=article_id).delete()
    ChunkVector.objects.filter(article_id=article_id).delete()
    ChunkWords.objects.filter(article_id=article_id).delete()
