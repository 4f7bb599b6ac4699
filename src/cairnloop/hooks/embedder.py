"""How text becomes vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

MODEL_CHARS = 100
MOST_DIMENSIONS = 4_000
"""What an index over half-precision vectors holds."""


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


def flaw_of_embedder(embedder: Any) -> str:
    """Return what is wrong with the model an Embedder names and its dimensions; empty when both can be stored."""
    try:
        model, dimensions = embedder.model, embedder.dimensions
    except Exception as error:
        return f"model or dimensions cannot be read ({type(error).__name__}). Both are attributes of an Embedder."
    if not isinstance(model, str) or not model.strip() or len(model) > MODEL_CHARS or not model.isprintable():
        return f"model is the name of the vector space: 1 to {MODEL_CHARS} printable characters."
    # What is no whole number is not repeated: it may be anything. True is one as well.
    if type(dimensions) is not int or not 1 <= dimensions <= MOST_DIMENSIONS:
        return f"dimensions is how many numbers a vector has: a whole number from 1 to {MOST_DIMENSIONS}."
    return ""
