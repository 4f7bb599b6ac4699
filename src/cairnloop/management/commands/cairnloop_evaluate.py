"""How good search is on labelled sets: ranking against its baselines, and when it should not answer."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cairnloop.core.errors import CairnloopError
from cairnloop.retrieval.answerability import Calibration
from cairnloop.retrieval.evaluating.answering import AnsweringReport, calibrate, judge_set, report_answering
from cairnloop.retrieval.evaluating.ranking import RankingReport, evaluate_ranking
from cairnloop.retrieval.evaluating.reporting import answering_rows, ranking_page, ranking_rows
from cairnloop.retrieval.evaluating.scratch import scratch_database
from cairnloop.retrieval.evaluating.sets import read_set


class Command(BaseCommand):
    """Measure search on labelled sets, in a database that is made for it and dropped."""

    help = "Measure search on labelled sets, in a database that is made for it and dropped."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the two measurements."""
        actions = parser.add_subparsers(dest="action", required=True)
        ranking = actions.add_parser("retrieval", help="Rank the articles of each set, beside BM25, vectors and RRF.")
        ranking.add_argument("--set", dest="directories", nargs="+", type=Path, required=True, metavar="DIR")
        ranking.add_argument("--json", action="store_true", help="Print one JSON object instead of a table.")
        ranking.add_argument("--write", type=Path, metavar="FILE", help="Write a page of Markdown as well.")

        answering = actions.add_parser("answerability", help="Judge which questions have an answer, and measure it.")
        answering.add_argument("--set", dest="directories", nargs="+", type=Path, required=True, metavar="DIR")
        answering.add_argument("--json", action="store_true", help="Print one JSON object instead of a table.")
        answering.add_argument("--store", action="store_true", help="Print the calibration to be stored as well.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one measurement."""
        try:
            getattr(self, f"_{options['action']}")(**options)
        except CairnloopError as error:
            raise CommandError(error.message) from error

    def _retrieval(self, *, directories: list[Path], json: bool, write: Path | None, **_: Any) -> None:
        sets = [read_set(directory) for directory in directories]
        with scratch_database():
            reports = [evaluate_ranking(labelled) for labelled in sets]
        self.stdout.write(_as_json(reports) if json else "\n".join(ranking_rows(reports)))
        if write is not None:
            write.write_text(ranking_page(reports), encoding="utf-8")

    def _answerability(self, *, directories: list[Path], json: bool, store: bool, **_: Any) -> None:
        sets = [read_set(directory) for directory in directories]
        with scratch_database():
            judged = [judge_set(labelled) for labelled in sets]
        examples = [example for of_set, _ in judged for example in of_set]
        reports = report_answering(examples, [verdict for _, of_set in judged for verdict in of_set])
        self.stdout.write(_as_json(reports) if json else "\n".join(answering_rows(reports)))
        if store:
            self.stdout.write(_as_json([calibrate(examples)]))


def _as_json(reports: Iterable[RankingReport | AnsweringReport | Calibration]) -> str:
    return json.dumps([dataclasses.asdict(report) for report in reports], indent=2)
