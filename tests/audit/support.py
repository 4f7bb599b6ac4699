"""Writing trails, running writers at the same time, and damaging what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection

from cairnloop.audit.recording import record
from cairnloop.audit.triggers import TABLES
from cairnloop.core.actors import Actor
from cairnloop.core.transactions import command
from cairnloop.models import AuditEntry

ADA = Actor.operator("7", name="Ada Brandt")


@command
def record_committed(subject: str, **overrides: Any) -> AuditEntry:
    """Record in a transaction of its own."""
    return record(overrides.pop("action", "conversation.replied"), by=ADA, subject=subject, **overrides)


@contextmanager
def writers(count: int) -> Iterator[Callable[..., Future[Any]]]:
    """Give `start(function, *arguments)`: each call runs in a thread with its own database connection."""

    def run(function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return function(*arguments)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        yield lambda function, *arguments: pool.submit(run, function, *arguments)


def tamper(sql: str, *values: Any) -> None:
    """Do what only the owner of the tables can: change the trail behind its triggers."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql, values)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def execute(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows, if it gives any."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []
