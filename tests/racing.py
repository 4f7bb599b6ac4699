"""Two transactions of which the second waits for the first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

import cairnloop


def holding(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """Run `first` and keep its transaction open until `second` waits for a lock of it; return both results."""
    waiting, results = threading.Event(), [None, None]

    def run() -> None:
        try:
            waiting.set()
            results[1] = second()
        except cairnloop.CairnloopError as error:
            results[1] = error
        finally:
            connection.close()

    other = threading.Thread(target=run)
    with transaction.atomic():
        results[0] = first()
        other.start()
        waiting.wait(timeout=60)
        _until_somebody_waits()
    other.join(timeout=60)
    return results


def _until_somebody_waits() -> None:
    with connection.cursor() as cursor:
        for _ in range(2_000):
            cursor.execute("SELECT count(*), pg_sleep(0.01) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waited")
