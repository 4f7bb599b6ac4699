"""Trailmark's payment service, asked over HTTP: one client for refunds and for what became of them."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from django.conf import settings

import cairnloop

if TYPE_CHECKING:
    from trailmark.models import Charge


class Refused(cairnloop.ToolFailure):
    """The payment service said no, or was not reached at all: no money has moved."""


class NoAnswer(Exception):
    """The payment service was asked, and did not say what it did: nobody knows whether money has moved."""


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back."""

    id: str
    charge: str
    amount_cents: int
    run_key: str
    """Of whoever asked for it."""


def refund(charge: Charge, *, run_key: str) -> Refund:
    """Give a charge back. With the same `run_key` it happens once, however often it is asked for.

    Raises Refused if it did not happen, and NoAnswer where that cannot be told.
    """
    if not charge.is_paid:
        raise Refused(f"The charge is {charge.get_state_display().lower()}, not paid.")
    form = {"charge": charge.reference, "amount": str(charge.amount_cents), "metadata[run_key]": run_key}
    body = urllib.parse.urlencode(form).encode()
    return _refund(_ask("/v1/refunds", body=body, headers={"Idempotency-Key": run_key}))


def refunds_of(charge: str) -> list[Refund]:
    """Return what was given back of a charge. Raises NoAnswer, also where the question was refused."""
    try:
        answer = _ask(f"/v1/refunds?{urllib.parse.urlencode({'charge': charge})}")
    except Refused as refused:
        raise NoAnswer from refused
    return [_refund(each) for each in answer["data"]]


def _ask(path: str, *, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
    request = urllib.request.Request(f"{settings.TRAILMARK_PAYMENTS_URL}{path}", data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=settings.TRAILMARK_PAYMENTS_SECONDS) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            raise _said_no(error) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionRefusedError):
            raise Refused("The payment service cannot be reached, so it was not asked.", may_retry=True) from error
        raise NoAnswer from error
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer from error


def _said_no(error: urllib.error.HTTPError) -> Refused | NoAnswer:
    # In conflict with itself, or broken: it may have done it all the same.
    if error.code == 409 or error.code >= 500:
        return NoAnswer()
    try:
        said = str(json.load(error)["error"]["message"])
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        said = f"It answered with {error.code}."
    return Refused(f"The payment service refused. {said}", may_retry=error.code == 429)


def _refund(answer: Any) -> Refund:
    try:
        return Refund(answer["id"], answer["charge"], answer["amount"], answer["metadata"].get("run_key", ""))
    except (KeyError, TypeError, AttributeError) as error:
        raise NoAnswer from error
