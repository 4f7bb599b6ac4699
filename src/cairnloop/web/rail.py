"""The rail's own fragments: how many conversations wait, and how many actions."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from cairnloop.web.access import OperatorRequest, refuse_approvals
from cairnloop.web.guarding import operator_required
from cairnloop.web.navigation import approvals_badge, inbox_badge
from cairnloop.web.responses import partial_response


@operator_required
@require_GET
def badge(request: OperatorRequest) -> HttpResponse:
    """Count again; every page's rail asks when the inbox changed."""
    return partial_response(request, "cairnloop/components/_rail_badge.html", {"badge": inbox_badge(request)})


@operator_required
@require_GET
def approvals(request: OperatorRequest) -> HttpResponse:
    """Count again what waits for approval; the rails of those who may decide ask when an action changed."""
    refuse_approvals(request)
    return partial_response(request, "cairnloop/components/_rail_badge.html", {"badge": approvals_badge(request)})
