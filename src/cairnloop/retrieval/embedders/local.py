"""The bundled sentence model: no key, no download, no network. Package `cairnloop-minilm`, extra `local`."""

from __future__ import annotations

from collections.abc import Sequence

from cairnloop.conf import get_settings


class LocalEmbedder:
    """Embeds with all-MiniLM-L6-v2 inside this process; the model is loaded with the first text."""

    def __init__(self) -> None:
        from cairnloop_minilm import MiniLM

        self._minilm = MiniLM(threads=get_settings().embedder_threads)
        self.model: str = MiniLM.model
        self.dimensions: int = MiniLM.dimensions

    def embed(self, *, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector of length one per text."""
        vectors: list[list[float]] = self._minilm.embed(texts=texts)
        return vectors

    def prepare(self) -> None:
        """Load the model."""
        self._minilm.embed(texts=["ready"])
