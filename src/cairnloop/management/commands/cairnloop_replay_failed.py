"""`manage.py cairnloop_replay_failed`: give failed background jobs another chance."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cairnloop.core.jobs import replay_failed_jobs


class Command(BaseCommand):
    """Puts failed jobs back into the queue, except those whose effect might happen twice."""

    help = "Put failed background jobs back into the queue. Jobs that must not run twice are named and left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take part of a job's name."""
        parser.add_argument("--job", default="", metavar="NAME", help="Only jobs whose name contains this.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be put back, and put back nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay, and say what was put back and what was not."""
        replay = replay_failed_jobs(name_contains=options["job"], dry_run=options["dry_run"])
        for name, number in replay.left_alone.items():
            self.stdout.write(f"left alone, because it must not run twice: {name} ({number})")
        for name, number in replay.replayed.items():
            self.stdout.write(f"{name} ({number})")
        total = sum(replay.replayed.values())
        done = "would be put back" if options["dry_run"] else "put back"
        self.stdout.write(f"{total} {'job' if total == 1 else 'jobs'} {done}.")
