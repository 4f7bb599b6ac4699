"""One spelling of values, so that the same input is the same text, before and after the database kept it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from cairnloop.core.texts import storable

LIMIT_BYTES = 20_000
"""How large an input may be, spelled out."""


class Written(str):
    """A number of a JSON value as it is written: 12.50 is not 12.5 to a reader, and never equal to the same as text."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Written) and str(self) == str(other)

    def __ne__(self, other: object) -> bool:
        return not self == other


class Unkeepable(Exception):
    """The value cannot be kept as JSON: too large, no number, or with characters that cannot be stored."""


def spell(value: Any) -> str:
    """Return a JSON value as text, with sorted keys; the same value is always the same text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def readable(value: Any) -> str:
    """Return a JSON value as text for people: like `spell`, with letters of every script, and numbers as written."""
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{readable(key)}: {readable(value[key])}' for key in sorted(value))}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(readable, value))}]"
    return json.dumps(value, ensure_ascii=False)


def digest_of(value: Any) -> str:
    """Return the SHA-256 of a JSON value's spelling, in hexadecimal."""
    return sha256(spell(value).encode()).hexdigest()


def keepable(value: Mapping[str, Any], *, limit: int = LIMIT_BYTES) -> dict[str, Any]:
    """Return a JSON object as PostgreSQL will give it back. Raises Unkeepable."""
    try:
        kept: dict[str, Any] = _kept(value)
        text = spell(kept)
    except (TypeError, ValueError, RecursionError) as error:
        raise Unkeepable from error
    if len(text) > limit:
        raise Unkeepable
    return kept


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        if storable(value) != value:
            raise ValueError("not storable")
        return str.__str__(value)
    if isinstance(value, float):
        # PostgreSQL writes numbers out in full: 1e+22 comes back as a whole number, and -0.0 without its sign.
        return int(value) if value.is_integer() and "e" in repr(value) else value + 0.0
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("keys are text")
        return {_kept(key): _kept(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_kept(each) for each in value]
    if value is None or isinstance(value, bool | int):
        return value
    raise TypeError(type(value).__name__)
