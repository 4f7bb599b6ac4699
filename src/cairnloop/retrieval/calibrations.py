"""The calibrations answerability is judged by: those that come with the package, and a host's own file over them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from cairnloop.conf import get_settings
from cairnloop.core.errors import InvalidInput
from cairnloop.retrieval.answerability import PARTS, PARTS_OF_WORDS, WORDS_ONLY, Calibration, Weight

MOST_BYTES = 100_000
LARGEST = 1e6
KNOWN = frozenset((*PARTS, *PARTS_OF_WORDS))


class UnusableCalibration(InvalidInput):
    """The file named in CALIBRATION_FILE cannot be used, and nothing is judged by it. Measure again with --store."""

    code = "unusable_calibration"


def find_calibration(model: str | None) -> Calibration:
    """Return what queries are judged by that were searched with `model`, or with words alone where it is None.

    A host's file goes before what comes with the package. A model that neither knows is judged by words alone.
    Raises UnusableCalibration for a damaged file, and for one that was measured with other models only.
    """
    shipped = shipped_calibrations()
    own = own_calibrations()
    if own and model is not None and model not in own:
        raise UnusableCalibration(
            f"CALIBRATION_FILE was measured with {', '.join(sorted(own))}, and search uses {model}. "
            "Nothing is judged by it. Run cairnloop_evaluate answerability --store with this model."
        )
    known = {**shipped, **own}
    return known.get(model or WORDS_ONLY) or known[WORDS_ONLY]


@cache
def shipped_calibrations() -> dict[str, Calibration]:
    """Return the calibrations that come with the package, by the name of their model."""
    text = resources.files("cairnloop.retrieval").joinpath("calibrations.json").read_text(encoding="utf-8")
    return parse_calibrations(text, origin="calibrations.json")


def own_calibrations() -> dict[str, Calibration]:
    """Return the host's calibrations by the name of their model, none without CALIBRATION_FILE."""
    path = get_settings().calibration_file
    return _read_once(path) if path else {}


@cache
def _read_once(path: str) -> dict[str, Calibration]:
    return read_calibrations(Path(path))


def read_calibrations(path: Path) -> dict[str, Calibration]:
    """Return the calibrations in a file, by the name of their model. Raises UnusableCalibration."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableCalibration(f"{path} cannot be read: {type(error).__name__}. Nothing is judged by it.") from error
    if len(content) > MOST_BYTES:
        raise UnusableCalibration(f"{path} is longer than {MOST_BYTES} bytes, so it holds no calibrations.")
    return parse_calibrations(text, origin=str(path))


def parse_calibrations(text: str, *, origin: str) -> dict[str, Calibration]:
    """Return calibrations by the name of their model. Raises UnusableCalibration, naming what is wrong."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableCalibration(f"{origin} is not JSON. Nothing is judged by it.") from error
    if not isinstance(rows, list) or not rows:
        raise UnusableCalibration(f"{origin} is not a list of calibrations. Nothing is judged by it.")
    found: dict[str, Calibration] = {}
    for number, row in enumerate(rows, start=1):
        calibration = _parsed(row, where=f"{origin}, calibration {number}")
        if calibration.model in found:
            raise UnusableCalibration(f"{origin} holds two calibrations for {calibration.model}. Keep one of them.")
        found[calibration.model] = calibration
    return found


def write_calibrations(path: Path, calibrations: Iterable[Calibration]) -> None:
    """Put calibrations into a file, over those of the same models; the others in it stay. Whole, or not at all.

    Raises UnusableCalibration when what is there already is no calibration file, or when it cannot be written.
    """
    kept = read_calibrations(path) if path.exists() else {}
    kept.update({each.model: each for each in calibrations})
    text = json.dumps([dataclasses.asdict(each) for _, each in sorted(kept.items())], indent=2)
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UnusableCalibration(f"{path} cannot be written: {type(error).__name__}. Nothing was stored.") from error


def _parsed(row: Any, *, where: str) -> Calibration:
    if not isinstance(row, Mapping) or set(row) != {"model", "intercept", "parts", "threshold"}:
        raise UnusableCalibration(f"{where}: model, intercept, parts and threshold are needed, and nothing else.")
    model, parts = row["model"], row["parts"]
    if not isinstance(model, str) or not model:
        raise UnusableCalibration(f"{where}: model is the name of an embedder's model.")
    if not isinstance(parts, Mapping) or not parts or not KNOWN.issuperset(parts):
        raise UnusableCalibration(f"{where}: parts are some of {', '.join(sorted(KNOWN))}.")
    threshold = _number(row["threshold"], f"{where}: threshold")
    if not 0 <= threshold <= 1:
        raise UnusableCalibration(f"{where}: threshold is a probability, from 0 to 1.")
    return Calibration(
        model,
        _number(row["intercept"], f"{where}: intercept"),
        {name: _weight(each, f"{where}: {name}") for name, each in parts.items()},
        threshold,
    )


def _weight(row: Any, where: str) -> Weight:
    if not isinstance(row, Mapping) or set(row) != {"weight", "up_to"}:
        raise UnusableCalibration(f"{where}: weight and up_to are needed, and nothing else.")
    weight = _number(row["weight"], f"{where}: weight")
    if weight < 0:
        raise UnusableCalibration(f"{where}: weight is not negative; more evidence never counts against an answer.")
    return Weight(weight, _number(row["up_to"], f"{where}: up_to"))


def _number(value: Any, what: str) -> float:
    # Written so that NaN is refused as well.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
        raise UnusableCalibration(f"{what} is a number of reasonable size.")
    return float(value)
