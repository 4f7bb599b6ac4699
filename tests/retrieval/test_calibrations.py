"""A host's own calibration changes what search says; a damaged or foreign one is refused, and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from cairnloop.checks import check_calibration
from cairnloop.retrieval.answerability import Calibration, Weight
from cairnloop.retrieval.calibrations import (
    LARGEST,
    UnusableCalibration,
    find_calibration,
    parse_calibrations,
    read_calibrations,
    shipped_calibrations,
    write_calibrations,
)
from cairnloop.retrieval.searching import search_knowledge
from tests.retrieval.support import OPERATOR, embed_everything, make_article, settings

EASY = Calibration("concepts", 5.0, {"meaning": Weight(1.0, 0.5)}, 0.5)
HARD = Calibration("concepts", -5.0, {"meaning": Weight(1.0, 0.5)}, 0.5)
ROW: dict[str, Any] = {
    "model": "m",
    "intercept": 0,
    "parts": {"meaning": {"weight": 1, "up_to": 1}},
    "threshold": 0.5,
}


def test_what_comes_with_the_package_covers_the_bundled_model_and_words_alone() -> None:
    assert set(shipped_calibrations()) == {"all-MiniLM-L6-v2/int8-1", "words"}


@pytest.mark.django_db
def test_the_stored_calibration_changes_what_search_says(tmp_path: Path) -> None:
    make_article("Refunds", "A refund takes five days.")
    said = {}
    for name, calibration in {"easy": EASY, "hard": HARD}.items():
        write_calibrations(tmp_path / name, [calibration])
        with override_settings(CAIRNLOOP=settings(CALIBRATION_FILE=str(tmp_path / name))):
            embed_everything()
            judged = search_knowledge("refund", actor=OPERATOR).answerability
            said[name] = judged.is_answerable
            assert judged.threshold == 0.5
    assert said == {"easy": True, "hard": False}


def test_storing_keeps_the_calibrations_of_other_models(tmp_path: Path) -> None:
    file = tmp_path / "calibrations.json"
    write_calibrations(file, [EASY])
    write_calibrations(file, [Calibration("words", 0.0, {"words": Weight(1.0, 1.0)}, 0.1)])
    write_calibrations(file, [HARD])
    assert read_calibrations(file)["concepts"] == HARD
    assert set(read_calibrations(file)) == {"concepts", "words"}
    assert [each.name for each in tmp_path.iterdir()] == ["calibrations.json"]


def test_storing_over_something_else_is_refused_and_leaves_it(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not calibrations")
    with pytest.raises(UnusableCalibration, match="not JSON"):
        write_calibrations(file, [EASY])
    assert file.read_text() == "not calibrations"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "not a list"),
        ("[]", "not a list"),
        ('["m"]', "and nothing else"),
        (json.dumps([{**ROW, "sql": "x"}]), "and nothing else"),
        (json.dumps([{**ROW, "model": ""}]), "name of an embedder"),
        (json.dumps([{**ROW, "parts": {"moon": {"weight": 1, "up_to": 1}}}]), "parts are some of"),
        (json.dumps([{**ROW, "parts": {"meaning": {"weight": -1, "up_to": 1}}}]), "not negative"),
        (json.dumps([{**ROW, "parts": {"meaning": {"weight": 1}}}]), "up_to are needed"),
        (json.dumps([{**ROW, "threshold": 2}]), "from 0 to 1"),
        (json.dumps([{**ROW, "intercept": True}]), "number"),
        (json.dumps([{**ROW, "intercept": float("nan")}]), "number"),
        (json.dumps([{**ROW, "intercept": 10**400}]), "number"),
        (json.dumps([{**ROW, "intercept": 2 * LARGEST}]), "number"),
        (json.dumps([ROW, ROW]), "two calibrations"),
    ],
)
def test_a_damaged_calibration_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(UnusableCalibration, match=said):
        parse_calibrations(text, origin="calibrations.json")


def test_a_calibration_of_other_models_is_refused_by_search_and_by_the_system_check(tmp_path: Path) -> None:
    file = tmp_path / "foreign.json"
    write_calibrations(file, [Calibration("another", 0.0, {"meaning": Weight(1.0, 1.0)}, 0.5)])
    with override_settings(CAIRNLOOP=settings(CALIBRATION_FILE=str(file))):
        with pytest.raises(UnusableCalibration, match="measured with another, and search uses concepts"):
            find_calibration("concepts")
        assert [each.id for each in check_calibration(None)] == ["cairnloop.E007"]
        assert find_calibration(None) == shipped_calibrations()["words"]


def test_a_file_that_is_not_there_is_a_system_check_error(tmp_path: Path) -> None:
    with override_settings(CAIRNLOOP=settings(CALIBRATION_FILE=str(tmp_path / "nowhere.json"))):
        (error,) = check_calibration(None)
    assert "cannot be read: FileNotFoundError" in error.msg


def test_a_model_nobody_measured_is_judged_by_words() -> None:
    with override_settings(CAIRNLOOP=settings()):
        assert find_calibration("concepts") == shipped_calibrations()["words"]
        assert not list(check_calibration(None))
