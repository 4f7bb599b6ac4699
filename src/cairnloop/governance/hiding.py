"""Secrets of an input, taken out of what is said about it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cairnloop.core.secret_names import names_secret

HIDDEN = "••••"
SHORTEST = 4
"""How many characters a secret has at least: fewer stand in any sentence."""
DEPTH = 20
"""How deep it is looked for: an input from code may hold itself."""


def without_secrets(words: str, given: Mapping[str, Any]) -> str:
    """Return what is said about an input without the values that stand in it under names that look like secrets."""
    for secret in sorted({each for each in _secrets(given) if len(each) >= SHORTEST}, key=len, reverse=True):
        words = re.sub(re.escape(secret), HIDDEN, words, flags=re.IGNORECASE)
    return words


def _secrets(value: Any, *, is_secret: bool = False, depth: int = DEPTH) -> Iterator[str]:
    if isinstance(value, Mapping) and depth:
        for name, each in value.items():
            is_named = names_secret(str(name), of_number=isinstance(each, int | float))
            yield from _secrets(each, is_secret=is_secret or is_named, depth=depth - 1)
    elif isinstance(value, list | tuple | set | frozenset) and depth:
        for each in value:
            yield from _secrets(each, is_secret=is_secret, depth=depth - 1)
    elif is_secret and isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value).strip()
