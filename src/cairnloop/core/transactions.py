"""Where transactions begin: the only module that opens one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import ParamSpec, TypeVar

from django.db import transaction

from cairnloop.core.errors import TransactionRefused
from cairnloop.core.transaction_control import nothing_written_elsewhere, transaction_kept

P = ParamSpec("P")
R = TypeVar("R")


def command(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a doing as exactly one transaction without network.

    A command inside a command, or inside the host's own `atomic()`, joins that transaction: everything commits or
    vanishes together. Not durable on purpose, because hosts with ATOMIC_REQUESTS are always inside one.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic():
            return function(*args, **kwargs)

    run.__cairnloop_doing__ = "command"  # type: ignore[attr-defined]  # read by the architecture test
    return run


def pipeline(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a doing that may call the network: it refuses to start inside a transaction and persists through commands.

    Tests that wrap every case in a transaction are recognised by Django's own marker, and let through.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _in_transaction():
            raise TransactionRefused
        return function(*args, **kwargs)

    run.__cairnloop_doing__ = "pipeline"  # type: ignore[attr-defined]  # read by the architecture test
    return run


def outside_transaction(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that runs a pipeline: ATOMIC_REQUESTS opens no transaction around it. The outermost decorator."""
    return transaction.non_atomic_requests(view)


def savepoint() -> AbstractContextManager[None]:
    """Open a savepoint, so that one statement may fail without losing the transaction around it."""
    return transaction.atomic()


def sheltered() -> AbstractContextManager[None]:
    """Open a savepoint where a transaction is under way: code of the host whose query fails does not take it along."""
    return transaction.atomic() if transaction.get_connection().in_atomic_block else nullcontext()


@contextmanager
def undone(*, here_alone: bool = False) -> Iterator[None]:
    """Open a savepoint that is rolled back however it ends: its rows, jobs and notifications never were, and what
    was to happen after the commit never does. Sequences alone have moved on. Raises StatementRefused where the block
    tries to end the transaction, or to set a savepoint of this name anew; with `here_alone` also where it writes to
    another database, or does what is in no row, which nothing would undo or show."""
    with transaction.atomic():
        try:
            with transaction_kept(rows_alone=here_alone), nothing_written_elsewhere() if here_alone else nullcontext():
                yield
        finally:
            transaction.set_rollback(True)


def limit_statements(*, seconds: int) -> None:
    """Let no statement take longer, until the savepoint or transaction around this ends."""
    with transaction.get_connection().cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds}s"])


@contextmanager
def reading(**settings: str | int) -> Iterator[None]:
    """Run queries together, with settings of PostgreSQL that hold for these alone; names take `__` for a dot."""
    with transaction.atomic():
        with transaction.get_connection().cursor() as cursor:
            each = ", ".join(["set_config(%s, %s, true)"] * len(settings))
            pairs = [(name.replace("__", "."), str(value)) for name, value in settings.items()]
            values = [part for pair in pairs for part in pair]
            cursor.execute(f"SELECT {each}", values)  # constants
        yield


def after_commit(function: Callable[[], object]) -> None:
    """Run `function` once the outermost transaction has committed; never if it rolls back.

    Its failure is logged and swallowed: what was committed stays committed, and the caller's answer stays true.
    """
    transaction.on_commit(function, robust=True)


def _in_transaction() -> bool:
    connection = transaction.get_connection()
    return any(not getattr(atomic, "_from_testcase", False) for atomic in connection.atomic_blocks)
