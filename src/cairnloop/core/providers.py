"""Asking a model that somebody else serves, through pydantic-ai: from one thread, with an end, failures in our words.

What a provider answers and what the libraries raise hold the texts that were sent, and sometimes the key. Nothing of
that leaves this module: not in an error, not as the cause of one, not in a log.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from threading import Thread
from typing import Any, TypeVar

try:
    from pydantic_ai.exceptions import (
        ContentFilterError,
        IncompleteToolCall,
        ModelAPIError,
        UnexpectedModelBehavior,
        UsageLimitExceeded,
    )
    from pydantic_ai.providers import infer_provider
except ImportError as error:
    raise ImportError("pydantic-ai is not installed. Install it: pip install 'cairnloop[ai]'") from error

T = TypeVar("T")

LONGEST_PAUSE_SECONDS = 10.0
RATE_LIMITED = 429
PASSING = frozenset({408, 409, RATE_LIMITED})
WORDY_LOGGERS = ("openai", "anthropic", "cohere", "voyage", "google_genai", "botocore")
"""At level DEBUG some versions of these write whole requests."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer, in words of our own; `is_passing` where asking again may help."""

    kind: str
    """"timeout", "rate_limited", "unavailable", "rejected", "refused", "truncated", "malformed" or "failed"."""
    reason: str
    is_passing: bool = False
    wait_seconds: float | None = None


class Line:
    """A thread with an event loop that lives as long as the process: a client's connections belong to one loop."""

    def __init__(self) -> None:
        self.process_id = os.getpid()
        self._loop = asyncio.new_event_loop()
        Thread(target=self._loop.run_forever, name="cairnloop-provider", daemon=True).start()

    def ask(
        self, question: Callable[[], Coroutine[Any, Any, T]], *, seconds: float, attempts: int, logger: logging.Logger
    ) -> T | Failure:
        """Return the answer, or why there is none. Each attempt ends after `seconds`; what passes is tried again."""
        attempt = 1
        while isinstance(answer := self._ask_once(question, seconds), Failure):
            logger.warning("the provider did not answer: %s", answer.reason)
            if not answer.is_passing or attempt == attempts:
                break
            pause = attempt * random.uniform(0.5, 1.5) if answer.wait_seconds is None else answer.wait_seconds  # noqa: S311  # no secret
            asyncio.run_coroutine_threadsafe(asyncio.sleep(min(pause, LONGEST_PAUSE_SECONDS)), self._loop).result()
            attempt += 1
        return answer

    def _ask_once(self, question: Callable[[], Coroutine[Any, Any, T]], seconds: float) -> T | Failure:
        async def answer() -> T:
            return await asyncio.wait_for(question(), seconds)

        try:
            return asyncio.run_coroutine_threadsafe(answer(), self._loop).result()
        except Exception as error:
            return failure_of(error)


def failure_of(error: Exception) -> Failure:
    """Return what an error of the libraries means; nothing of its text is taken over."""
    if isinstance(error, TimeoutError):
        return Failure("timeout", "it took too long", is_passing=True)
    if isinstance(error, ModelAPIError):
        status = getattr(error, "status_code", None)
        if status is None:
            return Failure("unavailable", "the connection or its answer was broken", is_passing=True)
        passing = status in PASSING or status >= 500
        kind = "rate_limited" if status == RATE_LIMITED else "unavailable" if passing else "rejected"
        return Failure(kind, f"status {status}", is_passing=passing, wait_seconds=getattr(error, "retry_after", None))
    if isinstance(error, ContentFilterError):
        return Failure("refused", "it refused to answer")
    if (
        isinstance(error, (IncompleteToolCall, UsageLimitExceeded))
        or type(error).__name__ == "OutputTokenLimitExceeded"
    ):
        return Failure("truncated", "its answer was longer than allowed")
    if isinstance(error, UnexpectedModelBehavior):
        return Failure("malformed", "its answer was not in the form asked for")
    return Failure("failed", type(error).__name__)


def provider_of(name: str) -> Any:
    """Return the provider of a name, with a client that neither tries again by itself nor logs what it sends."""
    for wordy in map(logging.getLogger, WORDY_LOGGERS):
        wordy.setLevel(max(wordy.level, logging.INFO))
    provider: Any = infer_provider(name)
    client: Any = getattr(provider, "client", None)
    # Attempts are counted here. A client that counts its own would multiply them.
    if hasattr(client, "max_retries"):
        client.max_retries = 0
    return provider


def what_is_missing(error: Exception) -> str:
    """Return why a client could not be made, from the class of the error alone."""
    if isinstance(error, ImportError):
        return f"a package is missing ({error.name or 'see the extras of pydantic-ai-slim'})"
    return f"{type(error).__name__}; usually its key is not set, or the provider is not known"
