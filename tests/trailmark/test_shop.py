"""The rules of the replayed shop against what was recorded: no database, no governance."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from retail import shop
from retail.replay.recording import Action, Recording, UnusableRecording, read_recording
from retail.replay.states import are_same, differences, digest
from retail.shop import Document, Refused
from tests.trailmark.conftest import DATA

SAMPLE = DATA / "tools"
FOLDER = Path(os.environ.get("CAIRNLOOP_TOOL_TASKS", SAMPLE))
Shop = dict[str, dict[str, Document]]
Rule = Callable[[dict[str, Document], Document, Document, dict[str, Any]], None]

RULES: dict[str, Rule] = {
    "cancel_pending_order": lambda _, order, customer, given: shop.cancel(order, customer, **given),
    "modify_pending_order_address": lambda _, order, customer, given: shop.send_elsewhere(order, given),
    "modify_pending_order_payment": lambda _, order, customer, given: shop.pay_differently(order, customer, **given),
    "modify_pending_order_items": lambda products, order, customer, given: shop.change_items(
        order, customer, products, **given
    ),
    "exchange_delivered_order_items": lambda products, order, customer, given: shop.exchange(
        order, customer, products, **given
    ),
    "return_delivered_order_items": lambda _, order, customer, given: shop.take_back(order, customer, **given),
    "modify_user_address": lambda _, order, customer, given: customer["address"].update(given),
}


def do(action: Action, everything: Shop) -> Shop:
    """Return the shop after an action; the one handed in stays as it is."""
    everything = {kind: dict(documents) for kind, documents in everything.items()}
    given = dict(action.arguments)
    order = copy.deepcopy(everything["orders"].get(given.pop("order_id", ""), {}))
    user_id = given.pop("user_id", order.get("user_id"))
    customer = copy.deepcopy(everything["users"][user_id])
    RULES[action.tool](everything["products"], order, customer, given)
    everything["users"][user_id] = customer
    if order:
        everything["orders"][order["order_id"]] = order
    return everything


def mutable(recording: Recording) -> Shop:
    return {kind: dict(documents) for kind, documents in recording.shop.items()}


@pytest.fixture(scope="module")
def recording() -> Recording:
    return read_recording(FOLDER)


class TestRules:
    def test_change_what_was_recorded_and_nothing_else(self, recording: Recording) -> None:
        flaws = []
        for task in recording.tasks:
            now = mutable(recording)
            for action in task.actions:
                if not action.writes:
                    continue
                for ending in (action.first, action.again):
                    assert ending is not None
                    before, error = now, ""
                    try:
                        now = do(action, before)
                    except Refused as refusal:
                        error = str(refusal)
                    if error != ending.error or not are_same(differences(before, now), ending.changes):
                        flaws.append((task.id, action.tool, error))
            if digest(now) != task.final_digest:
                flaws.append((task.id, "another end", ""))
        assert flaws == []

    def test_let_an_order_be_paid_differently(self) -> None:
        everything = mutable(read_recording(SAMPLE))
        order, customer = everything["orders"]["#W101"], everything["users"]["wren_hale_11"]
        order["status"] = "pending"
        customer["payment_methods"]["gift_card_500"]["balance"] = 80.0
        shop.pay_differently(order, customer, payment_method_id="gift_card_500")
        assert customer["payment_methods"]["gift_card_500"]["balance"] == 0
        assert [(each["transaction_type"], each["payment_method_id"]) for each in order["payment_history"]] == [
            ("payment", "credit_card_501"),
            ("payment", "gift_card_500"),
            ("refund", "credit_card_501"),
        ]
        with pytest.raises(Refused, match="exactly one payment"):
            shop.pay_differently(order, customer, payment_method_id="credit_card_501")

    @pytest.mark.parametrize(
        ("tool", "order_id", "arguments", "error"),
        [
            ("cancel_pending_order", "#W100", {"reason": "weather"}, "Invalid reason"),
            ("cancel_pending_order", "#W101", {"reason": "no longer needed"}, "Non-pending order cannot be cancelled"),
            ("modify_pending_order_address", "#W101", {"zip": "1"}, "Non-pending order cannot be modified"),
            ("modify_pending_order_payment", "#W100", {"payment_method_id": "x"}, "Payment method not found"),
            (
                "modify_pending_order_payment",
                "#W100",
                {"payment_method_id": "gift_card_500"},
                "should be different from the current one",
            ),
            (
                "modify_pending_order_items",
                "#W100",
                {"item_ids": ["10"] * 3, "new_item_ids": ["11"] * 3},
                "Some item not found",
            ),
            ("modify_pending_order_items", "#W100", {"item_ids": ["10"], "new_item_ids": ["11", "11"]}, "should match"),
            ("modify_pending_order_items", "#W100", {"item_ids": ["10"], "new_item_ids": ["21"]}, "Variant not found"),
            (
                "modify_pending_order_items",
                "#W100",
                {"item_ids": ["10"], "new_item_ids": ["12"]},
                "New item 12 not found or available",
            ),
            (
                "modify_pending_order_items",
                "#W100",
                {"item_ids": ["20"], "new_item_ids": ["21"]},
                "Insufficient gift card balance",
            ),
            (
                "return_delivered_order_items",
                "#W102",
                {"item_ids": ["11"], "payment_method_id": "credit_card_501"},
                "Payment method not found",
            ),
            (
                "return_delivered_order_items",
                "#W101",
                {"item_ids": ["11"], "payment_method_id": "credit_card_501"},
                "Some item not found",
            ),
        ],
    )
    def test_refuse(self, tool: str, order_id: str, arguments: Mapping[str, Any], error: str) -> None:
        if tool == "modify_pending_order_items":
            arguments = {"payment_method_id": "gift_card_500", **arguments}
        action = Action(
            tool,
            {"order_id": order_id, **arguments},
            True,
            read_recording(SAMPLE).tasks[0].actions[0].first,
            None,
            None,
        )
        with pytest.raises(Refused, match=error):
            do(action, mutable(read_recording(SAMPLE)))


class TestReadRecording:
    def test_finds_the_customer_of_a_task(self) -> None:
        recording = read_recording(SAMPLE)
        assert [recording.customer_of(task) for task in recording.tasks] == [
            "wren_hale_11",
            "wren_hale_11",
            "odd_berg_12",
        ]

    @pytest.mark.parametrize(
        ("file", "text", "message"),
        [
            ("users.jsonl", None, "users.jsonl cannot be read"),
            ("orders.jsonl", "{", "orders.jsonl, line 1: this is no JSON"),
            ("products.jsonl", "{}\n", "every line needs product_id"),
            ("tasks.jsonl", "", "tasks.jsonl holds no task"),
            ("tasks.jsonl", '{"task_id": 1}\n', "a task has an id, actions"),
        ],
    )
    def test_says_what_cannot_be_read(self, tmp_path: Path, file: str, text: str | None, message: str) -> None:
        for path in SAMPLE.iterdir():
            (tmp_path / path.name).write_text(path.read_text())
        if text is None:
            (tmp_path / file).unlink()
        else:
            (tmp_path / file).write_text(text)
        with pytest.raises(UnusableRecording, match=message):
            read_recording(tmp_path)
