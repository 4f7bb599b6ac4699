"""The shop as a whole: what differs between two moments, and a digest of everything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from retail.replay.recording import Change, State


def digest(state: State) -> str:
    """Return one for the whole shop, as the recordings make it."""
    return sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def differences(before: State, after: State) -> list[Change]:
    """Return every value that is not what it was, by its path. Lists are one value."""
    return list(_differences(before, after, ""))


def are_same(some: Sequence[Change], others: Sequence[Change]) -> bool:
    """True if the same values changed in the same way, in whatever order they are listed."""
    return sorted(map(_key, some)) == sorted(map(_key, others))


def _differences(before: Any, after: Any, path: str) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted(before.keys() | after.keys()):
            yield from _differences(before.get(name), after.get(name), f"{path}/{name}")
    else:
        yield {"path": path, "before": before, "after": after}


def _key(change: Change) -> str:
    return json.dumps(change, sort_keys=True)
