"""The tests' own PostgreSQL: it starts when somebody first asks for it, and ends with the last who uses it.

Importing the settings starts nothing, so type checks and management commands that need no database leave no
server behind.
"""

from __future__ import annotations

import atexit
import fcntl
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import cast

from django.utils.functional import SimpleLazyObject

from cairnloop.embedded import EmbeddedPostgres, start_postgres, stop_postgres

DATA_DIR = Path(__file__).resolve().parents[2] / ".cairnloop" / "test-postgres"


@cache
def _start() -> EmbeddedPostgres:
    """Start it, or join those who use it. The kernel forgets a user that is killed; the next one then ends it."""
    DATA_DIR.parent.mkdir(exist_ok=True)
    users = DATA_DIR.with_name("test-postgres.users").open("a")
    fcntl.flock(users, fcntl.LOCK_SH)

    def leave() -> None:
        with users, suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stop_postgres(DATA_DIR)

    atexit.register(leave)
    return start_postgres(DATA_DIR, tuning={"fsync": "off", "max_connections": "300"})


def database_name(purpose: str) -> str:
    """Name a database of this run, and of this one of its processes."""
    run = os.environ.get("CAIRNLOOP_TEST_DB", "cairnloop")
    return "_".join(filter(None, (purpose, run, os.environ.get("PYTEST_XDIST_WORKER"))))


POSTGRES = cast(EmbeddedPostgres, SimpleLazyObject(_start))
SOCKET_DIR = cast(str, SimpleLazyObject(lambda: _start().socket_dir))
