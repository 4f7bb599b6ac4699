"""Lets recorded dialogues happen again, through the real doors."""

from __future__ import annotations

import asyncio
import math
import os
import time
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trailmark.replay.dialogues import UnusableDialogues, read_dialogues
from trailmark.replay.knocking import ShutOut, knock
from trailmark.replay.replaying import Replay
from trailmark.replay.reporting import progress, report


class Command(BaseCommand):
    """manage.py replay_dialogues DIR"""

    help = (
        "Perform recorded dialogues: customers at the real WebSocket of a running server, operators through "
        "the public verbs. Fails unless what was sent, acknowledged, stored and delivered is the same."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where, how many, how fast."""
        port = os.environ.get("PORT", "8000")
        parser.add_argument("folder", type=Path, metavar="DIR", help="holds dialogues.jsonl")
        parser.add_argument(
            "--speed",
            type=float,
            default=0,
            help="1 is the pace of people, 10 ten times as fast, 0 without pauses",
        )
        parser.add_argument("--concurrency", type=int, default=20, help="how many dialogues at once (20)")
        parser.add_argument("--limit", type=int, help="perform only the first so many")
        parser.add_argument(
            "--url",
            default=f"ws://127.0.0.1:{port}/support/widget/socket/",
            help="the widget's socket (the demo's, at PORT)",
        )
        parser.add_argument("--patience", type=float, default=90, help="seconds to wait for anything (90)")
        parser.add_argument("--run", default="", help="a name for this replay; the same one again doubles nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Perform, show how far it is, and count."""
        if options["concurrency"] < 1 or not 0 <= options["speed"] < math.inf or (options["limit"] or 1) < 1:
            raise CommandError("--concurrency and --limit begin at 1, --speed at 0.")
        try:
            dialogues = read_dialogues(options["folder"], limit=options["limit"])
        except UnusableDialogues as error:
            raise CommandError(str(error)) from error
        replay = Replay(
            dialogues,
            url=options["url"],
            run=options["run"] or f"{time.time_ns() // 1_000_000:x}",
            speed=options["speed"],
            concurrency=options["concurrency"],
            patience_seconds=options["patience"],
        )
        try:
            asyncio.run(knock(replay.url, run=replay.run))
        except ShutOut as error:
            raise CommandError(str(error)) from error
        began = time.monotonic()
        asyncio.run(self._perform(replay))
        self.stdout.write(report(replay, seconds=time.monotonic() - began))
        if not replay.is_whole:
            raise CommandError("What was sent is not what arrived.")
        self.stdout.write("Sent, acknowledged, stored and delivered are equal.")

    async def _perform(self, replay: Replay) -> None:
        narrator = asyncio.create_task(self._narrate(replay))
        try:
            await replay.play()
        finally:
            narrator.cancel()
            with suppress(asyncio.CancelledError):
                await narrator

    async def _narrate(self, replay: Replay) -> None:
        """One line that changes on a terminal, a line every few seconds anywhere else."""
        is_terminal = self.stdout.isatty()
        try:
            while True:
                await asyncio.sleep(0.5 if is_terminal else 5)
                self.stdout.write(
                    f"\r{progress(replay)} " if is_terminal else progress(replay),
                    ending="" if is_terminal else None,
                )
                self.stdout.flush()
        finally:
            if is_terminal:
                self.stdout.write()
