"""Facts published inside the transaction that made them true, and who listens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Event = TypeVar("Event")

_subscribers: dict[type, list[Callable[..., object]]] = defaultdict(list)


def subscribe(event: type[Event], subscriber: Callable[[Event], object]) -> None:
    """Call `subscriber` with every `event`, in the order of subscription and inside the publisher's transaction.

    A subscriber may run another command, defer a job, or register `after_commit`; nothing else.
    """
    if subscriber not in _subscribers[event]:
        _subscribers[event].append(subscriber)


def publish(event: object) -> None:
    """Hand a fact to its subscribers. A subscriber that raises takes the whole transaction down with it."""
    for subscriber in tuple(_subscribers[type(event)]):
        subscriber(event)


@contextmanager
def subscribed(event: type[Event], subscriber: Callable[[Event], None]) -> Iterator[None]:
    """Subscribe for the length of a block; for tests."""
    _subscribers[event].append(subscriber)
    try:
        yield
    finally:
        _subscribers[event].remove(subscriber)
