"""The embedder is made ready before somebody searches, in a thread that nobody waits for."""

from __future__ import annotations

import logging
import os
from threading import Lock, Thread

from django.core.exceptions import ImproperlyConfigured

from cairnloop.retrieval import embedding

logger = logging.getLogger("cairnloop.retrieval")

_beginning = Lock()
_begun_in = 0


def warm_up() -> Thread | None:
    """Begin to prepare the embedder, once in each process, and return at once; None if that was begun before.

    A forked process begins anew. What fails is said in the log, and searches go on with words.
    """
    global _begun_in
    with _beginning:
        if _begun_in == os.getpid():
            return None
        _begun_in = os.getpid()
    thread = Thread(target=_prepare, name="cairnloop-warm-up", daemon=True)
    thread.start()
    return thread


def _prepare() -> None:
    try:
        embedder = embedding.find_embedder()
        if embedder is not None:
            embedding.prepare(embedder)
    except (embedding.EmbeddingFailed, ImproperlyConfigured) as error:
        logger.warning("the embedder could not be prepared: %s", type(error).__name__)
