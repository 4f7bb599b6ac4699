"""Trailmark's own product: runs, API keys and billing of the customer's workspace."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from trailmark.models import AlreadyShown, Member
from trailmark.personas import customer_of

RUNS_SHOWN = 12


def customer_required(
    view: Callable[Concatenate[HttpRequest, Member, ...], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Hand the customer to the view; send everyone else to the front door."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        customer = customer_of(request)
        if customer is None:
            return redirect("tour")
        return view(request, customer, *args, **kwargs)

    return guarded


@customer_required
def runs(request: HttpRequest, customer: Member) -> HttpResponse:
    """The latest runs, and what happened around them."""
    workspace = customer.company
    shown = workspace.runs.all()[:RUNS_SHOWN]
    return render(request, "trailmark/runs.html", {"runs": shown, "activities": workspace.activities.all()[:5]})


@customer_required
def api_keys(request: HttpRequest, customer: Member) -> HttpResponse:
    """Keys, oldest last."""
    return _api_keys(request, customer)


@require_POST
@customer_required
def api_key_secret(request: HttpRequest, customer: Member, key: int) -> HttpResponse:
    """Show a new key to whoever owns it, once."""
    try:
        secret = get_object_or_404(customer.company.api_keys, pk=key).reveal()
    except AlreadyShown:
        return redirect("api-keys")
    return _api_keys(request, customer, secret=secret)


def _api_keys(request: HttpRequest, customer: Member, *, secret: str = "") -> HttpResponse:
    keys = customer.company.api_keys.order_by("-created_at")
    response = render(request, "trailmark/api_keys.html", {"keys": keys, "secret": secret})
    response["Cache-Control"] = "no-store"
    return response


@customer_required
def billing(request: HttpRequest, customer: Member) -> HttpResponse:
    """Plan, seats and charges."""
    workspace = customer.company
    seats = workspace.taken_seats.filter(deactivated_at=None)
    return render(request, "trailmark/billing.html", {"charges": workspace.charges.all(), "seats_taken": seats.count()})
