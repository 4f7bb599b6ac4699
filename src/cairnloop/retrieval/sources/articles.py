"""Canonical evidence: live chunks of published articles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from cairnloop.core.actors import Actor, ActorKind
from cairnloop.knowledge_base.models import Article
from cairnloop.retrieval.answerability import Sentence
from cairnloop.retrieval.sources.legs import Scope, vector_literal

READS_INTERNAL = (ActorKind.OPERATOR, ActorKind.SYSTEM)
"""Who sees what is not public. Whoever is not listed here sees public articles only."""

VECTORS = "cairnloop_chunkvector"
FETCH = """
SELECT chunk.id, article.id, revision.id, revision.number, revision.title, article.slug, revision.published_at,
       chunk.index, chunk.heading_path, chunk.text, chunk.start, chunk."end"
FROM cairnloop_chunk AS chunk
JOIN cairnloop_revision AS revision ON revision.id = chunk.revision_id
JOIN cairnloop_article AS article ON article.live_revision_id = revision.id
WHERE chunk.id = ANY(%s) AND article.visibility = ANY(%s)
"""
SENTENCES = """
SELECT article_id, 1 - (embedding <=> %s::halfvec), tsvector_to_array(words)
FROM cairnloop_chunksentence WHERE chunk_id = ANY(%s) AND model = %s
"""


@dataclass(frozen=True, slots=True)
class FoundChunk:
    """A chunk with what is shown of it, as it was live at the moment of fetching."""

    chunk_id: int
    article_id: int
    revision_id: int
    revision_number: int
    title: str
    slug: str
    published_at: datetime
    index: int
    heading_path: list[str]
    text: str
    start: int
    end: int


def visible_to(actor: Actor) -> list[str]:
    """Return the visibilities `actor` may read."""
    if actor.kind in READS_INTERNAL:
        return [Article.Visibility.PUBLIC.value, Article.Visibility.INTERNAL.value]
    return [Article.Visibility.PUBLIC.value]


def scope_for(actor: Actor, *, locale: str | None) -> Scope:
    """Return what `actor` may find, in one locale or in all."""
    where = "visibility = ANY(%s)"
    params: tuple[Any, ...] = (visible_to(actor),)
    if locale is not None:
        where, params = f"{where} AND locale = %s", (*params, locale)
    return Scope("cairnloop_chunkwords", VECTORS, VECTORS, "chunk_id", "article_id", where, params)


def fetch(chunk_ids: Sequence[int], actor: Actor) -> dict[int, FoundChunk]:
    """Return those of the chunks that are still live and visible now, by id; one statement, one moment."""
    with connection.cursor() as cursor:
        cursor.execute(FETCH, [list(chunk_ids), visible_to(actor)])
        return {row[0]: FoundChunk(*row) for row in cursor.fetchall()}


def sentences_of(chunk_ids: Sequence[int], *, vector: Sequence[float], model: str) -> list[Sentence]:
    """Return the sentences of chunks that were found, each with its cosine to `vector` in the space of `model`."""
    with connection.cursor() as cursor:
        cursor.execute(SENTENCES, [vector_literal(vector), list(chunk_ids), model])
        return [Sentence(owner, nearness, frozenset(lexemes)) for owner, nearness, lexemes in cursor.fetchall()]
