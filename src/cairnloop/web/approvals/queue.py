"""The list of what waits, found and ordered by its URL; and one action of it in full."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cairnloop.core.errors import NotFound
from cairnloop.core.guards import LARGEST_ID
from cairnloop.core.live import INBOX
from cairnloop.governance.approval_queries import visible_proposals
from cairnloop.governance.models import ToolProposal
from cairnloop.web.access import OperatorRequest, refuse_approvals
from cairnloop.web.approvals.asked import Asked, read_asked
from cairnloop.web.approvals.rows import PAGE_SIZE, SHOWN_LIMIT, News, news_of, present_rows, rows_of, views_of
from cairnloop.web.conversation.decisions import Refused
from cairnloop.web.conversation.proposal_places import read_marks
from cairnloop.web.guarding import operator_required
from cairnloop.web.navigation import watch
from cairnloop.web.responses import page, page_or_partial, partial_response, wants_partial

PAGE = "cairnloop/approvals/index.html"
LIST = "cairnloop/approvals/_list.html"
ROW = "cairnloop/approvals/_row.html"


@operator_required
@require_GET
def index(request: OperatorRequest) -> HttpResponse:
    """Show one page of a list; htmx gets the list, or behind a cursor its rows alone."""
    refuse_approvals(request)
    asked = read_asked(request.GET)
    if wants_partial(request) and asked.cursor:
        return partial_response(request, "cairnloop/approvals/_rows.html", {"asked": asked, **_rows(request, asked)})
    if not wants_partial(request):
        watch(request, INBOX)
    return page_or_partial(request, PAGE, list_context(request, asked), partial=LIST)


@operator_required
@require_GET
def changes(request: OperatorRequest) -> HttpResponse:
    """Say how many rows came in or changed that a page does not show so: nothing moves under the pointer.

    `shown` has the marks of its rows, and `upto` how far it has loaded the list.
    """
    refuse_approvals(request)
    asked = read_asked(request.GET)
    news = news_of(request, asked, shown=read_marks(request.GET, limit=SHOWN_LIMIT))
    return partial_response(request, "cairnloop/approvals/_news.html", {"asked": asked, "news": news_words(news)})


@operator_required
@require_GET
def proposal(request: OperatorRequest, proposal_id: int) -> HttpResponse:
    """Show one action in full: on a page of its own, or for htmx in its place; `closed` folds it again."""
    refuse_approvals(request)
    found = get_visible_proposal(request, proposal_id)
    asked = read_asked(request.GET)
    is_closed = "closed" in request.GET and wants_partial(request)
    if not wants_partial(request):
        watch(request, INBOX)
    return in_full(request, found, asked=asked, is_open=not is_closed)


def get_visible_proposal(request: OperatorRequest, proposal_id: int) -> ToolProposal:
    """Return a proposal of a conversation this user may see, or of none. Raises NotFound, as for an unknown id."""
    seen = visible_proposals(request.access.visible())
    found = seen.filter(pk=proposal_id).first() if proposal_id <= LARGEST_ID else None
    if found is None:
        raise NotFound
    return found


def in_full(
    request: OperatorRequest,
    found: ToolProposal,
    *,
    asked: Asked,
    is_open: bool = True,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer with one action: its row with the card below, for htmx; a page with both for everybody else."""
    (row,) = present_rows(request, [found], asked=asked, refused=refused)
    context = {"row": row, "is_open": is_open, "asked": asked, "title": row.card.title, "back_url": asked.url()}
    if not wants_partial(request):
        return page(request, "cairnloop/approvals/proposal.html", context, status=status)
    return partial_response(request, ROW, context, status=status)


def list_context(request: OperatorRequest, asked: Asked) -> dict[str, Any]:
    """Return what a list shows."""
    orders = [("", _("Expires first")), ("risk", _("Highest risk first"))]
    return {
        "asked": asked,
        "views": views_of(request, asked),
        "orders": [
            {"label": label, "url": Asked(sort=sort).url(), "is_chosen": asked.sort == sort} for sort, label in orders
        ],
        "changes_url": asked.url("approvals-changes"),
        "batch_url": asked.url("approvals-batch"),
        "page_size": PAGE_SIZE,
        **_rows(request, asked),
    }


def news_words(news: News) -> str:
    """Return what the button says that shows the list anew; nothing where there is no news."""
    new = _("%(count)s new") % {"count": news.new.label} if news.new.number else ""
    changed = _("%(count)s changed") % {"count": news.changed} if news.changed else ""
    return ", ".join(each for each in (new, changed) if each)


def _rows(request: OperatorRequest, asked: Asked) -> dict[str, Any]:
    return {"list": rows_of(request, asked)}
