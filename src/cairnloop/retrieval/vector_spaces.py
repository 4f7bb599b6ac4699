"""The name of a model stands for one space: what is stored under it has as many numbers as its embedder returns."""

from __future__ import annotations

from typing import Any

from django.db import connection

from cairnloop.retrieval.embedding import EmbeddingFailed, dimensions_of, model_of
from cairnloop.retrieval.vector_indexes import CASE_VECTORS, CHUNK_VECTORS, indexed_dimensions

STORED = {
    CHUNK_VECTORS: "SELECT vector_dims(embedding) FROM cairnloop_chunkvector WHERE model = %s LIMIT 1",
    CASE_VECTORS: "SELECT vector_dims(embedding) FROM cairnloop_resolvedcasevector WHERE model = %s LIMIT 1",
}


class OtherDimensions(EmbeddingFailed):
    """Under the name of this model vectors of other dimensions are stored. Nothing was written."""

    code = "other_dimensions"


def refuse_other_dimensions(embedder: Any, *, vectors: str) -> None:
    """Raise OtherDimensions where the vectors stored under an embedder's model have another number of dimensions."""
    # An index says it without a look at the rows, which lie behind those of all other models.
    model, dimensions = model_of(embedder), dimensions_of(embedder)
    stored = indexed_dimensions(model, vectors=vectors) or _stored_dimensions(model, vectors)
    if stored and dimensions not in stored:
        raise OtherDimensions(
            f"Vectors of {stored[0]} numbers are stored for the model {model!r}, and its embedder says "
            f"{dimensions}. Give the changed model a name of its own, or delete what is stored: "
            f"cairnloop_reindex --forget '{model}'"
        )


def _stored_dimensions(model: str, vectors: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(STORED[vectors], [model])
        return [dimensions for (dimensions,) in cursor.fetchall()]
