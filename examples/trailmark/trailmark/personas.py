"""Who you are at Trailmark. In the demo you may become any of the invented people, without a password.

A visitor of the demo is two people at once: a customer on Trailmark's pages, remembered in a signed cookie,
and an operator in the dashboard, signed in with Django's session. So one browser can show both ends.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from trailmark.models import Member
from trailmark.seeding.cast import PERSONAS

COOKIE = "trailmark_customer"


def customer_of(request: HttpRequest) -> Member | None:
    """Return whose pages these are: the signed-in customer, or in the demo whoever you chose to be."""
    user = request.user
    if isinstance(user, Member) and user.is_customer:
        return user
    if not settings.TRAILMARK_DEMO:
        return None
    chosen = request.get_signed_cookie(COOKIE, default=PERSONAS[0])
    return Member.objects.select_related("workspace").filter(username=chosen).exclude(workspace=None).first()


@require_POST
def become(request: HttpRequest) -> HttpResponse:
    """Become one of the personas, and go on where the form says."""
    who = request.POST.get("who", "")
    if not settings.TRAILMARK_DEMO or who not in PERSONAS:
        raise Http404
    member = get_object_or_404(Member, username=who)
    response = HttpResponseRedirect(_next(request, member))
    if member.is_customer:
        response.set_signed_cookie(COOKIE, who, httponly=True, samesite="Lax")
    else:
        login(request, member)
    return response


def _next(request: HttpRequest, member: Member) -> str:
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return wanted
    return reverse("chat" if member.is_customer else "tour")


def on_every_page(request: HttpRequest) -> dict[str, Any]:
    """Context processor: who you are and who you could be, on Trailmark's own pages only."""
    page = request.resolver_match
    if page is None or page.namespace:
        return {}
    return {"customer": customer_of(request), "is_demo": settings.TRAILMARK_DEMO, "personas": _personas()}


def _personas() -> list[Member]:
    if not settings.TRAILMARK_DEMO:
        return []
    found = {
        member.username: member for member in Member.objects.select_related("workspace").filter(username__in=PERSONAS)
    }
    return [found[name] for name in PERSONAS if name in found]
