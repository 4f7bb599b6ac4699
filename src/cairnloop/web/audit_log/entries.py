"""The list of entries, found by its URL, and one entry in full."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from cairnloop.audit.models import AuditEntry
from cairnloop.core.errors import NotFound
from cairnloop.web.access import OperatorRequest, refuse_audit
from cairnloop.web.audit_log.asked import read_asked
from cairnloop.web.audit_log.detail import detail_of
from cairnloop.web.audit_log.rows import present_rows, rows_of
from cairnloop.web.audit_log.standing import standing_of
from cairnloop.web.audit_log.tools import tools_of
from cairnloop.web.guarding import operator_required
from cairnloop.web.responses import page_or_partial, wants_partial

LARGEST_ID = 2**63 - 1


@operator_required
@require_GET
def index(request: OperatorRequest) -> HttpResponse:
    """Show one page of the log; htmx gets its entries alone."""
    refuse_audit(request)
    asked = read_asked(request.GET)
    context = {"asked": asked, "list": rows_of(request, asked)}
    if not wants_partial(request):
        context |= {
            "standing": standing_of(now=timezone.now()),
            "zone": timezone.get_current_timezone_name(),
            "csv_url": asked.url("audit-csv"),
            "lines_url": asked.url("audit-lines"),
            "may_export": request.access.can_with_audit("export"),
            **tools_of(asked),
        }
    page, entries = "cairnloop/audit_log/index.html", "cairnloop/audit_log/_entries.html"
    return page_or_partial(request, page, context, partial=entries)


@operator_required
@require_GET
def entry(request: OperatorRequest, entry_id: int) -> HttpResponse:
    """Show one entry in full: on a page of its own, or for htmx in its place in the list; `closed` folds it again."""
    refuse_audit(request)
    found = AuditEntry.objects.filter(pk=entry_id).first() if entry_id <= LARGEST_ID else None
    if found is None:
        raise NotFound
    (row,) = present_rows(request, [found])
    detail = None if "closed" in request.GET and wants_partial(request) else detail_of(found, who=row.who)
    context = {"row": row, "detail": detail, "zone": timezone.get_current_timezone_name()}
    page, partial = "cairnloop/audit_log/entry.html", "cairnloop/audit_log/_entry.html"
    return page_or_partial(request, page, context, partial=partial)
