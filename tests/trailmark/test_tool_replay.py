"""The replay of tool tasks: does it see what is not as recorded, and is the sample as recorded?"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.trailmark.conftest import DATA, Database

FOLDER = Path(os.environ.get("CAIRNLOOP_TOOL_TASKS", DATA / "tools"))
SCRIPT = Path(__file__).with_name("try_the_replay.py")


@pytest.fixture(scope="module")
def desks(database: Database) -> dict[str, Any]:
    tried = database.manage("shell", "--no-imports", "-c", SCRIPT.read_text())
    assert tried.returncode == 0, tried.stderr
    desks: dict[str, Any] = json.loads(tried.stdout.splitlines()[-1])
    return desks


class TestReplay:
    def test_is_as_recorded_at_an_honest_desk(self, desks: dict[str, Any]) -> None:
        assert desks["Honest"] == {
            "as recorded": True,
            "ended alike": 3,
            "held": 7,
            "refused": 3,
            "done": 14,
            "flaws": [],
        }

    @pytest.mark.parametrize(
        ("desk", "flaw"),
        [
            ("Hasty", "something changed before anybody approved"),
            ("Forgetful", "the same action was proposed twice"),
            ("Careless", "values changed, or others than"),
            ("Idle", "0 values changed, or others than the 4 recorded"),
            ("Mute", "it could not be approved"),
        ],
    )
    def test_sees_what_is_not_as_recorded(self, desks: dict[str, Any], desk: str, flaw: str) -> None:
        assert any(flaw in each for each in desks[desk]["flaws"])
        assert not desks[desk]["as recorded"]


class TestCommand:
    def test_does_everything_as_recorded_through_the_public_verbs(self, database: Database) -> None:
        done = database.manage("replay_tool_tasks", str(FOLDER), patience=1800)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Everything happened as recorded, once, and after it was approved." in done.stdout
