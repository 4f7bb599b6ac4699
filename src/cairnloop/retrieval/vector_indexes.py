"""One index a model for its vectors, built beside what goes on, and named after the model and its dimensions."""

from __future__ import annotations

import hashlib

from django.db import connection, transaction

from cairnloop.core.transactions import pipeline
from cairnloop.retrieval.sources.legs import literal_of

CHUNK_VECTORS = "cairnloop_chunkvector"
CASE_VECTORS = "cairnloop_resolvedcasevector"
INDEX_LOCK = 7_203_115
"""Advisory lock of the one session that builds a vector index."""


def has_vector_index(model: str, dimensions: int, *, vectors: str = CHUNK_VECTORS) -> bool:
    """True if the index for this model's vectors stands and is complete."""
    return _is_valid(vector_index_name(model, dimensions, vectors=vectors)) is True


@pipeline
def ensure_vector_index(*, model: str, dimensions: int, vectors: str = CHUNK_VECTORS) -> bool:
    """Build the HNSW index for a model's vectors without blocking writers; False if another session is at it.

    An index that an interrupted build left invalid is dropped and built anew.
    """
    name = vector_index_name(model, dimensions, vectors=vectors)
    with connection.cursor() as cursor:
        # Tried, not waited for: a session waiting for the lock would keep the build from ever ending.
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [INDEX_LOCK])
        if not cursor.fetchone()[0]:
            return False
        try:
            if _is_valid(name) is False:
                cursor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"')
            if _is_valid(name) is None:
                concurrently = not transaction.get_connection().in_atomic_block
                cursor.execute(vector_index_sql(model, dimensions, vectors=vectors, concurrently=concurrently))
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [INDEX_LOCK])
    return True


@pipeline
def drop_vector_index(*, model: str, dimensions: int, vectors: str = CHUNK_VECTORS) -> None:
    """Drop the index for a model's vectors without blocking writers, where there is one."""
    concurrently = "" if transaction.get_connection().in_atomic_block else "CONCURRENTLY "
    with connection.cursor() as cursor:
        cursor.execute(f'DROP INDEX {concurrently}IF EXISTS "{vector_index_name(model, dimensions, vectors=vectors)}"')


def vector_index_name(model: str, dimensions: int, *, vectors: str = CHUNK_VECTORS) -> str:
    """Return the name of the index for a model's vectors; it fits however long the model's name is."""
    kind = "vector" if vectors == CHUNK_VECTORS else "case_vector"
    return f"cl_{kind}_{dimensions}_{hashlib.sha256(model.encode()).hexdigest()[:16]}"


def vector_index_sql(model: str, dimensions: int, *, concurrently: bool, vectors: str = CHUNK_VECTORS) -> str:
    """Return the statement that builds a model's index; searches order by exactly this expression."""
    if vectors not in (CHUNK_VECTORS, CASE_VECTORS):
        raise ValueError(f"There are no vectors in {vectors!r}.")
    how = "CONCURRENTLY " if concurrently else ""
    return (
        f'CREATE INDEX {how}"{vector_index_name(model, dimensions, vectors=vectors)}" ON {vectors} '
        f"USING hnsw ((embedding::halfvec({int(dimensions)})) halfvec_cosine_ops) "
        f"WHERE model = {literal_of(model).replace('%%', '%')}"
    )


def indexed_dimensions(model: str, *, vectors: str = CHUNK_VECTORS) -> list[int]:
    """Return the dimensions in which an index for this model's vectors stands, complete or not."""
    pattern = vector_index_name(model, 0, vectors=vectors).replace("_0_", "_[0-9]+_")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT split_part(relname, '_', -2)::int FROM pg_index JOIN pg_class ON oid = indexrelid "
            "WHERE indrelid = %s::regclass AND relname ~ %s ORDER BY 1",
            [vectors, f"^{pattern}$"],
        )
        return [dimensions for (dimensions,) in cursor.fetchall()]


def _is_valid(name: str) -> bool | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [f'"{name}"'])
        row = cursor.fetchone()
    return None if row is None else bool(row[0])
