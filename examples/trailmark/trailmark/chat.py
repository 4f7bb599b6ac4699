"""Support from the customer's side: a page with the widget, and the tokens that prove to it who they are."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

import cairnloop
from trailmark.models import Member
from trailmark.pages import customer_required
from trailmark.personas import customer_of


@customer_required
def page(request: HttpRequest, customer: Member) -> HttpResponse:
    """The help page, with the conversation open."""
    return render(request, "trailmark/chat.html")


@require_GET
@never_cache
def token(request: HttpRequest) -> HttpResponse:
    """A fresh token for whoever is signed in; the widget asks again when the last one ends."""
    customer = customer_of(request)
    if customer is None:
        return JsonResponse({"error": "Sign in first."}, status=403)
    return JsonResponse({"token": widget_token(customer)})


def widget_token(customer: Member) -> str:
    """Prove to Cairnloop who this is, for an hour."""
    return cairnloop.sign_widget_token(
        customer_ref=customer.support_ref,
        name=customer.get_full_name(),
        account_ref=customer.company.slug,
        account_name=customer.company.name,
    )
