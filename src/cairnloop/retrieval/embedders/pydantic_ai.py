"""Models that a provider serves, by name, through pydantic-ai: OpenAI, Cohere, Google, Voyage, Bedrock and others.

Texts leave for the provider. Nothing of them, of its answers or of the key reaches a log or an error.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Literal

from django.core.exceptions import ImproperlyConfigured

from cairnloop.conf import get_settings
from cairnloop.core.providers import Failure, Line, provider_of, what_is_missing
from cairnloop.hooks.embedder import MODEL_CHARS, MOST_DIMENSIONS
from cairnloop.knowledge_base.measuring import estimate_tokens
from cairnloop.retrieval.embedding import EmbeddingFailed

try:
    from pydantic_ai.embeddings import EmbeddingModel, EmbeddingSettings, infer_embedding_model
except ImportError as error:
    raise ImportError("pydantic-ai is not installed. Install it: pip install 'cairnloop[ai]'") from error

logger = logging.getLogger("cairnloop.retrieval")

TEXT_CHARS = 4_000
"""A text is read up to here: far beyond a chunk, and within what hosted models read in any script."""
TEXTS_AT_ONCE = 32
TOKENS_AT_ONCE = 8_000
ATTEMPTS = 3
REQUEST_SECONDS = 30

Kind = Literal["query", "document"]


class PydanticAIEmbedder:
    """Embeds with a hosted model such as "openai:text-embedding-3-small".

    Model and dimensions are those of EMBEDDER_MODEL and EMBEDDER_DIMENSIONS unless given. The provider is asked for
    vectors of that many numbers, and its key is read from where pydantic-ai reads it, such as OPENAI_API_KEY. A server
    that does not know this wish gets `asks_for_dimensions=False`, and its vectors have to be that long by themselves.
    """

    def __init__(
        self, name: str | None = None, *, dimensions: int | None = None, asks_for_dimensions: bool = True
    ) -> None:
        self._name = name or get_settings().embedder_model or ""
        self.dimensions: int = dimensions or get_settings().embedder_dimensions or 0
        _refuse(self._name, self.dimensions)
        self.model: str = f"{self._name}/{self.dimensions}"
        self._settings = EmbeddingSettings(dimensions=self.dimensions) if asks_for_dimensions else EmbeddingSettings()
        self._building = Lock()
        self._model: EmbeddingModel | None = None
        self._line: Line | None = None

    def embed(self, *, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector per text. Raises EmbeddingFailed once the provider has failed or refused for good."""
        vectors: list[list[float]] = []
        for batch in batches_of(texts):
            vectors += self._ask(batch, kind="document", attempts=ATTEMPTS, seconds=REQUEST_SECONDS)
        return vectors

    def embed_query(self, *, text: str) -> list[float]:
        """Return the vector of a question, asked for once: whoever searches does not wait for a second attempt."""
        seconds = get_settings().embedder_wait_seconds
        return self._ask([text[:TEXT_CHARS]], kind="query", attempts=1, seconds=seconds)[0]

    def prepare(self) -> None:
        """Make the client, without asking the provider. Raises EmbeddingFailed, saying what is missing."""
        self._connected()

    def _ask(self, texts: list[str], *, kind: Kind, attempts: int, seconds: int) -> list[list[float]]:
        line, model = self._connected()

        async def vectors() -> list[list[float]]:
            answered = await model.embed(texts, input_type=kind, settings=self._settings)
            return [list(vector) for vector in answered.embeddings]

        answer = line.ask(vectors, seconds=seconds, attempts=attempts, logger=logger)
        if isinstance(answer, Failure):
            raise EmbeddingFailed(f"The provider of embeddings did not answer: {answer.reason}.")
        if len(answer) != len(texts):
            raise EmbeddingFailed(f"The provider returned {len(answer)} vectors for {len(texts)} texts.")
        return answer

    def _connected(self) -> tuple[Line, EmbeddingModel]:
        with self._building:
            # A forked process has the object, and not the thread.
            if self._line is None or self._model is None or self._line.process_id != os.getpid():
                self._model, self._line = _built(self._name), Line()
            return self._line, self._model


def batches_of(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield texts, cut at TEXT_CHARS, as many at once as one request may hold."""
    batch: list[str] = []
    tokens = 0
    for text in (each[:TEXT_CHARS] for each in texts):
        size = estimate_tokens(text)
        if batch and (len(batch) == TEXTS_AT_ONCE or tokens + size > TOKENS_AT_ONCE):
            yield batch
            batch, tokens = [], 0
        batch.append(text)
        tokens += size
    if batch:
        yield batch


def _refuse(name: str, dimensions: int) -> None:
    if ":" not in name:
        raise ImproperlyConfigured(
            f"CAIRNLOOP['EMBEDDER_MODEL'] is {name!r}. "
            "Give provider and model, such as 'openai:text-embedding-3-small'."
        )
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        raise ImproperlyConfigured(
            f"CAIRNLOOP['EMBEDDER_DIMENSIONS'] is {dimensions or 'not set'}. Give how many numbers a vector of "
            f"{name!r} has, or shall be reduced to by its provider: from 1 to {MOST_DIMENSIONS}."
        )
    if len(f"{name}/{dimensions}") > MODEL_CHARS:
        raise ImproperlyConfigured(f"The name of a model has {MODEL_CHARS - 5} characters at most. {name!r} is longer.")


def _built(name: str) -> EmbeddingModel:
    missing = ""
    try:
        return infer_embedding_model(name, provider_factory=provider_of)
    except Exception as error:
        missing = what_is_missing(error)
    # Raised out here: what the libraries said must not be its cause.
    raise EmbeddingFailed(f"The client of {name!r} could not be made: {missing}.")
