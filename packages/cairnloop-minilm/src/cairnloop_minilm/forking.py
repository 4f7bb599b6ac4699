"""What a forked process must not take over."""

from __future__ import annotations

import os
from typing import Any, Protocol
from weakref import WeakSet


class StartsAnew(Protocol):
    """Something with locks or threads, which a forked process only seems to have."""

    def start_anew(self) -> None:
        """Forget locks, threads and what hangs on them."""


_living: WeakSet[Any] = WeakSet()
# Kept for ever: to free a session is to wait for its threads, and in a forked process they do not run.
_left_behind: list[dict[str, Any]] = []


def start_anew_after_fork(one: StartsAnew) -> None:
    """Call `one.start_anew()` in every process forked from now on, as long as somebody holds `one`."""
    _living.add(one)


def _start_all_anew() -> None:
    for one in list(_living):
        _left_behind.append(dict(vars(one)))
        one.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_all_anew)
