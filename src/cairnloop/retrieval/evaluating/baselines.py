"""What search has to beat: textbook BM25 over the same chunks, vectors alone, and plain reciprocal rank fusion."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db import connection

K1, B = 1.2, 0.75
RRF_K = 60
DEPTH = 100


class BM25:
    """Exact BM25 (k1 = 1.2, b = 0.75) over every live chunk with title and headings, words as PostgreSQL reads them."""

    def __init__(self, configuration: str) -> None:
        self.configuration = configuration
        self.lengths: dict[int, int] = {}
        self.owners: dict[int, int] = {}
        self.postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute("SELECT chunk_id, article_id, length FROM cairnloop_chunkwords")
            for chunk_id, owner, length in cursor.fetchall():
                self.lengths[chunk_id], self.owners[chunk_id] = length, owner
            cursor.execute(
                "SELECT chunk_id, lexeme, cardinality(positions) FROM cairnloop_chunkwords, unnest(words) AS token"
            )
            for chunk_id, lexeme, times in cursor.fetchall():
                self.postings[lexeme].append((chunk_id, times))
        self.mean_length = sum(self.lengths.values()) / max(len(self.lengths), 1)

    def rank(self, query: str) -> list[int]:
        """Return the articles, each by its best chunk."""
        scores: dict[int, float] = defaultdict(float)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT lexeme, cardinality(positions) FROM unnest(to_tsvector(%s::regconfig, %s)) AS token",
                [self.configuration, query],
            )
            asked = cursor.fetchall()
        count = len(self.lengths)
        for lexeme, times in asked:
            posted = self.postings.get(lexeme, ())
            idf = math.log(1 + (count - len(posted) + 0.5) / (len(posted) + 0.5))
            for chunk_id, frequency in posted:
                damped = frequency + K1 * (1 - B + B * self.lengths[chunk_id] / self.mean_length)
                scores[chunk_id] += times * idf * frequency * (K1 + 1) / damped
        return best_owners(scores, self.owners)


def best_owners(scores: Mapping[int, float], owners: Mapping[int, int]) -> list[int]:
    """Return articles by their best chunk, equal ones by number."""
    best: dict[int, float] = {}
    for chunk_id, score in scores.items():
        owner = owners[chunk_id]
        best[owner] = max(best.get(owner, -math.inf), score)
    return sorted(best, key=lambda owner: (-best[owner], owner))[:DEPTH]


def reciprocal_rank_fusion(rankings: Iterable[Sequence[int]]) -> list[int]:
    """Return the plain fusion, k = 60."""
    scores: dict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, each in enumerate(ranking, start=1):
            scores[each] += 1 / (RRF_K + rank)
    return sorted(scores, key=lambda each: (-scores[each], each))
