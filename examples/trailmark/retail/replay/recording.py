"""What was recorded: the shop as it was, and what was done in each task, with every change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retail.shop import Document

FILES = {"products": "product_id", "users": "user_id", "orders": "order_id"}
"""What a shop consists of, and by what each is known."""
LEFT_OUT = (
    "cancel_reason",
    "exchange_items",
    "exchange_new_items",
    "exchange_payment_method_id",
    "exchange_price_difference",
    "return_items",
    "return_payment_method_id",
)
"""Fields of an order that are null until something has happened, and not in the files."""

State = Mapping[str, Mapping[str, Document]]
Change = dict[str, Any]
"""`path`, `before` and `after`."""


class UnusableRecording(Exception):
    """The recording cannot be read; the message says where."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How an action ended."""

    ok: bool
    error: str
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Action:
    """One call of a tool."""

    tool: str
    arguments: Mapping[str, Any]
    writes: bool
    first: Ending
    again: Ending | None
    """How it ended when it was done a second time; only writes were."""
    result: Any
    """What a tool answered, where that was recorded."""


@dataclass(frozen=True, slots=True)
class Task:
    """One customer's wish, and what was done about it."""

    id: str
    actions: tuple[Action, ...]
    final_digest: str
    """Of the whole shop afterwards, if it was as recorded before."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A shop and what happened in it; each task begins with the shop as it is here."""

    shop: State
    tasks: tuple[Task, ...]

    def customer_of(self, task: Task) -> str:
        """Return the customer a task is about, as its actions show; empty where they touch nobody."""
        for action in task.actions:
            if user_id := action.arguments.get("user_id"):
                return str(user_id)
            if order := self.shop["orders"].get(action.arguments.get("order_id", "")):
                return str(order["user_id"])
            if action.tool.startswith("find_user_id") and action.first.ok:
                return str(action.result)
        return ""


def read_recording(folder: Path, *, limit: int | None = None) -> Recording:
    """Return what the four .jsonl files of a folder hold, at most `limit` tasks. Raises UnusableRecording."""
    shop = {kind: _documents(folder / f"{kind}.jsonl", key) for kind, key in FILES.items()}
    for order in shop["orders"].values():
        for field in LEFT_OUT:
            order.setdefault(field, None)
    path = folder / "tasks.jsonl"
    try:
        tasks = tuple(_task(record) for record in _records(path))
    except (KeyError, TypeError, AttributeError) as error:
        raise UnusableRecording(f"{path}: a task has an id, actions and the digest of how it ends.") from error
    if not tasks:
        raise UnusableRecording(f"{path} holds no task.")
    return Recording(shop, tasks[:limit])


def _records(path: Path) -> Iterator[Any]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableRecording(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        try:
            if line:
                yield json.loads(line)
        except ValueError as error:
            raise UnusableRecording(f"{path}, line {number}: this is no JSON.") from error


def _documents(path: Path, key: str) -> dict[str, Document]:
    try:
        return {record[key]: record for record in _records(path)}
    except (KeyError, TypeError) as error:
        raise UnusableRecording(f"{path}: every line needs {key}.") from error


def _task(record: Any) -> Task:
    return Task(
        str(record["task_id"]),
        tuple(_action(action) for action in record["actions"]),
        str(record["final_state_sha256"]),
    )


def _action(record: Any) -> Action:
    writes = record["type"] == "write"
    return Action(
        tool=str(record["tool"]),
        arguments=dict(record["args"]),
        writes=writes,
        first=_ending(record),
        again=_ending(record["if_executed_twice"]) if writes else None,
        result=record.get("result"),
    )


def _ending(record: Any) -> Ending:
    return Ending(bool(record["ok"]), str(record.get("error", "")), tuple(record.get("changes", ())))
