"""What the example's tools do to its models, each by itself."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from payment_service import PaymentService
from tests.trailmark.conftest import Database

SCRIPT = Path(__file__).with_name("try_the_tools.py")
BY_VERBS = Path(__file__).with_name("try_the_verbs.py")


@pytest.fixture(scope="module")
def found(database: Database, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with PaymentService(tmp_path_factory.mktemp("payments") / "refunds.sqlite3") as service:
        thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            tried = database.manage(
                "shell", "--no-imports", "-c", SCRIPT.read_text(), TRAILMARK_PAYMENTS_URL=service.url
            )
        finally:
            service.shutdown()
            thread.join()
        assert tried.returncode == 0, tried.stderr
        found: dict[str, Any] = json.loads(tried.stdout.splitlines()[-1])
        return {**found, "refunds made": len(service.ledger.refunds())}


class TestGrantSeats:
    def test_raises_the_number(self, found: dict[str, Any]) -> None:
        assert found["seats"] == [
            {
                "preview": "Northbeam Robotics may seat 16 people instead of 14.",
                "run": "Northbeam Robotics may seat 16 people.",
            },
            16,
        ]
        assert found["seats of nobody"] == {"allowed": "False"}


class TestExtendTrial:
    def test_moves_the_day_of_those_on_trial(self, found: dict[str, Any]) -> None:
        assert found["trial"] == 14
        assert "ToolDenied: Northbeam Robotics is not on trial" in found["trial of who pays"]["allowed"]


class TestRotateApiKey:
    def test_ends_one_and_makes_another(self, found: dict[str, Any]) -> None:
        assert found["keys offered"] == 3
        assert found["key"] == [True, True, ""]
        assert found["key again"] == "ToolFailure: The key has been revoked already."
        assert found["key of another"] == {"allowed": "False"}

    def test_shows_the_secret_to_its_owner_once_and_to_nobody_else(self, found: dict[str, Any]) -> None:
        assert found["new key, seen by another"] == 404
        assert found["new key, seen"]
        assert found["new key, seen again"] == 302
        assert not found["new key, told to support"]
        assert not found["new key, on the page"]


class TestRefundCharge:
    def test_gives_a_charge_back_once(self, found: dict[str, Any]) -> None:
        assert found["charges offered"] == "$348.00,"
        assert found["refund"] == {
            "preview": "$348.00 go back to the card, and show up there within 5 to 10 business days.",
            "run": "$348.00 are on their way back.",
        }
        assert found["refund again"] == "Refused: The charge is refunded, not paid."
        assert found["refunds made"] == 1
        assert found["refund is another matter now"]
        assert found["charge of another"] == {"allowed": "False"}

    def test_finds_out_what_became_of_a_run(self, found: dict[str, Any]) -> None:
        nothing = "ToolFailure: The payment service knows of no such refund."
        assert found["not refunded yet"] == found["refund of another run"] == nothing
        assert found["refund seen"] == "$348.00 are on their way back."


@pytest.fixture(scope="module")
def approved(database: Database) -> dict[str, Any]:
    tried = database.manage("shell", "--no-imports", "-c", BY_VERBS.read_text())
    assert tried.returncode == 0, tried.stderr
    approved: dict[str, Any] = json.loads(tried.stdout.splitlines()[-1])
    return approved


class TestApproved:
    """What an operator proposed and the lead approved."""

    def test_does_what_was_shown(self, approved: dict[str, Any]) -> None:
        new_key = ["created_at", "label", "prefix", "secret_digest", "workspace"]
        assert approved["effects"] == {
            "seats": [[["update", "trailmark.Workspace", ["seats"]]], "succeeded"],
            "trial": [[["update", "trailmark.Workspace", ["trial_ends_at"]]], "succeeded"],
            "key": [
                [["update", "trailmark.ApiKey", ["revoked_at"]], ["insert", "trailmark.ApiKey", new_key]],
                "succeeded",
            ],
        }

    def test_refund_without_an_answer_is_unknown_until_it_was_looked_up(self, approved: dict[str, Any]) -> None:
        # Refunds before the approved run; status after the run, after another try to run it, and once the service was
        # asked; refunds made; the charge.
        assert approved["refunds"] == {
            "fine": [0, "succeeded", "succeeded", "succeeded", 1, "refunded"],
            "error before": [0, "unknown", "unknown", "failed", 0, "paid"],
            "error after": [0, "unknown", "unknown", "succeeded", 1, "refunded"],
            "hangs up before": [0, "unknown", "unknown", "failed", 0, "paid"],
            "hangs up after": [0, "unknown", "unknown", "succeeded", 1, "refunded"],
            "slow": [0, "unknown", "unknown", "succeeded", 1, "refunded"],
        }


class TestLookUpRuns:
    def test_counts_how_they_ended(self, found: dict[str, Any]) -> None:
        assert found["runs"] == "The latest 50 runs"
        assert found["runs of another"] == {"allowed": "False"}
