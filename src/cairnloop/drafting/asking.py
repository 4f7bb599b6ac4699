"""Asking the host's code for something: bounded in time, and without a transaction around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from cairnloop.core.patience import GivenUp, Patience

T = TypeVar("T")

MOST_HANGING = 3
"""So many calls of a hook may hang in one process before it is not asked any more until one returns."""


class HostFailed(Exception):
    """The host's code raised what is no Exception, such as SystemExit; this says its class alone."""


def ask_host(function: Callable[[], T], *, patience: Patience, seconds: float) -> T:
    """Return what the host's code returns, asked in a thread of its own. Raises GivenUp, and the exception it raises.

    Whatever else it ends by is HostFailed: libraries exit, are called off while they await, and panic, and no job is by
    that. A KeyboardInterrupt stays one, also inside a group. In the transaction of a test case it is asked in the
    test's own thread, without a bound: no other would see what the test wrote.
    """
    try:
        if transaction.get_connection().in_atomic_block:
            return function()
        return patience.call(function, seconds=seconds)
    except (Exception, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        if isinstance(error, BaseExceptionGroup) and error.subgroup(KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise HostFailed(type(error).__name__) from error


def named(error: Exception) -> str:
    """Return what may be logged of a failure: of an error of ours its words, of any other the class alone."""
    return str(error) if isinstance(error, (GivenUp, HostFailed)) else type(error).__name__
