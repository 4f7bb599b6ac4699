"""`manage.py cairnloop_backtest`: what drafts would have said in past conversations."""

from __future__ import annotations

import dataclasses
import json
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from cairnloop.core.errors import CairnloopError
from cairnloop.drafting.backtesting.conversations import (
    MOST_CONVERSATIONS,
    PastConversations,
    conversations_in,
    last_conversations,
)
from cairnloop.drafting.backtesting.reporting import BacktestReport, report_rows, summarise
from cairnloop.drafting.backtesting.running import run_backtest
from cairnloop.drafting.backtesting.runs import keep_run, read_run
from cairnloop.hooks import HOOKS
from cairnloop.management.progress import show_bar
from cairnloop.retrieval.evaluating.answering import calibration_in_use


class Command(BaseCommand):
    """Run past conversations through search, decision and generator. Nothing is sent, and nothing is kept of it."""

    help = (
        "Prepare drafts for past conversations as they would be prepared now, send and keep none of them, and count: "
        "what would have been answered, out of which articles, and how near to what a person sent. Your own generator "
        "is really called."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where the conversations come from, and where runs are kept."""
        origin = parser.add_mutually_exclusive_group(required=True)
        origin.add_argument("--last", type=_number, metavar="N", help="The latest N conversations with an answer.")
        origin.add_argument("--file", type=Path, metavar="FILE", help="Conversations as JSON lines.")
        parser.add_argument("--keep", type=Path, metavar="FILE", help="Keep this run, to compare a later one with.")
        parser.add_argument("--before", type=Path, metavar="FILE", help="Compare with a run that was kept.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead of a table.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, count, and say."""
        try:
            report = self._run(**options)
        except CairnloopError as error:
            raise CommandError(error.message) from error
        except ImproperlyConfigured as error:
            raise CommandError(f"{error} Nothing was run.") from error
        told = json.dumps(dataclasses.asdict(report), indent=2) if options["json"] else "\n".join(report_rows(report))
        self.stdout.write(told)

    def _run(
        self, *, last: int | None, file: Path | None, keep: Path | None, before: Path | None, **_: Any
    ) -> BacktestReport:
        # Whatever is wrong is said now, not after minutes of running.
        calibration = calibration_in_use()
        earlier = read_run(before) if before is not None else None
        past = conversations_in(file) if file is not None else last_conversations(last or 0)
        outcomes = run_backtest(past, tell=lambda done: self._tell(done, past))
        if keep is not None:
            outcomes = keep_run(keep, outcomes)
        report = BacktestReport(
            generator=HOOKS["draft_generator"].path or "",
            model=calibration.model,
            threshold=calibration.threshold,
            conversations=past.number,
        )
        return summarise(report, outcomes, earlier=earlier)

    def _tell(self, done: int, past: PastConversations) -> None:
        show_bar(self.stderr, "conversations", done=done, total=max(past.number, done))


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_CONVERSATIONS:
        raise ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST_CONVERSATIONS:,}")
    return int(text)
