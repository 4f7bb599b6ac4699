"""What is indexed is what is live: counted, embedded by every model, and gone with its article."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from cairnloop.knowledge_base.models import Article
from cairnloop.retrieval import embedding, indexing, lexicon, vector_indexes
from cairnloop.retrieval.models import ChunkSentence, ChunkVector, ChunkWords, Lexeme, LexiconTotal
from cairnloop.retrieval.searching import search_knowledge
from tests.retrieval.support import (
    CUSTOMER,
    OPERATOR,
    ConceptEmbedder,
    FailingEmbedder,
    embed_everything,
    make_article,
    publish,
    settings,
)

pytestmark = pytest.mark.django_db


def counts() -> dict[str, int]:
    """In how many chunks each word stands, as the lexicon has it."""
    while lexicon.fold_changes():
        pass
    return {each.lexeme: each.chunk_count for each in Lexeme.objects.exclude(chunk_count=0)}


def test_counts_follow_publishing_and_archiving() -> None:
    article = make_article("Plans", "Ridge costs more.", "Valley costs less.")
    assert counts() == {"plan": 2, "cost": 2, "ridg": 1, "valley": 1, "less": 1}
    publish(article, "Summit costs most.")
    assert counts() == {"plan": 1, "cost": 1, "summit": 1}
    indexing.forget_article(article_id=article.pk)
    assert counts() == {}
    assert LexiconTotal.objects.get().chunk_count == 0
    assert not ChunkWords.objects.exists()


def test_a_superseded_revision_is_never_indexed_again() -> None:
    article = make_article("Plans", "Ridge.")
    old = article.revisions.get()
    publish(article, "Summit.")
    with override_settings(CAIRNLOOP=settings()):
        assert indexing.index_words(revision_id=old.pk) == 0
        assert indexing.embed_chunks(revision_id=old.pk) == 0
    assert not ChunkVector.objects.exists()


def test_an_article_that_became_internal_is_not_found_by_customers_any_more() -> None:
    with override_settings(CAIRNLOOP=settings()):
        article = make_article("Plans", "Ridge.")
        embed_everything()
        Article.objects.filter(pk=article.pk).update(visibility="internal")
        indexing.reclassify(article_id=article.pk)
        assert not search_knowledge("plans ridge", actor=CUSTOMER).evidence
        assert search_knowledge("plans ridge", actor=OPERATOR).evidence


def test_a_model_that_is_brought_in_stands_beside_the_one_in_use() -> None:
    with override_settings(CAIRNLOOP=settings(EMBEDDER_NEXT="tests.retrieval.support.NextEmbedder")):
        make_article("Plans", "Ridge.")
        embed_everything()
        assert set(ChunkVector.objects.values_list("model", flat=True)) == {"concepts", "concepts-2"}
        assert search_knowledge("plans", actor=OPERATOR).evidence[0].meaning_rank == 1


def test_a_model_that_is_not_in_use_any_more_is_forgotten_with_all_that_was_its_own() -> None:
    with override_settings(CAIRNLOOP=settings(EMBEDDER_NEXT="tests.retrieval.support.NextEmbedder")):
        make_article("Plans", "Ridge.")
        embed_everything()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in ("concepts", "concepts-2"):
            for vectors in (vector_indexes.CHUNK_VECTORS, vector_indexes.CASE_VECTORS):
                vector_indexes.ensure_vector_index(model=model, dimensions=16, vectors=vectors)
        with pytest.raises(CommandError, match="This model is in use"):
            call_command("cairnloop_reindex", "--forget", "concepts-2")
    with override_settings(CAIRNLOOP=settings()):
        with pytest.raises(CommandError, match="Stored are: concepts, concepts-2"):
            call_command("cairnloop_reindex", "--forget", "other")
        call_command("cairnloop_reindex", "--forget", "concepts-2", stdout=StringIO())
    for stored in (ChunkVector, ChunkSentence):
        assert set(stored.objects.values_list("model", flat=True)) == {"concepts"}
    for vectors in (vector_indexes.CHUNK_VECTORS, vector_indexes.CASE_VECTORS):
        assert not vector_indexes.indexed_dimensions("concepts-2", vectors=vectors)
        assert vector_indexes.indexed_dimensions("concepts", vectors=vectors) == [16]


def test_a_failing_embedder_fails_the_job_and_stores_nothing() -> None:
    article = make_article("Plans", "Ridge.")
    with (
        override_settings(CAIRNLOOP={"EMBEDDER": f"{FailingEmbedder.__module__}.FailingEmbedder"}),
        pytest.raises(embedding.EmbeddingFailed) as failed,
    ):
        indexing.embed_chunks(revision_id=article.live_revision_id or article.revisions.get().pk)
    assert "Ridge" not in str(failed.value)
    assert not ChunkVector.objects.exists()


@pytest.mark.parametrize("vector", [[0.0] * 16, [float("nan")] * 16, [float("inf")] * 16, [1.0] * 15])
def test_a_vector_without_direction_or_of_another_size_is_refused(vector: list[float]) -> None:
    class Broken(ConceptEmbedder):
        def embed(self, *, texts: object) -> list[list[float]]:
            return [vector]

    with pytest.raises(embedding.EmbeddingFailed):
        embedding.embed(Broken(), ["text"])


def test_a_slow_embedder_is_not_waited_for() -> None:
    import threading

    release = threading.Event()

    class Slow(ConceptEmbedder):
        def embed(self, *, texts: object) -> list[list[float]]:
            release.wait(30)
            return [[1.0] * 16]

    with override_settings(CAIRNLOOP={"EMBEDDER_WAIT_SECONDS": 1}), pytest.raises(embedding.EmbeddingFailed):
        embedding.embed_query(Slow(), "text")
    release.set()


def test_an_embedder_that_hangs_is_given_up_and_the_job_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release, asked = threading.Event(), []

    def hang(self: object, *, texts: object) -> list[list[float]]:
        asked.append(threading.current_thread())
        release.wait(30)
        return []

    article = make_article("Plans", "Ridge.")
    monkeypatch.setattr(ConceptEmbedder, "embed", hang)
    try:
        with (
            override_settings(CAIRNLOOP=settings(EMBEDDER_INDEX_SECONDS=1)),
            pytest.raises(embedding.EmbeddingFailed, match="no answer within 1 seconds"),
        ):
            indexing.embed_chunks(revision_id=article.revisions.get().pk)
        # Whoever ends the worker does not wait for it.
        assert asked[0].daemon
    finally:
        release.set()
        asked[0].join(5)
