"""Models that a provider serves, by name, through pydantic-ai: OpenAI, Cohere, Google, Voyage, Bedrock and others.

Texts leave for the provider. Nothing of them, of its answers or of the key reaches a log or an error.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import Callable, Iterator, Sequence
from threading import Lock, Thread
from typing import Any, Literal

from django.core.exceptions import ImproperlyConfigured

from cairnloop.conf import get_settings
from cairnloop.knowledge_base.measuring import estimate_tokens
from cairnloop.retrieval.embedding import EmbeddingFailed

try:
    from pydantic_ai.embeddings import EmbeddingModel, EmbeddingSettings, infer_embedding_model
    from pydantic_ai.exceptions import ModelAPIError
    from pydantic_ai.providers import infer_provider
except ImportError as error:
    raise ImportError("pydantic-ai is not installed. Install it: pip install 'cairnloop[ai]'") from error

logger = logging.getLogger("cairnloop.retrieval")

MOST_DIMENSIONS = 4_000
"""What an index over half-precision vectors holds."""
MODEL_CHARS = 100
TEXT_CHARS = 4_000
"""A text is read up to here: far beyond a chunk, and within what hosted models read in any script."""
TEXTS_AT_ONCE = 32
TOKENS_AT_ONCE = 8_000
ATTEMPTS = 3
REQUEST_SECONDS = 30
LONGEST_PAUSE_SECONDS = 10
RETRIED = frozenset({408, 409, 429})
WORDY_LOGGERS = ("openai", "cohere", "voyage", "google_genai", "botocore")
"""At level DEBUG some versions of these write whole requests."""

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
        self._line: _Line | None = None

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
        line = self._connected()
        attempt = 1
        while isinstance(answer := line.ask(texts, kind=kind, settings=self._settings, seconds=seconds), _Failure):
            logger.warning("the provider of embeddings did not answer: %s", answer.reason)
            if not answer.is_passing or attempt == attempts:
                raise EmbeddingFailed(f"The provider of embeddings did not answer: {answer.reason}.")
            line.pause(answer.wait_seconds or attempt * random.uniform(0.5, 1.5))  # noqa: S311  # no secret
            attempt += 1
        if len(answer) != len(texts):
            raise EmbeddingFailed(f"The provider returned {len(answer)} vectors for {len(texts)} texts.")
        return answer

    def _connected(self) -> _Line:
        with self._building:
            # A forked process has the object, and not the thread.
            if self._line is None or self._line.process_id != os.getpid():
                self._line = _Line(_built(self._name))
            return self._line


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
    for wordy in map(logging.getLogger, WORDY_LOGGERS):
        wordy.setLevel(max(wordy.level, logging.INFO))
    missing = ""
    try:
        return infer_embedding_model(name, provider_factory=_provider)
    except ImportError as error:
        missing = f"a package is missing ({error.name or 'see the extras of pydantic-ai-slim'})"
    except Exception as error:
        missing = f"{type(error).__name__}; usually its key is not set, or the provider is not known"
    raise EmbeddingFailed(f"The client of {name!r} could not be made: {missing}.")


def _provider(name: str) -> Any:
    provider: Any = infer_provider(name)
    client: Any = getattr(provider, "client", None)
    # Attempts are counted here. A client that counts its own would multiply them.
    if hasattr(client, "max_retries"):
        client.max_retries = 0
    return provider


class _Failure:
    """Why there are no vectors, in words of our own."""

    def __init__(self, reason: str, *, is_passing: bool, wait_seconds: float | None = None) -> None:
        self.reason = reason
        self.is_passing = is_passing
        self.wait_seconds = None if wait_seconds is None else min(wait_seconds, LONGEST_PAUSE_SECONDS)


class _Line:
    """A thread with an event loop that lives as long as the process: a client's connections belong to one loop."""

    def __init__(self, model: EmbeddingModel) -> None:
        self.process_id = os.getpid()
        self._model = model
        self._loop = asyncio.new_event_loop()
        Thread(target=self._loop.run_forever, name="cairnloop-provider", daemon=True).start()

    def ask(
        self, texts: list[str], *, kind: Kind, settings: EmbeddingSettings, seconds: float
    ) -> list[list[float]] | _Failure:
        """Return the vectors, or why there are none."""

        async def vectors() -> list[list[float]]:
            asked = self._model.embed(texts, input_type=kind, settings=settings)
            answered = await asyncio.wait_for(asked, seconds)
            return [list(vector) for vector in answered.embeddings]

        return self._kept(vectors)

    def pause(self, seconds: float) -> None:
        """Wait before the next attempt."""
        asyncio.run_coroutine_threadsafe(asyncio.sleep(seconds), self._loop).result()

    def _kept(self, vectors: Callable[[], Any]) -> list[list[float]] | _Failure:
        """The library's errors hold texts and answers. They end here, and are no cause of ours."""
        try:
            kept: list[list[float]] = asyncio.run_coroutine_threadsafe(vectors(), self._loop).result()
        except TimeoutError:
            return _Failure("it took too long", is_passing=True)
        except ModelAPIError as error:
            status = getattr(error, "status_code", None)
            if status is None:
                return _Failure("the connection or its answer was broken", is_passing=True)
            is_passing = status in RETRIED or status >= 500
            return _Failure(f"status {status}", is_passing=is_passing, wait_seconds=getattr(error, "retry_after", None))
        except Exception as error:
            return _Failure(type(error).__name__, is_passing=False)
        return kept
