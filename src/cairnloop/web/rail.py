"""The rail's own fragment: how many conversations wait."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from cairnloop.web.access import OperatorRequest
from cairnloop.web.guarding import operator_required
from cairnloop.web.navigation import inbox_badge
from cairnloop.web.responses import partial_response


@operator_required
@require_GET
def badge(request: OperatorRequest) -> HttpResponse:
    """Count again; every page's rail asks when the inbox changed."""
    return partial_response(request, "cairnloop/components/_rail_badge.html", {"badge": inbox_badge(request)})
