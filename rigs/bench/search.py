"""How long search takes over a large knowledge base, beside its two bare legs in the same run."""

from __future__ import annotations

import random
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from cairnloop.core.actors import Actor
from cairnloop.core.transactions import reading
from cairnloop.retrieval import lexicon, vector_indexes
from cairnloop.retrieval.searching import search_knowledge
from cairnloop.retrieval.sources.articles import scope_for
from cairnloop.retrieval.sources.legs import LEG_LIMIT, Exactly, looking_for_neighbours, meaning_sql, words_sql
from rigs.bench.report import Report, milliseconds, percentile
from rigs.bench.sentences import Sentences, name, read_sentences

OPERATOR = Actor.operator("1")
DIMENSIONS = 384
WORDS_INDEX = "cl_chunk_words_words"
CENTRES = 2_000
CHUNKS_PER_ARTICLE = 5
FIRST_ID = 1_000_001
"""Far from what other sections of the bench wrote."""
SENTENCES = 9
WRITTEN_AT_ONCE = 5_000
QUERIES = 200
EXACT_QUERIES = 30
RECALL_TARGET = 0.95
RATIO_TARGET = 1.5
P95_TARGETS = {100_000: 0.015, 1_000_000: 0.040}


class Sampled:
    """Vectors around common centres: neighbours exist, as they do for text. A query's vector is known by its text."""

    model = "bench"
    dimensions = DIMENSIONS

    def embed(self, *, texts: list[str]) -> list[list[float]]:
        """Return the vector of a query that was made here."""
        return [around([zlib.crc32(text.encode())])[0].tolist() for text in texts]


CENTRE = np.random.default_rng(1).normal(size=(CENTRES, DIMENSIONS)).astype(np.float32)


def around(seeds: Sequence[int]) -> np.ndarray:
    """Return a vector for each seed, near the centre it falls on; the noise is that of the first one."""
    noise = np.random.default_rng(seeds[0]).normal(size=(len(seeds), DIMENSIONS)).astype(np.float32)
    vectors = CENTRE[[seed % CENTRES for seed in seeds]] + 0.7 * noise
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def measure(report: Report, *, sizes: tuple[int, ...], sets: tuple[Path, ...] = ()) -> None:
    """Grow the knowledge base to each size and print what search and its legs take."""
    with override_settings(CAIRNLOOP={"EMBEDDER": f"{__name__}.Sampled"}):
        before, sentences = 0, read_sentences(sets)
        for size in sizes:
            _grow(report, sentences, before, size)
            before = size
            _latencies(report, sentences, size)
            _recall(report, sentences)


def _grow(report: Report, sentences: Sentences, before: int, size: int) -> None:
    report.section(f"Search over {size:,} chunks")
    started = time.perf_counter()
    with connection.cursor() as cursor:
        # Both are built anew when all is written: that takes a fraction of the time.
        cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [WORDS_INDEX])
        words_index = cursor.fetchone()[0]
        vector_index = vector_indexes.vector_index_name(Sampled.model, DIMENSIONS)
        cursor.execute(f'DROP INDEX IF EXISTS {WORDS_INDEX}, "{vector_index}"')
        for at in range(before, size, WRITTEN_AT_ONCE):
            _write(sentences, at, min(at + WRITTEN_AT_ONCE, size))
        while lexicon.fold_changes():
            pass
        report.figure("written", f"{time.perf_counter() - started:.0f} s")
        cursor.execute("SET maintenance_work_mem = '2GB'")
        started = time.perf_counter()
        cursor.execute(words_index)
        report.figure("words index built", f"{time.perf_counter() - started:.0f} s")
        started = time.perf_counter()
        vector_indexes.ensure_vector_index(model=Sampled.model, dimensions=DIMENSIONS)
        report.figure("vector index built", f"{time.perf_counter() - started:.0f} s")
        cursor.execute("VACUUM ANALYZE cairnloop_chunkwords, cairnloop_chunkvector, cairnloop_lexeme")
        cursor.execute("SELECT sum(pg_total_relation_size(name)) FROM unnest(ARRAY['cairnloop_chunkwords', "
                       "'cairnloop_chunkvector']::regclass[]) AS name")  # fmt: skip
        report.figure("bytes a chunk, words and vectors with their indexes", f"{int(cursor.fetchone()[0]) // size:,}")


def _write(sentences: Sentences, start: int, end: int) -> None:
    now = timezone.now()
    texts, articles = {}, range(start // CHUNKS_PER_ARTICLE, end // CHUNKS_PER_ARTICLE)
    connection.ensure_connection()
    register_vector(connection.connection)  # Known to the cursors that are made from here on.
    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY cairnloop_article (id, title, slug, status, visibility, locale, tags, cited_count, created_at,"
            " changed_at) FROM STDIN"
        ) as copy:
            for number in articles:
                visibility = "public" if number % 4 else "internal"
                copy.write_row(
                    (number + FIRST_ID, _title(number), f"bench-{number}", "draft", visibility, "en", [], 0, now, now)
                )
        with cursor.copy(
            "COPY cairnloop_revision (id, article_id, number, title, text, summary, author_kind, author_ref,"
            " author_name, created_at, changed_at, published_at) FROM STDIN"
        ) as copy:
            for number in articles:
                copy.write_row(
                    (
                        number + FIRST_ID,
                        number + FIRST_ID,
                        1,
                        _title(number),
                        "",
                        "",
                        "system",
                        "bench",
                        "",
                        now,
                        now,
                        now,
                    )
                )
        with cursor.copy(
            'COPY cairnloop_chunk (id, revision_id, index, heading_path, text, start, "end", token_count) FROM STDIN'
        ) as copy:
            for number in range(start, end):
                texts[number] = sentences.text(number, SENTENCES)
                owner = number // CHUNKS_PER_ARTICLE + FIRST_ID
                copy.write_row(
                    (
                        number + FIRST_ID,
                        owner,
                        number % CHUNKS_PER_ARTICLE,
                        [],
                        texts[number],
                        0,
                        len(texts[number]),
                        180,
                    )
                )
        with cursor.copy(
            "COPY cairnloop_chunkvector (chunk_id, article_id, model, visibility, locale, embedding)"
            " FROM STDIN (FORMAT BINARY)"
        ) as copy:
            copy.set_types(["int8", "int8", "text", "text", "text", "halfvec"])
            for number, vector in zip(range(start, end), around(range(start, end)), strict=True):
                owner = number // CHUNKS_PER_ARTICLE
                visibility = "public" if owner % 4 else "internal"
                copy.write_row(
                    (number + FIRST_ID, owner + FIRST_ID, Sampled.model, visibility, "en", HalfVector(vector))
                )
        owners = [number + FIRST_ID for number in articles]
        cursor.execute(
            "UPDATE cairnloop_article SET status = 'published', live_revision_id = id, published_at = now() "
            "WHERE id = ANY(%s)",
            [owners],
        )
        written = [start + FIRST_ID, end - 1 + FIRST_ID]
        cursor.execute(WORDS, written)
        cursor.execute(COUNTED, written)


WORDS = """
INSERT INTO cairnloop_chunkwords (chunk_id, article_id, visibility, locale, words, length)
SELECT chunk.id, article.id, article.visibility, 'en',
       setweight(to_tsvector('english', article.title), 'A') || to_tsvector('english', chunk.text), 180
FROM cairnloop_chunk AS chunk JOIN cairnloop_article AS article ON article.live_revision_id = chunk.revision_id
WHERE chunk.id BETWEEN %s AND %s
"""
COUNTED = """
WITH counted AS (
    SELECT lexeme, count(*)::int AS chunks FROM cairnloop_chunkwords, unnest(tsvector_to_array(words)) AS lexeme
    WHERE chunk_id BETWEEN %s AND %s GROUP BY lexeme
)
INSERT INTO cairnloop_lexiconchange (configuration, chunk_count, length, lexemes, counts)
SELECT 'english', 5000, 900000, array_agg(lexeme), array_agg(chunks) FROM counted
"""


def _title(number: int) -> str:
    return f"Guide {name(random.Random(number))} {number}"


def _queries(sentences: Sentences) -> list[str]:
    return [sentences.question(number) for number in range(QUERIES)]


def _latencies(report: Report, sentences: Sentences, size: int) -> None:
    whole, by_words, by_meaning, ratios = [], [], [], []
    scope = scope_for(OPERATOR, locale=None)
    for query in _queries(sentences):
        read = lexicon.read_query(query, locale=None)
        words = _timed(*words_sql(read, Exactly("english"), scope, limit=LEG_LIMIT))
        vector = Sampled().embed(texts=[query])[0]
        with looking_for_neighbours(read.chunk_count):
            meaning = _timed(*meaning_sql(vector, model=Sampled.model, scope=scope, limit=LEG_LIMIT))
        started = time.perf_counter()
        search_knowledge(query, actor=OPERATOR, with_answerability=False)
        spent = time.perf_counter() - started
        whole.append(spent)
        by_words.append(words)
        by_meaning.append(meaning)
        ratios.append(spent / (words + meaning))
    for figure, spent_by in (("words leg, bare", by_words), ("meaning leg, bare", by_meaning), ("search", whole)):
        report.figure(f"{figure}, p50", milliseconds(percentile(spent_by, 0.5)))
        report.figure(f"{figure}, p95", milliseconds(percentile(spent_by, 0.95)))
    p95, target = percentile(whole, 0.95), P95_TARGETS.get(size)
    if target is not None:
        report.promise("search, p95", milliseconds(p95), kept=p95 <= target, target=f"<= {milliseconds(target)}")
    ratio = percentile(ratios, 0.5)
    report.promise(
        "search against the sum of its legs, p50",
        f"{ratio:.2f}",
        kept=ratio <= RATIO_TARGET,
        target=f"<= {RATIO_TARGET}",
    )


def _timed(sql: str, params: list[Any]) -> float:
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(sql, params)
        cursor.fetchall()
        return time.perf_counter() - started


def _recall(report: Report, sentences: Sentences) -> None:
    scope, shares = scope_for(OPERATOR, locale=None), []
    for query in _queries(sentences)[:EXACT_QUERIES]:
        vector = Sampled().embed(texts=[query])[0]
        sql, params = meaning_sql(vector, model=Sampled.model, scope=scope, limit=10)
        with looking_for_neighbours(lexicon.read_query(query, locale=None).chunk_count):
            found = _ids(sql, params)
        with reading(enable_indexscan="off"):
            exact = _ids(sql, params)
        shares.append(len(found & exact) / len(exact))
    recall = sum(shares) / len(shares)
    report.promise(
        "recall@10 of the vector index against exact", f"{recall:.3f}", kept=recall >= RECALL_TARGET, target=">= 0.95"
    )


def _ids(sql: str, params: list[Any]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return {row[0] for row in cursor.fetchall()}
