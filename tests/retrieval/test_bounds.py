"""Each leg reads its index, and never more rows than its bound, however common the words are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from cairnloop.core.transactions import reading
from cairnloop.retrieval import lexicon, narrowing, vector_indexes
from cairnloop.retrieval.models import ChunkWords
from cairnloop.retrieval.sources.articles import scope_for
from cairnloop.retrieval.sources.legs import Exactly, meaning_sql, words_sql
from tests.retrieval.support import DIMENSIONS, OPERATOR, make_article

pytestmark = pytest.mark.django_db

COUNT = 12_000


@pytest.fixture(scope="class")
def crowd(kept: Callable[[Callable[[], None]], None]) -> None:
    kept(make_crowd)


def make_crowd() -> None:
    """Twelve thousand live chunks: one word in all of them, one in every second, one in every hundredth."""
    article = make_article("Crowd", "placeholder")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO cairnloop_chunk (revision_id, index, heading_path, text, start, "end", token_count)
            SELECT %s, n, '{}', 'text', 0, 4, 1 FROM generate_series(1, %s) AS n
            """,
            [article.live_revision_id or article.revisions.get().pk, COUNT],
        )
        cursor.execute(
            """
            INSERT INTO cairnloop_chunkwords (chunk_id, article_id, visibility, locale, words, length)
            SELECT id, %s, 'public', 'en', to_tsvector('english', 'everywhere'
                || CASE WHEN index %% 2 = 0 THEN ' often' || ' half' ELSE '' END
                || CASE WHEN index %% 100 = 0 THEN ' seldom' ELSE '' END || ' unique' || index), 4
            FROM cairnloop_chunk WHERE index > 0
            """,
            [article.pk],
        )
        cursor.execute(
            """
            INSERT INTO cairnloop_chunkvector (chunk_id, article_id, model, visibility, locale, embedding)
            SELECT chunk_id, article_id, 'concepts', visibility, locale,
                   (SELECT array_agg(random() + length * 0 + n * 0) FROM generate_series(1, %s) AS n)::vector::halfvec
            FROM cairnloop_chunkwords WHERE words @@ 'everywher'::tsquery
            """,
            [DIMENSIONS],
        )
    lexicon.count_words(article_id=article.pk, configuration="english", sign=1)
    while lexicon.fold_changes():
        pass
    with connection.cursor() as cursor:
        # An index cannot be made while foreign keys of this transaction still wait to be checked.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    vector_indexes.ensure_vector_index(model="concepts", dimensions=DIMENSIONS)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cairnloop_chunkwords, cairnloop_chunkvector")


def explained(sql: str, params: list[Any]) -> list[dict[str, Any]]:
    """Every node of the plan as it was run."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        (answer,) = cursor.fetchone()
    nodes, waiting = [], [(json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        waiting.extend(node.get("Plans", []))
    return nodes


@pytest.mark.usefixtures("crowd")
class TestALeg:
    @pytest.mark.parametrize(
        ("query", "at_most"),
        [("everywhere seldom", 200), ("everywhere often", narrowing.MOST_CANDIDATES), ("unique500 everywhere", 10)],
    )
    def test_weighs_a_bounded_number_of_chunks_by_words(self, query: str, at_most: int) -> None:
        read = lexicon.read_query(query, locale=None)
        nodes = explained(*words_sql(read, Exactly("english"), scope_for(OPERATOR, locale=None), limit=100))
        (candidates,) = [node for node in nodes if node.get("CTE Name") == "candidate"]
        assert candidates["Actual Rows"] <= at_most
        assert candidates["Actual Rows"] > 0
        assert ChunkWords.objects.count() > COUNT

    def test_reads_rare_words_from_the_index(self) -> None:
        read = lexicon.read_query("everywhere unique500", locale=None)
        scope = scope_for(OPERATOR, locale=None)
        nodes = explained(*words_sql(read, Exactly("english"), scope, model="concepts", limit=100))
        assert "cl_chunk_words_words" in {node.get("Index Name") for node in nodes}
        assert "Seq Scan" not in {node["Node Type"] for node in nodes}

    def test_reads_the_index_of_its_model_for_meaning(self) -> None:
        vector = [1.0] + [0.0] * (DIMENSIONS - 1)
        sql, params = meaning_sql(vector, model="concepts", scope=scope_for(OPERATOR, locale=None), limit=20)
        with reading(hnsw__ef_search=40, hnsw__iterative_scan="relaxed_order"):
            nodes = explained(sql, params)
        assert vector_indexes.vector_index_name("concepts", DIMENSIONS) in {node.get("Index Name") for node in nodes}
