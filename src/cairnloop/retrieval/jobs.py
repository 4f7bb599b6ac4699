"""Background work of retrieval."""

from __future__ import annotations

from cairnloop.core.jobs import PRIORITY_FINDING, PRIORITY_LEARNING, RETRY_DATABASE, RETRY_NETWORK, job
from cairnloop.retrieval import case_indexing, indexing, lexicon
from cairnloop.retrieval.vector_indexes import CHUNK_VECTORS, ensure_vector_index


@job(retry=RETRY_NETWORK, lock_on="revision_id", priority=PRIORITY_FINDING)
def embed_chunks(*, revision_id: int, **_later: object) -> None:
    indexing.embed_chunks(revision_id=revision_id)


@job(retry=RETRY_DATABASE, priority=PRIORITY_FINDING)
def fold_lexicon(**_later: object) -> None:
    while lexicon.fold_changes() == lexicon.FOLDED_AT_ONCE:
        pass


@job(retry=RETRY_DATABASE, priority=PRIORITY_LEARNING)
def build_vector_index(*, model: str, dimensions: int, vectors: str = CHUNK_VECTORS, **_later: object) -> None:
    ensure_vector_index(model=model, dimensions=dimensions, vectors=vectors)


@job(retry=RETRY_DATABASE, lock_on="conversation_id", priority=PRIORITY_LEARNING)
def index_case(*, conversation_id: int, **_later: object) -> None:
    case_indexing.index_case(conversation_id=conversation_id)


@job(retry=RETRY_NETWORK, lock_on="case_id", priority=PRIORITY_LEARNING)
def embed_case(*, case_id: int, **_later: object) -> None:
    case_indexing.embed_case(case_id=case_id)
