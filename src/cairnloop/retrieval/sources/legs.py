"""The two questions every source is asked: which chunks hold these words, and which mean something near."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from cairnloop.core.transactions import reading
from cairnloop.retrieval import narrowing
from cairnloop.retrieval.lexicon import ReadQuery

LEG_LIMIT = 100
"""How many each leg hands on to be fused."""
MOST_OF_ONE = 20
"""So many of them by words may be of one article or case: a long one does not hide the others."""
LOOKED_AT = 4
"""So many times what a leg hands on is looked at for others."""
CHUNKS_A_NEIGHBOUR, MOST_NEIGHBOURS = 2_500, 400
"""The vector index keeps one neighbour in view for so many chunks; docs/decisions/0010-search-ranking.md."""
TITLE, HEADING, TEXT = 1.0, 0.8, 0.667
"""What one match is worth by where it stands; 1 is the most PostgreSQL takes."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One chunk one leg found: whose it is, its score, and whether it holds an identifier or phrase as written.

    One that words found and that `lacks_vector` could not have been found by meaning.
    """

    chunk_id: int
    owner_id: int
    score: float
    has_identifier: bool = False
    has_phrase: bool = False
    lacks_vector: bool = False


@dataclass(frozen=True, slots=True)
class Exactly:
    """What has to stand as it is written, as PostgreSQL reads it."""

    configuration: str
    identifiers: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows a search may see at all: a FROM clause with conditions, the same for both legs."""

    words_from: str
    vectors_from: str
    vectors: str
    chunk: str
    owner: str
    where: str
    params: tuple[Any, ...]


def words_leg(read: ReadQuery, exactly: Exactly, scope: Scope, *, model: str = "", limit: int = LEG_LIMIT) -> list[Hit]:
    """Return the chunks that hold the query's informative words, best first, equal ones by id.

    With a `model`, each says whether it lacks a vector of it.
    """
    sql, params = words_sql(read, exactly, scope, model=model, limit=limit)
    if not sql:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [Hit(*row) for row in cursor.fetchall()]


def words_sql(read: ReadQuery, exactly: Exactly, scope: Scope, *, model: str = "", limit: int) -> tuple[str, list[Any]]:
    """Return the statement of the words leg, or "" for a query without words."""
    lexemes = narrowing.kept(read.lexemes)
    if not lexemes:
        return "", []
    weights = f"{{{TEXT},{TEXT},{HEADING},{TITLE}}}"
    score_params: list[Any] = []
    terms = []
    for tsquery, weight in narrowing.groups(lexemes):
        terms.append("%s * ts_rank(%s::float4[], words, %s::tsquery)")
        score_params += [weight, weights, tsquery]
    identifier, identifier_params = _any_phrase(exactly.configuration, exactly.identifiers)
    phrase, phrase_params = _any_phrase(exactly.configuration, exactly.phrases)
    sql = f"""
WITH candidate AS MATERIALIZED (
    SELECT {scope.chunk} AS chunk_id, {scope.owner} AS owner_id, words FROM {scope.words_from}
    WHERE words @@ %s::tsquery AND {scope.where} LIMIT %s
), likely AS (
    SELECT chunk_id, owner_id, words, {" + ".join(terms)} AS score FROM candidate
    ORDER BY score DESC, chunk_id LIMIT %s
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY owner_id ORDER BY score DESC, chunk_id) AS place FROM likely
), best AS MATERIALIZED (
    SELECT chunk_id, owner_id, words, score FROM placed
    WHERE place <= {MOST_OF_ONE} ORDER BY score DESC, chunk_id LIMIT %s
)
SELECT chunk_id, owner_id, score, {identifier} AS has_identifier, {phrase} AS has_phrase,
       {_lacks_vector(scope, model)} AS lacks_vector
FROM best ORDER BY score DESC, chunk_id
"""  # noqa: S608  # fragments are constants of this package; every value is a parameter
    chosen = narrowing.candidates(lexemes, chunk_count=read.chunk_count)
    room = narrowing.bound(lexemes)
    bounds = [*score_params, LOOKED_AT * limit, limit]
    return sql, [chosen, *scope.params, room, *bounds, *identifier_params, *phrase_params]


def holds_anything(scope: Scope) -> bool:
    """Return whether there is anything in a scope that a search could find."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {scope.words_from} WHERE {scope.where})", scope.params)  # noqa: S608
        return bool(cursor.fetchone()[0])


def looking_for_neighbours(chunk_count: int) -> AbstractContextManager[None]:
    """Within it the vector index looks as widely as a knowledge base of so many chunks needs, and goes on when filters
    leave too few."""
    in_view = min(MOST_NEIGHBOURS, max(LEG_LIMIT, chunk_count // CHUNKS_A_NEIGHBOUR))
    return reading(hnsw__ef_search=in_view, hnsw__iterative_scan="relaxed_order")


def meaning_leg(vector: Sequence[float], *, model: str, scope: Scope, limit: int = LEG_LIMIT) -> list[Hit]:
    """Return the chunks nearest to `vector` in the space of `model`, best first; the score is the cosine."""
    sql, params = meaning_sql(vector, model=model, scope=scope, limit=limit)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [Hit(*row) for row in cursor.fetchall()]


def meaning_sql(vector: Sequence[float], *, model: str, scope: Scope, limit: int) -> tuple[str, list[Any]]:
    """Return the statement of the meaning leg; the model is a literal, or its partial index would not be used."""
    distance = f"embedding::halfvec({len(vector)}) <=> %s::halfvec({len(vector)})"
    literal = vector_literal(vector)
    sql = f"""
WITH near AS MATERIALIZED (
    SELECT {scope.chunk} AS chunk_id, {scope.owner} AS owner_id, {distance} AS distance FROM {scope.vectors_from}
    WHERE model = {literal_of(model)} AND {scope.where} ORDER BY {distance} LIMIT %s
)
SELECT chunk_id, owner_id, 1 - distance FROM near ORDER BY distance, chunk_id
"""  # noqa: S608  # fragments are constants of this package; every value is a parameter
    return sql, [literal, *scope.params, literal, limit]


def vector_literal(vector: Sequence[float]) -> str:
    """Return a vector as PostgreSQL reads it."""
    return "[" + ",".join(f"{number:.7g}" for number in vector) + "]"


def literal_of(text: str) -> str:
    """Return `text` as a literal of SQL that is safe inside a statement with parameters."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def _lacks_vector(scope: Scope, model: str) -> str:
    if not model:
        return "false"
    own = f"own.chunk_id = best.chunk_id AND own.model = {literal_of(model)}"
    # Not as NOT EXISTS: that may read all vectors there are.
    return f"(SELECT true FROM {scope.vectors} AS own WHERE {own} LIMIT 1) IS NULL"  # noqa: S608


def _any_phrase(configuration: str, phrases: Sequence[str]) -> tuple[str, list[Any]]:
    if not phrases:
        return "false", []
    each = "(words @@ phraseto_tsquery(%s::regconfig, %s) AND numnode(phraseto_tsquery(%s::regconfig, %s)) > 0)"
    params: list[Any] = []
    for phrase in phrases:
        params += [configuration, phrase, configuration, phrase]
    return " OR ".join([each] * len(phrases)).join("()"), params
