"""Statements that would end a transaction which somebody else began: refused while code of the host is tried out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

MAY_CONTROL = re.compile(r"\b(?:begin|start|commit|end|rollback|abort|prepare|set)\b", re.IGNORECASE)
UNREAD = re.compile(
    r"""\be'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | \$(\w*)\$.*?\$\1\$ | --[^\n]* | /\*.*?\*/""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
"""Literals, names in quotes and comments: nothing in them is a statement."""
CONTROLS = re.compile(
    r"""\s*(?:begin|start\s+transaction|commit|end|abort|prepare\s+transaction
    |rollback(?!\s+(?:(?:work|transaction)\s+)?to\b)
    |set\s+(?:local\s+|session\s+characteristics\s+as\s+)?transaction)\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""What begins a statement that ends, begins or changes the whole transaction. Savepoints stay allowed."""


class EndsTransaction(Exception):
    """A statement would end or change the transaction around it. It was not sent."""


@contextmanager
def transaction_kept() -> Iterator[None]:
    """Refuse statements of transaction control inside the block. Raises EndsTransaction where one is tried."""
    with connection.execute_wrapper(_refuse_control):
        yield


def controls_transaction(sql: str) -> bool:
    """Return whether a text of SQL holds a statement of transaction control, at its beginning or behind a semicolon."""
    if not MAY_CONTROL.search(sql):
        return False
    return any(map(CONTROLS.match, UNREAD.sub(" ", sql).split(";")))


def _refuse_control(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    text = sql if isinstance(sql, str) else sql.as_string(context["connection"].connection)
    if controls_transaction(text):
        raise EndsTransaction
    return execute(sql, params, many, context)
