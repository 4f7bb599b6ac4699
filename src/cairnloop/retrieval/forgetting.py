"""A model that no search asks any more leaves nothing behind: vectors, sentences and indexes."""

from __future__ import annotations

from cairnloop.core.errors import InvalidInput
from cairnloop.core.transactions import command, pipeline
from cairnloop.retrieval import embedding, vector_indexes
from cairnloop.retrieval.models import ChunkSentence, ChunkVector, ResolvedCaseVector
from cairnloop.retrieval.vector_indexes import CASE_VECTORS, CHUNK_VECTORS
from cairnloop.retrieval.vector_spaces import OtherDimensions, refuse_other_dimensions

_TABLES = (CHUNK_VECTORS, CASE_VECTORS)


class ModelInUse(InvalidInput):
    """This model is in use: it is that of EMBEDDER or EMBEDDER_NEXT. Nothing was forgotten."""

    code = "model_in_use"


class UnknownModel(InvalidInput):
    """No vectors of this model are stored. Nothing was forgotten."""

    code = "unknown_model"


@pipeline
def forget_model(*, model: str) -> int:
    """Delete every vector of a model, its sentences and its indexes, and return how many vectors there were.

    Raises ModelInUse for the model of an embedder that is set, unless what is stored has other dimensions than it;
    UnknownModel where nothing is stored, naming what is; ImproperlyConfigured where an embedder cannot be made, and
    EmbeddingFailed where one cannot name its model.
    """
    if any(embedding.model_of(embedder) == model and _fits(embedder) for embedder in embedding.embedders()):
        raise ModelInUse
    known = stored_models()
    dimensions = {vectors: vector_indexes.indexed_dimensions(model, vectors=vectors) for vectors in _TABLES}
    if model not in known and not any(dimensions.values()):
        raise UnknownModel(f"No vectors of {model!r} are stored. Stored are: {', '.join(known) or 'none'}.")
    count = _delete(model=model)
    for vectors, indexed in dimensions.items():
        for each in indexed:
            vector_indexes.drop_vector_index(model=model, dimensions=each, vectors=vectors)
    return count


def stored_models() -> list[str]:
    """Return the models that vectors of articles or cases are stored of, in order."""
    names = ChunkVector.objects.values_list("model").union(ResolvedCaseVector.objects.values_list("model"))
    return sorted(name for (name,) in names)


def _fits(embedder: object) -> bool:
    try:
        for vectors in _TABLES:
            refuse_other_dimensions(embedder, vectors=vectors)
    except OtherDimensions:
        return False
    return True


@command
def _delete(*, model: str) -> int:
    ChunkSentence.objects.filter(model=model).delete()
    of_chunks, _ = ChunkVector.objects.filter(model=model).delete()
    of_cases, _ = ResolvedCaseVector.objects.filter(model=model).delete()
    return of_chunks + of_cases
