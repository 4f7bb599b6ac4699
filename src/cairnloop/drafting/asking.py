"""Asking the host's code for something: bounded in time, and without a transaction around it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from cairnloop.core.patience import Patience

T = TypeVar("T")

MOST_HANGING = 3
"""So many calls of a hook may hang in one process before it is not asked any more until one returns."""
FAILURES = (Exception, SystemExit, asyncio.CancelledError, BaseExceptionGroup)
"""What the host's code may fail by. Libraries exit, and are called off while they await; no job is by that."""


def ask_host(function: Callable[[], T], *, patience: Patience, seconds: float) -> T:
    """Return what the host's code returns, asked in a thread of its own. Raises GivenUp, and whatever it raises.

    A KeyboardInterrupt inside a group is one. In the transaction of a test case it is asked in the test's own thread,
    without a bound: no other would see what the test wrote.
    """
    try:
        if transaction.get_connection().in_atomic_block:
            return function()
        return patience.call(function, seconds=seconds)
    except BaseExceptionGroup as group:
        if group.subgroup(KeyboardInterrupt):
            raise KeyboardInterrupt from group
        raise
