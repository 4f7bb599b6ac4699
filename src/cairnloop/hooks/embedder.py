"""How text becomes vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Embedder(Protocol):
    """Embeds text. `model` names the vector space: vectors of different models are never compared."""

    model: str
    dimensions: int

    def embed(self, *, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector of `dimensions` numbers per text. Raising keeps articles searchable by words."""
        ...

    def embed_query(self, *, text: str) -> list[float]:
        """Return the vector of a question. Optional: without it questions are embedded as other texts are."""
        ...

    def prepare(self) -> None:
        """Load or connect what takes time, before the first search needs it. Optional; may be called again."""
        ...
