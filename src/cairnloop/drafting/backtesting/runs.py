"""A backtest that is kept in a file, so that the next one can be read beside it. It holds no word of anybody."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cairnloop.core.errors import InvalidInput
from cairnloop.drafting.grounding import Kind

FORMAT = 1
NOTHING_ASKED = "nothing_asked"
KINDS = frozenset((*Kind, NOTHING_ASKED))


class UnusableRun(InvalidInput):
    """This file holds no backtest that was kept before. Nothing was run."""

    code = "unusable_run"


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnOutcome:
    """What would have been prepared for one turn."""

    turn: str
    """The conversation and the customer's message in it, such as "42:3"."""
    kind: str
    """A `grounding.Kind`, or "nothing_asked"."""
    reason: str = ""
    sources: tuple[int, ...] = ()
    """The articles it would have quoted."""
    unverified: int = 0
    """How many of its sentences have no source: as it is nobody could send it."""
    fell_back: bool = False
    overlap: float | None = None
    """With what the person sent; None unless it would have been answered."""
    overlap_by_chance: float | None = None
    """With what a person sent in another conversation."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What of an earlier run is compared: its kind and sources by turn."""

    turns: dict[str, tuple[str, tuple[int, ...]]]


def read_run(path: Path) -> Earlier:
    """Return a run that was kept before. Raises UnusableRun, naming the line."""
    try:
        with path.open(encoding="utf-8") as file:
            return Earlier(dict(_turns(path, file)))
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableRun(f"{path} cannot be read: {type(error).__name__}. Nothing was run.") from error


def keep_run(path: Path, outcomes: Iterable[TurnOutcome]) -> Iterator[TurnOutcome]:
    """Hand every outcome on, and have them in `path` when the last one passed: all of them, or what was there before.

    Raises UnusableRun when it cannot be written.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(json.dumps({"cairnloop_backtest": FORMAT}) + "\n")
            for outcome in outcomes:
                file.write(json.dumps(dataclasses.asdict(outcome)) + "\n")
                yield outcome
        beside.replace(path)
    except OSError as error:
        raise UnusableRun(f"{path} cannot be written: {type(error).__name__}. Nothing was kept.") from error
    finally:
        beside.unlink(missing_ok=True)


def _turns(path: Path, lines: Iterable[str]) -> Iterator[tuple[str, tuple[str, tuple[int, ...]]]]:
    number = 0
    for number, line in enumerate(lines, start=1):
        row = _row(line)
        if number == 1:
            if row != {"cairnloop_backtest": FORMAT}:
                raise UnusableRun(f"{path} was not written by `cairnloop_backtest --keep`. Nothing was run.")
        elif not _is_outcome(row):
            raise UnusableRun(f"{path}, line {number}: this is no outcome of a turn. Nothing was run.")
        else:
            yield row["turn"], (row["kind"], tuple(row["sources"]))
    if not number:
        raise UnusableRun(f"{path} is empty. Nothing was run.")


def _row(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def _is_outcome(row: dict[str, Any]) -> bool:
    sources = row.get("sources")
    return (
        isinstance(row.get("turn"), str)
        and row.get("kind") in KINDS
        and isinstance(sources, list)
        and all(isinstance(each, int) for each in sources)
    )
