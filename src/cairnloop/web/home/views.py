"""Home: the next conversation first."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from cairnloop.core.live import INBOX
from cairnloop.web.access import OperatorRequest
from cairnloop.web.guarding import operator_required
from cairnloop.web.home.presenter import home_of, today_label
from cairnloop.web.navigation import watch
from cairnloop.web.responses import page_or_partial, wants_partial


@operator_required
@require_GET
def index(request: OperatorRequest) -> HttpResponse:
    """Show who to answer next; htmx gets the same again whenever the inbox changed."""
    if not wants_partial(request):
        watch(request, INBOX)
    context = {"home": home_of(request), "today": today_label()}
    return page_or_partial(request, "cairnloop/home/index.html", context, partial="cairnloop/home/_home.html")
