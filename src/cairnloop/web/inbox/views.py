"""The inbox: what waits, found and ordered by its URL."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cairnloop.core.live import INBOX
from cairnloop.web.access import OperatorRequest, get_visible_conversation
from cairnloop.web.guarding import operator_required
from cairnloop.web.inbox.forms import Asked, read_asked, read_ids
from cairnloop.web.inbox.place import Place
from cairnloop.web.inbox.presenter import (
    PAGE_SIZE,
    Rows,
    View,
    count_new,
    present_rows,
    rows_of,
    tools_of,
    views_of,
)
from cairnloop.web.inbox.previewing import preview_of
from cairnloop.web.navigation import watch
from cairnloop.web.responses import page_or_partial, partial_response, wants_partial

RENEWED_LIMIT = 100


@operator_required
@require_GET
def index(request: OperatorRequest) -> HttpResponse:
    """Show one page of the inbox; htmx gets its rows, and the views with fresh counts beside them."""
    asked = read_asked(request.GET)
    if not wants_partial(request):
        watch(request, INBOX)
    rows = rows_of(request, asked)
    context: dict[str, Any] = {"asked": asked, "list": rows, "views": views_of(request, asked)}
    if not wants_partial(request):
        context |= _around(request, asked, rows, context["views"])
    return page_or_partial(request, "cairnloop/inbox/index.html", context, partial="cairnloop/inbox/_rows.html")


@operator_required
@require_GET
def changes(request: OperatorRequest) -> HttpResponse:
    """Renew rows in place, and say how many new ones a page does not show: nothing moves under the pointer.

    `shown` names the rows of the page, `changed` those to renew (all of them when absent), and `upto` how far the
    page has loaded its list.
    """
    asked, shown = read_asked(request.GET), read_ids(request.GET, "shown")
    renewed = read_ids(request.GET, "changed") if "changed" in request.GET else shown
    renewed = [pk for pk in renewed if pk in set(shown)][:RENEWED_LIMIT]
    rows = present_rows(request, list(request.access.visible().filter(pk__in=renewed)), place=Place(asked))
    context = {
        "asked": asked,
        "views": views_of(request, asked),
        "renewed": rows,
        "gone": sorted(set(renewed) - {row.id for row in rows}),
        "new_count": count_new(request, asked, shown=shown),
    }
    return partial_response(request, "cairnloop/inbox/_changes.html", context)


@operator_required
@require_GET
def preview(request: OperatorRequest, conversation_id: int) -> HttpResponse:
    """Return a glance at one conversation: its last messages, and what can be done from here."""
    conversation = get_visible_conversation(request, conversation_id)
    context = {"preview": preview_of(request, conversation)}
    return partial_response(request, "cairnloop/inbox/_preview.html", context)


def _around(request: OperatorRequest, asked: Asked, rows: Rows, views: tuple[View, ...]) -> dict[str, Any]:
    current = next((view for view in views if view.is_current), None)
    assignee_name = rows.rows[0].assignee if rows.rows else ""
    return {
        "title": current.label if current else _("Conversations"),
        "page_size": PAGE_SIZE,
        "changes_url": asked.url("inbox-changes"),
        "count": current.count if current and not asked.is_narrowed else "",
        **tools_of(request, asked, assignee_name=assignee_name),
    }
