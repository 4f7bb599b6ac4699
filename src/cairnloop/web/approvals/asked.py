"""What the URL of the approvals asks for. Unknown values are ignored: a link from yesterday must not fail."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from cairnloop.governance.approval_queries import (
    EXPIRY,
    LONGEST_UNKNOWN,
    NEWEST_ASKED,
    NEWEST_FIRST,
    RISK,
    deferred_approvals,
    past_approvals,
    unknown_executions,
    waiting_approvals,
)
from cairnloop.governance.queries import Standing
from cairnloop.web.access import OperatorRequest

VIEWS = ("deferred", "unknown", "past")
"""Besides what waits, which is shown without being asked for."""
CURSOR = re.compile(r"[A-Za-z0-9_-]{1,300}")
ORDERINGS = {"deferred": NEWEST_ASKED, "unknown": LONGEST_UNKNOWN, "past": NEWEST_FIRST}
SHOWN = {Standing.PENDING: "", Standing.DEFERRED: "deferred", Standing.UNKNOWN: "unknown"}
"""The view of a standing; any other is past."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One list, its order and position, as its URL names them; an empty value is not in the URL.

    `cursor` is where the list begins, and `upto` the last row that was loaded.
    """

    view: str = ""
    sort: str = ""
    cursor: str = ""
    upto: str = ""

    @property
    def ordering(self) -> tuple[str, ...]:
        """The order of its rows: only what waits can be ordered otherwise."""
        return ORDERINGS.get(self.view) or (RISK if self.sort == "risk" else EXPIRY)

    def url(self, name: str = "approvals", **changes: str) -> str:
        """Return the URL that asks for the same with some changes; a change begins at the first page again."""
        query = urlencode({key: value for key, value in {**self.parameters(), **changes}.items() if value})
        path = reverse(f"cairnloop:{name}")
        return f"{path}?{query}" if query else path

    @property
    def query(self) -> str:
        """The same list as a query string: empty, or with its question mark."""
        return self.url().removeprefix(reverse("cairnloop:approvals"))

    def parameters(self) -> dict[str, str]:
        """Return the list and its order, for links."""
        return {"view": self.view, "sort": self.sort}

    def holds(self, standing: Standing) -> bool:
        """True where an action that stands so is in this list."""
        return SHOWN.get(standing, "past") == self.view


def read_asked(query: QueryDict) -> Asked:
    """Return what the query string asks for, without whatever it does not know."""
    view = _one_of(query, "view", VIEWS)
    return Asked(
        view=view,
        sort="" if view else _one_of(query, "sort", ("risk",)),
        cursor=_cursor(query, "cursor"),
        upto=_cursor(query, "upto"),
    )


def list_of(request: OperatorRequest, asked: Asked) -> QuerySet[Any]:
    """Return what is in a list, in no order: approvals, or executions. Each has its `proposal`."""
    conversations = request.access.visible()
    match asked.view:
        case "deferred":
            return deferred_approvals(conversations)
        case "unknown":
            return unknown_executions(conversations)
        case "past":
            return past_approvals(conversations)
    return waiting_approvals(conversations, at=timezone.now())


def _cursor(query: QueryDict, name: str) -> str:
    value = query.get(name, "")
    return value if CURSOR.fullmatch(value) else ""


def _one_of(query: QueryDict, name: str, known: Container[str]) -> str:
    value = query.get(name, "")
    return value if value in known else ""
