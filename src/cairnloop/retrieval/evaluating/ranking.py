"""Searches every question of a set through the real path, and the baselines beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import connection

from cairnloop.retrieval import embedding, lexicon
from cairnloop.retrieval.evaluating import metrics, scratch
from cairnloop.retrieval.evaluating.baselines import BM25, best_owners, reciprocal_rank_fusion
from cairnloop.retrieval.evaluating.sets import LabelledSet, SetQuery
from cairnloop.retrieval.evidence import ArticleCitation
from cairnloop.retrieval.languages import host_configuration
from cairnloop.retrieval.searching import search_knowledge
from cairnloop.retrieval.sources import articles
from cairnloop.retrieval.sources.legs import Exactly, Hit, looking_for_neighbours, meaning_leg, words_leg

DEPTH = 10
SYSTEMS = ("search", "words leg", "BM25", "vectors", "RRF")


@dataclass
class Figures:
    """One system's figures on one set, as means over its questions."""

    ndcg10: float = 0.0
    mrr10: float = 0.0
    recall1: float = 0.0
    recall5: float = 0.0
    recall10: float = 0.0


@dataclass
class RankingReport:
    """What was measured on one set; latencies in milliseconds, of search as a whole."""

    name: str
    articles: int
    chunks: int
    queries: int
    model: str
    systems: dict[str, Figures] = field(default_factory=dict)
    p50_ms: float = 0.0
    p95_ms: float = 0.0


def evaluate_ranking(labelled: LabelledSet) -> RankingReport:
    """Fill the scratch database with a set and measure; the questions that no article answers are left out."""
    queries = [query for query in labelled.queries if query.gold]
    ids = scratch.fill(labelled.articles)
    embedder = embedding.find_embedder()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cairnloop_chunkwords")
        chunks: int = cursor.fetchone()[0]
    report = RankingReport(labelled.name, len(ids), chunks, len(queries), embedder.model if embedder else "none")
    bm25 = BM25(host_configuration())
    ranked: dict[str, list[list[str]]] = {name: [] for name in SYSTEMS}
    seconds: list[float] = []
    for query in queries:
        started = time.perf_counter()
        outcome = search_knowledge(query.text, actor=scratch.EVALUATION, limit=DEPTH)
        seconds.append(time.perf_counter() - started)
        of_search = [
            found.citation.article_id for found in outcome.canonical if isinstance(found.citation, ArticleCitation)
        ]
        of_bm25 = bm25.rank(query.text)
        of_vectors = _by_vectors(query)
        rankings = (
            of_search,
            _owners(_by_words(query)),
            of_bm25,
            of_vectors,
            reciprocal_rank_fusion([of_bm25, of_vectors]),
        )
        for name, ranking in zip(SYSTEMS, rankings, strict=True):
            ranked[name].append([ids[article_id] for article_id in ranking[:DEPTH]])
    for name, rankings_of in ranked.items():
        report.systems[name] = _figures(rankings_of, queries)
    report.p50_ms = metrics.percentile(seconds, 0.5) * 1_000
    report.p95_ms = metrics.percentile(seconds, 0.95) * 1_000
    scratch.empty()
    return report


def _by_words(query: SetQuery) -> list[Hit]:
    scope = articles.scope_for(scratch.EVALUATION, locale=None)
    return words_leg(lexicon.read_query(query.text, locale=None), Exactly(host_configuration()), scope)


def _by_vectors(query: SetQuery) -> list[int]:
    embedder = embedding.find_embedder()
    if embedder is None:
        return []
    scope = articles.scope_for(scratch.EVALUATION, locale=None)
    vector = embedding.embed_question(embedder, query.text)
    with looking_for_neighbours(lexicon.read_query(query.text, locale=None).chunk_count):
        return _owners(meaning_leg(vector, model=embedder.model, scope=scope))


def _owners(hits: Sequence[Hit]) -> list[int]:
    return best_owners({hit.chunk_id: hit.score for hit in hits}, {hit.chunk_id: hit.owner_id for hit in hits})


def _figures(rankings: Sequence[Sequence[str]], queries: Sequence[SetQuery]) -> Figures:
    def mean(figure: Callable[[Sequence[str], frozenset[str]], float]) -> float:
        pairs = zip(rankings, queries, strict=True)
        return sum(figure(ranking, query.gold) for ranking, query in pairs) / max(len(queries), 1)

    return Figures(
        mean(metrics.ndcg),
        mean(metrics.reciprocal_rank),
        mean(lambda ranking, gold: metrics.recall(ranking, gold, at=1)),
        mean(lambda ranking, gold: metrics.recall(ranking, gold, at=5)),
        mean(lambda ranking, gold: metrics.recall(ranking, gold, at=10)),
    )
