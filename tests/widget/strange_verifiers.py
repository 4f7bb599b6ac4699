"""Verifiers as hosts may get them wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from cairnloop.hooks.widget_verifier import Visitor


class Raises:
    def verify(self, *, token: str, origin: str) -> Visitor | None:
        raise LookupError(f"no session for {token}")


class KnowsNobody:
    def verify(self, *, token: str, origin: str) -> Visitor | None:
        return None


class ReturnsSomethingElse:
    def verify(self, *, token: str, origin: str) -> Any:
        return {"customer_ref": "cust-lin"}


class ReturnsAnExpiredProof:
    def verify(self, *, token: str, origin: str) -> Visitor | None:
        return Visitor(customer_ref="cust-lin", expires_at=timezone.now() - timedelta(seconds=1))


class ForgetsTheTimeZone:
    def verify(self, *, token: str, origin: str) -> Visitor | None:
        return Visitor(customer_ref="cust-lin", expires_at=datetime(2100, 1, 1))


class ReturnsAnEndlessReference:
    def verify(self, *, token: str, origin: str) -> Visitor | None:
        return Visitor(customer_ref="x" * 201)


class ReturnsAReferenceNobodyCanSee:
    def verify(self, *, token: str, origin: str) -> Visitor | None:
        return Visitor(customer_ref="\u200b")


class ReturnsWhatCannotBeStored:
    def verify(self, *, token: str, origin: str) -> Visitor | None:
        return Visitor(customer_ref="cust-lin", name="Lin\x00")


class ReturnsAnEndlessName:
    def verify(self, *, token: str, origin: str) -> Visitor | None:
        return Visitor(customer_ref="cust-lin", name="L" * 5_000, account_name="N" * 5_000)


class AsksForTheOrigin:
    def verify(self, *, token: str, origin: str) -> Visitor | None:
        return Visitor(customer_ref="cust-lin", name=origin)
