"""The list of articles, found and ordered by its URL."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from cairnloop.web.access import OperatorRequest, refuse_knowledge
from cairnloop.web.guarding import operator_required
from cairnloop.web.knowledge_base.asked import read_asked
from cairnloop.web.knowledge_base.rows import rows_of, tools_of
from cairnloop.web.responses import page_or_partial, wants_partial


@operator_required
@require_GET
def index(request: OperatorRequest) -> HttpResponse:
    """Show one page of the list; htmx gets its rows alone."""
    refuse_knowledge(request, to="view")
    asked = read_asked(request.GET)
    context = {"asked": asked, "list": rows_of(asked)}
    if not wants_partial(request):
        may_write = request.actor is not None and request.access.can_with_knowledge("write")
        context |= {"may_write": may_write, **tools_of(asked)}
    page, rows = "cairnloop/knowledge_base/index.html", "cairnloop/knowledge_base/_rows.html"
    return page_or_partial(request, page, context, partial=rows)
