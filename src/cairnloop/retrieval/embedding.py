"""From text to vectors through the host's Embedder: bounded in time, checked, and never a zero."""

from __future__ import annotations

import logging
import math
from asyncio import CancelledError
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

from cairnloop.conf import get_settings
from cairnloop.core.errors import CairnloopError
from cairnloop.core.patience import GivenUp, Patience
from cairnloop.hooks import HOOKS, load_hook

logger = logging.getLogger("cairnloop.retrieval")

MOST_HANGING = 8
"""So many searches of one process may hang in the embedder before others do without it, and so many that index."""
LEAST_LENGTH = 1e-6
FAILURES = (Exception, SystemExit, CancelledError, BaseExceptionGroup)
"""What an embedder may fail by. Libraries exit, and are called off while they await; no search is by that."""

T = TypeVar("T")
_patience = Patience("cairnloop-embed", most_hanging=MOST_HANGING)
# Apart from searches, which an embedder that hangs over long texts may still answer.
_indexing = Patience("cairnloop-index", most_hanging=MOST_HANGING)


class EmbeddingFailed(CairnloopError):
    """The embedder gave no usable vectors. What was to be embedded is still found by its words."""

    code = "embedding_failed"


def find_embedder() -> Any | None:
    """Return the Embedder search works with, or None where there is none."""
    return load_hook("embedder") if HOOKS["embedder"].path else None


def embedders() -> list[Any]:
    """Return every Embedder that published chunks are embedded by: the one in use and the one that will follow."""
    following = load_hook("embedder_next") if HOOKS["embedder_next"].path else None
    return [embedder for embedder in (find_embedder(), following) if embedder is not None]


def model_of(embedder: Any) -> str:
    """Return the name of an embedder's model. Raises EmbeddingFailed where it cannot say it."""
    return _answer(lambda: str(embedder.model))


def dimensions_of(embedder: Any) -> int:
    """Return how many numbers an embedder's vectors have. Raises EmbeddingFailed where it cannot say it."""
    return _answer(lambda: int(embedder.dimensions))


def embed(embedder: Any, texts: Sequence[str]) -> list[list[float]]:
    """Return one checked vector per text within EMBEDDER_INDEX_SECONDS. Raises EmbeddingFailed otherwise."""
    return _in_time(lambda: _embed(embedder, texts), _indexing, seconds=get_settings().embedder_index_seconds)


def _embed(embedder: Any, texts: Sequence[str]) -> list[list[float]]:
    return _checked_answer(embedder, lambda: embedder.embed(texts=list(texts)), len(texts))


def embed_question(embedder: Any, question: str) -> list[float]:
    """Return a question's vector, however long it takes: questions may be embedded unlike other texts."""
    if not hasattr(embedder, "embed_query"):
        return _embed(embedder, [question])[0]
    return _checked_answer(embedder, lambda: [embedder.embed_query(text=question)], 1)[0]


def prepare(embedder: Any) -> None:
    """Let an embedder that can get ready do so. Raises EmbeddingFailed, saying why, where it cannot."""
    if hasattr(embedder, "prepare"):
        _answer(embedder.prepare)


def _checked_answer(embedder: Any, ask: Callable[[], Any], count: int) -> list[list[float]]:
    dimensions = dimensions_of(embedder)
    # What it returns may do its work, and fail, only while it is read.
    vectors = _answer(lambda: _first(ask(), count + 1))
    if len(vectors) != count:
        raise EmbeddingFailed(f"The embedder returned {_at_most(len(vectors), count)} vectors for {count} texts.")
    return [_checked(vector, dimensions) for vector in vectors]


def _first(answer: Any, count: int) -> list[Any]:
    if not isinstance(answer, Iterable):
        raise EmbeddingFailed(f"The embedder returned no list of vectors, but {type(answer).__name__}.")
    return list(islice(answer, count))


def _at_most(seen: int, count: int) -> str:
    return f"more than {count}" if seen > count else str(seen)


def _answer(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except EmbeddingFailed:
        raise
    except FAILURES as error:
        # The class only: a message may carry the text.
        logger.warning("the embedder failed: %s", type(error).__name__)
        raise EmbeddingFailed(f"The embedder raised {type(error).__name__}.") from None


def embed_query(embedder: Any, query: str) -> list[float]:
    """Return the query's vector within EMBEDDER_WAIT_SECONDS. Raises EmbeddingFailed otherwise."""
    seconds = get_settings().embedder_wait_seconds
    return _in_time(lambda: embed_question(embedder, query), _patience, seconds=seconds)


def _in_time(ask: Callable[[], T], patience: Patience, *, seconds: float) -> T:
    try:
        return patience.call(ask, seconds=seconds)
    except GivenUp as error:
        logger.warning("the embedder was given up: %s", error)
        raise EmbeddingFailed(f"The embedder was given up: {error}.") from None


def _checked(vector: Sequence[float], dimensions: int) -> list[float]:
    try:
        numbers = [float(number) for number in islice(vector, dimensions + 1)]
    except FAILURES:
        raise EmbeddingFailed("The embedder returned something that is no vector of numbers.") from None
    if len(numbers) != dimensions:
        seen = _at_most(len(numbers), dimensions)
        raise EmbeddingFailed(f"The embedder returned {seen} numbers instead of {dimensions}.")
    length = math.sqrt(sum(number * number for number in numbers))
    if not math.isfinite(length) or length < LEAST_LENGTH:
        raise EmbeddingFailed("The embedder returned a vector without a direction.")
    return [number / length for number in numbers]
