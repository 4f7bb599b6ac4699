"""Asking before anything is sent, also where Django is passed by: on the connection of its driver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

Refuse = Callable[[Any], None]
"""Raises where a statement may not be sent."""
ABSENT = object()


@contextmanager
def driver_guarded(
    connection: BaseDatabaseWrapper, refuse: Refuse, *, at_end: type[Exception] | None = None
) -> Iterator[None]:
    """Ask `refuse` about each statement of cursors that the driver's connection makes inside the block.

    With `at_end`, its `commit` and `rollback` raise that. A connection that is opened inside the block is asked about
    as well. Drivers of other databases than PostgreSQL stay as they are.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with ExitStack() as stack:
        if connection.connection is not None:
            stack.enter_context(_guarded(connection.connection, refuse, at_end))
        opening = connection.get_new_connection

        def get_new_connection(*args: Any) -> Any:
            driver = opening(*args)
            stack.enter_context(_guarded(driver, refuse, at_end))
            return driver

        stack.enter_context(_instead(connection, get_new_connection=get_new_connection))
        yield


@contextmanager
def _guarded(driver: Any, refuse: Refuse, at_end: type[Exception] | None) -> Iterator[None]:
    def raise_at_end(*args: Any, **kwargs: Any) -> Any:
        assert at_end is not None
        raise at_end

    shadows: dict[str, Any] = {
        name: _asking(getattr(driver, name), refuse) for name in ("cursor_factory", "server_cursor_factory")
    }
    if at_end is not None:
        shadows |= {"commit": raise_at_end, "rollback": raise_at_end}
    with _instead(driver, **shadows):
        yield


@contextmanager
def _instead(owner: Any, **attributes: Any) -> Iterator[None]:
    """Give one object other attributes for a while, and then what it had of its own."""
    own = {name: vars(owner).get(name, ABSENT) for name in attributes}
    for name, value in attributes.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in own.items():
            if value is ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, value)


def _asking(factory: Any, refuse: Refuse) -> Any:
    """Return a class of cursors that asks before it sends; each way a cursor of psycopg has to send something."""

    class Asking(factory):  # type: ignore[misc]  # the class the host's connection makes
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            refuse(query)
            return super().execute(query, *args, **kwargs)

        def executemany(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            refuse(query)
            return super().executemany(query, *args, **kwargs)

        def stream(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            refuse(query)
            return super().stream(query, *args, **kwargs)

        def copy(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
            refuse(statement)
            return super().copy(statement, *args, **kwargs)

    return Asking
