"""The worker that runs what was approved: a process of its own, as in production."""

from __future__ import annotations

import subprocess
import sys
from types import TracebackType
from typing import Self

from django.conf import settings

COMMAND = ("leash.py", "manage.py", "procrastinate", "worker", "--shutdown-graceful-timeout", "3")
STOP_SECONDS = 10


class WorkerEnded(Exception):
    """The worker ended by itself; what it said stands above."""


class Worker:
    """Runs while it is entered, and ends with this process, however that ends."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, *COMMAND], cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def refuse_death(self) -> None:
        """Raise WorkerEnded if it is not running any more."""
        if self._process.poll() is not None:
            raise WorkerEnded
