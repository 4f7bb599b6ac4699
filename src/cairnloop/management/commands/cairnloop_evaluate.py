"""How good search is on labelled sets: its ranking, when it should not answer, and what drafts make of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cairnloop.core.errors import CairnloopError
from cairnloop.drafting.evaluating.measuring import DraftsReport, evaluate_drafts, refuse_single_questions
from cairnloop.drafting.evaluating.reporting import drafts_page, drafts_rows
from cairnloop.retrieval.calibrations import read_calibrations, write_calibrations
from cairnloop.retrieval.evaluating.answering import (
    AnsweringReport,
    calibrate,
    calibration_in_use,
    judge_set,
    report_answering,
)
from cairnloop.retrieval.evaluating.plotting import answering_plot
from cairnloop.retrieval.evaluating.ranking import RankingReport, evaluate_ranking
from cairnloop.retrieval.evaluating.reporting import answering_page, answering_rows, ranking_page, ranking_rows
from cairnloop.retrieval.evaluating.scratch import scratch_database
from cairnloop.retrieval.evaluating.sets import read_set


class Command(BaseCommand):
    """Measure search and drafts on labelled sets, in a database that is made for it and dropped."""

    help = "Measure search and drafts on labelled sets, in a database that is made for it and dropped."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the measurements."""
        actions = parser.add_subparsers(dest="action", required=True)
        ranking = actions.add_parser("retrieval", help="Rank the articles of each set, beside BM25, vectors and RRF.")
        ranking.add_argument("--set", dest="directories", nargs="+", type=Path, required=True, metavar="DIR")
        ranking.add_argument("--json", action="store_true", help="Print one JSON object instead of a table.")
        ranking.add_argument("--write", type=Path, metavar="FILE", help="Write a page of Markdown as well.")

        answering = actions.add_parser("answerability", help="Judge which questions have an answer, and measure it.")
        answering.add_argument("--set", dest="directories", nargs="+", type=Path, required=True, metavar="DIR")
        answering.add_argument("--json", action="store_true", help="Print one JSON object instead of a table.")
        answering.add_argument(
            "--write", type=Path, metavar="FILE", help="Write a page of Markdown as well, and its plot beside it."
        )
        answering.add_argument(
            "--store", type=Path, metavar="FILE", help="Store a calibration over these sets; name it CALIBRATION_FILE."
        )

        drafts = actions.add_parser("drafts", help="Prepare a draft for every turn of conversations, and measure it.")
        drafts.add_argument("--set", dest="directories", nargs="+", type=Path, required=True, metavar="DIR")
        drafts.add_argument("--json", action="store_true", help="Print one JSON object instead of a table.")
        drafts.add_argument("--write", type=Path, metavar="FILE", help="Write a page of Markdown as well.")

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

    def _answerability(
        self, *, directories: list[Path], json: bool, write: Path | None, store: Path | None, **_: Any
    ) -> None:
        sets = [read_set(directory) for directory in directories]
        if store is not None and store.exists():
            read_calibrations(store)  # refused now, not after minutes of measuring
        with scratch_database():
            examples = [example for labelled in sets for example in judge_set(labelled, tell=self._tell)]
        stored = calibration_in_use() if store is None else calibrate(examples)
        reports = report_answering(examples, stored=stored)
        self.stdout.write(_as_json(reports) if json else "\n".join(answering_rows(reports)))
        if write is not None:
            plot = write.with_suffix(".svg")
            plot.write_text(answering_plot(reports), encoding="utf-8")
            write.write_text(answering_page(reports, plot=plot.name), encoding="utf-8")
        if store is not None:
            write_calibrations(store, [stored])
            self._tell(f"{store} now holds the calibration for {stored.model}.")

    def _drafts(self, *, directories: list[Path], json: bool, write: Path | None, **_: Any) -> None:
        sets = [read_set(directory) for directory in directories]
        for labelled in sets:
            refuse_single_questions(labelled)
        with scratch_database():
            reports = [evaluate_drafts(labelled, tell=self._tell) for labelled in sets]
        self.stdout.write(_as_json(reports) if json else "\n".join(drafts_rows(reports)))
        if write is not None:
            write.write_text(drafts_page(reports), encoding="utf-8")

    def _tell(self, progress: str) -> None:
        self.stderr.write(progress, self.style.NOTICE)
        self.stderr.flush()


def _as_json(reports: Iterable[RankingReport | AnsweringReport | DraftsReport]) -> str:
    return json.dumps([dataclasses.asdict(report) for report in reports], indent=2)
