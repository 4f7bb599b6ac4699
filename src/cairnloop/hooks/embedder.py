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
