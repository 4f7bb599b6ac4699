"""Text to vectors, with the model that lies beside this file."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np

from cairnloop_minilm.batching import batches_of
from cairnloop_minilm.forking import start_anew_after_fork
from cairnloop_minilm.loading import Loaded, load

LONGEST_PIECES = 256
# A piece of a word has seldom more than eight letters. What stands after this many is not even looked at.
_LONGEST_CHARACTERS = LONGEST_PIECES * 64
# The two that frame every text, [CLS] and [SEP].
_FRAME_PIECES = 2


class EmptyText(ValueError):
    """A text has nothing to embed: it is empty, or blank, or nothing but invisible characters. Leave it out."""


class MiniLM:
    """all-MiniLM-L6-v2. Two vectors are as close in meaning as their inner product is large; all have length one.

    A text is read up to 256 pieces of words (about 190 English words), and never beyond 16,384 characters; what
    follows is left out. The model knows English; letters do not differ by case or accent.

    `threads` is how many CPU threads the embedder uses, whoever calls: calls from several threads take turns, a
    batch at a time. The first call loads the model, which takes part of a second. Nothing is written, and nothing
    is sent anywhere.
    """

    model: str = "all-MiniLM-L6-v2/int8-1"
    dimensions: int = 384

    def __init__(self, *, threads: int = 1) -> None:
        if threads < 1:
            raise ValueError(f"An embedder needs a thread to work in, and threads is {threads}. Give 1 or more.")
        self._threads = threads
        start_anew_after_fork(self)
        self.start_anew()

    def start_anew(self) -> None:
        """Forget what is loaded; the next call loads it again."""
        self._loading = Lock()
        self._turn = Lock()
        self._loaded: Loaded | None = None

    def embed(self, *, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector of `dimensions` numbers per text, in the same order.

        A vector depends on its text alone, not on the texts beside it. Raises `EmptyText`, before anything is
        computed, when a text has nothing to embed.
        """
        if isinstance(texts, str):
            raise TypeError("texts is one string. Give a list of strings.")
        loaded = self._load()
        pieces = [_pieces_of(text, loaded) for text in texts]
        for at, each in enumerate(pieces):
            if len(each) <= _FRAME_PIECES:
                raise EmptyText(f"Text {at} of {len(texts)} has nothing to embed. Leave out empty texts.")
        vectors = np.empty((len(pieces), self.dimensions), dtype=np.float32)
        for batch in batches_of(pieces):
            with self._turn:
                vectors[batch.places] = loaded.vectors_of(batch)
        return vectors.tolist()

    def _load(self) -> Loaded:
        with self._loading:
            if self._loaded is None:
                self._loaded = load(threads=self._threads, longest_pieces=LONGEST_PIECES)
            return self._loaded


def _pieces_of(text: str, loaded: Loaded) -> list[int]:
    # PostgreSQL refuses half a surrogate pair, and so does the tokenizer; a browser may still send one.
    readable = text.strip()[:_LONGEST_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
    return loaded.pieces_of(readable)
