"""`cairnloop_evaluate answerability` from a directory to a stored calibration that search then uses."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from cairnloop.retrieval.calibrations import find_calibration, read_calibrations
from tests.retrieval.support import settings

SUBJECTS = {
    "refund": ["money", "reimbursement", "refund"],
    "password": ["login", "credentials", "password"],
    "cancel": ["terminate", "end", "cancel"],
    "invoice": ["bill", "receipt", "invoice"],
}
LEFT_OUT = ("cancel", "invoice")
ASKED = ("How is the {} done?", "Tell me about the {} here.", "My {}?", "What of {} and us?")


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Four subjects, two of them left out; every fact is asked for in twelve wordings."""
    articles = [
        {
            "id": subject,
            "title": f"About {subject}",
            "body_md": f"We handle {words[0]} quickly.\n\nPaper and pens lie elsewhere.",
            "left_out_in_gap_protocol": subject in LEFT_OUT,
        }
        for subject, words in SUBJECTS.items()
    ]
    queries = [
        {"id": f"{word}-{at}", "text": wording.format(word), "gold": [subject]}
        for subject, words in SUBJECTS.items()
        for word in words
        for at, wording in enumerate(ASKED)
    ]
    directory = tmp_path / "small"
    directory.mkdir()
    for name, rows in (("articles", articles), ("queries", queries)):
        (directory / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return directory


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("transactional_db")
def test_a_set_is_measured_and_its_calibration_stored_written_and_used(labelled: Path, tmp_path: Path) -> None:
    store, page, out, progress = tmp_path / "own.json", tmp_path / "page.md", StringIO(), StringIO()
    own_database = connection.settings_dict["NAME"]
    with override_settings(CAIRNLOOP=settings()):
        call_command(
            "cairnloop_evaluate", "answerability", "--set", str(labelled), "--json",
            "--store", str(store), "--write", str(page), stdout=out, stderr=progress,
        )  # fmt: skip
    (report,) = json.loads(out.getvalue())
    assert (report["answerable"], report["unanswerable"]) == (24, 24)
    assert report["stored_area"] > 0.9
    assert report["stored_answered"] >= 0.9 > 0.3 > report["stored_false_answers"]
    assert "48 of 48 questions in" in progress.getvalue()
    curve = report["false_answers"]
    assert [curve["100%"], curve["5%"]] == [max(curve.values()), min(curve.values())]
    assert "| small | 24 | 24 |" in page.read_text()
    assert f"| 60% | {curve['60%']:.3f} |" in page.read_text()
    assert "![False answers by the share of answerable questions that are answered](page.svg)" in page.read_text()
    (line,) = ElementTree.parse(page.with_suffix(".svg")).getroot().iter("{http://www.w3.org/2000/svg}polyline")
    assert len(line.get("points", "").split()) == len(curve) == 20
    with override_settings(CAIRNLOOP=settings(CALIBRATION_FILE=str(store))):
        assert find_calibration("concepts") == read_calibrations(store)["concepts"]
    assert connection.settings_dict["NAME"] == own_database


def test_a_file_that_holds_something_else_is_refused_before_anything_is_measured(
    labelled: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    with pytest.raises(CommandError, match="not JSON"):
        call_command("cairnloop_evaluate", "answerability", "--set", str(labelled), "--store", str(notes))
    assert notes.read_text() == "mine"
