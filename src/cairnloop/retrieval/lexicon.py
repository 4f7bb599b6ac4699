"""In how many live chunks a word stands: counted with every publish, folded together by a job, read by searches."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.db import connection

from cairnloop.core.transactions import command
from cairnloop.retrieval.languages import configuration_of, host_configuration

FOLDED_AT_ONCE = 500
LOCK = 7_203_114
"""Advisory lock of the one folding; an arbitrary number that nothing else of Cairnloop uses."""

COUNT = """
WITH held AS (SELECT words, length FROM cairnloop_chunkwords WHERE article_id = %(article)s),
counted AS (
    SELECT lexeme, count(*)::int AS chunks FROM held, unnest(tsvector_to_array(words)) AS lexeme GROUP BY lexeme
)
INSERT INTO cairnloop_lexiconchange (configuration, chunk_count, length, lexemes, counts)
SELECT %(configuration)s, %(sign)s * count(*), %(sign)s * sum(length),
       coalesce((SELECT array_agg(lexeme ORDER BY lexeme) FROM counted), '{}'),
       coalesce((SELECT array_agg(%(sign)s * chunks ORDER BY lexeme) FROM counted), '{}')
FROM held HAVING count(*) > 0
"""
FOLD = """
WITH taken AS (
    DELETE FROM cairnloop_lexiconchange
    WHERE id IN (SELECT id FROM cairnloop_lexiconchange ORDER BY id LIMIT %(limit)s) RETURNING *
), totalled AS (
    INSERT INTO cairnloop_lexicontotal AS total (configuration, chunk_count, length)
    SELECT configuration, sum(chunk_count), sum(length) FROM taken GROUP BY configuration
    ON CONFLICT (configuration) DO UPDATE
    SET chunk_count = total.chunk_count + excluded.chunk_count, length = total.length + excluded.length
), summed AS (
    SELECT lexeme, sum(chunks) AS chunks FROM taken, unnest(lexemes, counts) AS each (lexeme, chunks)
    GROUP BY lexeme HAVING sum(chunks) <> 0
), folded AS (
    INSERT INTO cairnloop_lexeme AS known (lexeme, chunk_count) SELECT lexeme, chunks FROM summed
    ON CONFLICT (lexeme) DO UPDATE SET chunk_count = known.chunk_count + excluded.chunk_count
)
SELECT count(*) FROM taken
"""
READ = """
WITH spoken AS (
    SELECT configuration FROM cairnloop_lexicontotal WHERE chunk_count > 0 AND %(all)s
    UNION (SELECT configuration FROM cairnloop_lexiconchange WHERE %(all)s ORDER BY id DESC LIMIT 50)
    UNION SELECT %(configuration)s
), read AS (
    SELECT token.lexeme, max(cardinality(token.positions)) AS times, min(token.positions[1]) AS place
    FROM spoken, unnest(to_tsvector(spoken.configuration::regconfig, %(query)s)) AS token GROUP BY token.lexeme
)
SELECT read.lexeme, read.times, read.place, coalesce(known.chunk_count, 0),
       (SELECT coalesce(sum(chunk_count), 0) FROM cairnloop_lexicontotal)
FROM read LEFT JOIN cairnloop_lexeme AS known ON known.lexeme = read.lexeme
ORDER BY read.place, read.lexeme
"""


@dataclass(frozen=True, slots=True)
class QueryLexeme:
    """A word of a query as it is indexed: how often it is asked for, where, and how informative it is."""

    lexeme: str
    times: int
    place: int
    chunk_count: int
    information: float
    """Inverse document frequency: high for rare words, near zero for words that stand everywhere."""

    @property
    def weight(self) -> float:
        """What a match of it is worth."""
        return self.information * self.times


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """A query as PostgreSQL reads it, and how many chunks there are."""

    lexemes: tuple[QueryLexeme, ...]
    chunk_count: int


def count_words(*, article_id: int, configuration: str, sign: int) -> None:
    """Note that the words held for an article come (1) or go (-1); part of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"article": article_id, "configuration": configuration, "sign": sign})


@command
def fold_changes() -> int:
    """Fold what waits into the counts and return how many changes it was; at most FOLDED_AT_ONCE."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(FOLD, {"limit": FOLDED_AT_ONCE})
        folded: int = cursor.fetchone()[0]
    return folded


def read_query(query: str, *, locale: str | None) -> ReadQuery:
    """Return the lexemes of `query`, read with the configuration of `locale`, or with all that live articles use.

    Counts may lag behind by what still waits to be folded.
    """
    configuration = host_configuration() if locale is None else configuration_of(locale)
    with connection.cursor() as cursor:
        cursor.execute(READ, {"query": query, "configuration": configuration, "all": locale is None})
        rows = cursor.fetchall()
    chunk_count = max([1, *(int(row[4]) for row in rows), *(row[3] for row in rows)])
    return ReadQuery(
        tuple(
            QueryLexeme(lexeme, times, place, chunks, information(chunks, chunk_count))
            for lexeme, times, place, chunks, _ in rows
        ),
        chunk_count,
    )


def information(chunks: int, chunk_count: int) -> float:
    """Return how much a word tells that stands in `chunks` of `chunk_count` chunks; never negative."""
    chunks = min(max(chunks, 0), chunk_count)
    return math.log(1 + (chunk_count - chunks + 0.5) / (chunks + 0.5))
