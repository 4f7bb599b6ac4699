"""Jobs in tests: run what waits, forget what another test left."""

from __future__ import annotations

from django.db import connection

from cairnloop.core.jobs import run_waiting_jobs

__all__ = ["forget_jobs", "run_waiting_jobs"]


def forget_jobs() -> None:
    """Empty the job engine's tables, which Django's own flush between transactional tests leaves alone."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers")
