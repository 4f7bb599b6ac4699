"""Lets recorded tasks of a shop happen again, as governed actions."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from retail.replay.desk import NeverEnded, StaffDesk
from retail.replay.recording import UnusableRecording, read_recording
from retail.replay.replaying import Replay
from retail.replay.reporting import progress, report
from retail.replay.worker import Worker, WorkerEnded


class Command(BaseCommand):
    """manage.py replay_tool_tasks DIR"""

    help = (
        "Do recorded tasks of a shop again: each action is proposed, approved where it writes, and run by a real "
        "worker. Fails unless everything changed as recorded, nothing else did, and nothing happened twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where, and how many."""
        parser.add_argument("folder", type=Path, metavar="DIR", help="holds tasks, users, orders and products (.jsonl)")
        parser.add_argument("--limit", type=int, help="do only the first so many tasks")
        parser.add_argument("--patience", type=float, default=60, help="seconds to wait for one action (60)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do them, show how far it is, and compare."""
        if (options["limit"] or 1) < 1:
            raise CommandError("--limit begins at 1.")
        try:
            recording = read_recording(options["folder"], limit=options["limit"])
        except UnusableRecording as error:
            raise CommandError(str(error)) from error
        began = time.monotonic()
        with Worker() as worker:
            desk = StaffDesk(patience_seconds=options["patience"], on_wait=worker.refuse_death)
            replay = Replay(recording, desk=desk, run=f"{time.time_ns() // 1_000_000:x}")
            replay.on_step = self._narrator(replay)
            try:
                replay.play()
            except WorkerEnded as error:
                raise CommandError("The worker ended by itself. What it said stands above.") from error
            except NeverEnded as error:
                raise CommandError(f"{error} {progress(replay)}.") from error
        self.stdout.write(report(replay, seconds=time.monotonic() - began))
        if not replay.is_as_recorded:
            raise CommandError("What happened is not what was recorded.")
        self.stdout.write("Everything happened as recorded, once, and after it was approved.")

    def _narrator(self, replay: Replay) -> Any:
        """One line that changes on a terminal, a line every few seconds anywhere else."""
        is_terminal = self.stdout.isatty()
        said_at = time.monotonic()

        def narrate() -> None:
            nonlocal said_at
            is_over = replay.finished == len(replay.recording.tasks)
            if time.monotonic() - said_at < (0.2 if is_terminal else 5) and not is_over:
                return
            said_at = time.monotonic()
            self.stdout.write(
                f"\r{progress(replay)} " if is_terminal else progress(replay), ending="" if is_terminal else None
            )
            self.stdout.flush()

        return narrate
