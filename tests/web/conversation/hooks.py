"""Host hooks for these tests."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import connection
from django.utils.safestring import mark_safe

from cairnloop.core.actors import Actor
from cairnloop.hooks.context_provider import CustomerContext
from cairnloop.hooks.operator_access import StaffAccess


class NorthbeamOnly(StaffAccess):
    """Operators who serve one account."""

    def visible(self, *, user: Any, queryset: Any) -> Any:
        return super().visible(user=user, queryset=queryset).filter(account_ref="northbeam")


class Nobody(StaffAccess):
    """Everyone may look and is allowed everything, but nobody is known as an operator."""

    def operator(self, *, user: Any) -> Actor | None:
        return None


class RepliesOnly(StaffAccess):
    """Operators who may reply and do nothing else."""

    def can(self, *, user: Any, verb: str, conversation: Any) -> bool:
        return verb == "reply"


class Facts:
    def customer_context(self, *, customer_ref: str) -> CustomerContext:
        return CustomerContext(
            name="Lin Zhao",
            email="lin.zhao@northbeam.example",
            sections={
                "Trailmark account": {
                    "plan": "Team, monthly",
                    "active": True,
                    "trial_ends": None,
                    "last_charge_on": datetime.date(2026, 3, 10),
                    "repositories": ["main", "nav-core"],
                    "seats": {"paid": 14, "used": {"people": 14, "bots": 2}},
                    "api_key": "sk_live_never_shown",
                    "raw": object(),
                    "note": mark_safe("<script>alert(1)</script>"),
                }
            },
        )


class Silence:
    def customer_context(self, *, customer_ref: str) -> CustomerContext:
        return CustomerContext()


class Failure:
    def customer_context(self, *, customer_ref: str) -> CustomerContext:
        raise RuntimeError("the shop's password is hunter2")


class BrokenQuery:
    def customer_context(self, *, customer_ref: str) -> CustomerContext:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")
        return CustomerContext()


class WrongAnswer:
    def customer_context(self, *, customer_ref: str) -> Any:
        return {"plan": "Team"}


class Unreachable:
    """A provider no test may call."""

    def customer_context(self, *, customer_ref: str) -> CustomerContext:
        raise SystemExit("the page must not wait for the host")
