"""The entries that were asked for as a file, written while they are read: memory does not grow with the log."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from cairnloop.audit.chaining import instant
from cairnloop.audit.exporting import end_line, line_of, stored_seal_pages
from cairnloop.audit.models import AuditEntry
from cairnloop.audit.queries import BY_STREAM, NEWEST_FIRST, filter_entries
from cairnloop.audit.searching import are_frequent, holding, looking_up
from cairnloop.audit.stored_trail import chained
from cairnloop.web.access import OperatorRequest, refuse_audit
from cairnloop.web.audit_log.asked import Asked, read_asked
from cairnloop.web.guarding import operator_required
from cairnloop.web.paging import page_after

CHUNK = 1_000
"""Entries that are in memory at a time."""
COLUMNS = (
    "id",
    "recorded_at",
    "actor_kind",
    "actor_ref",
    "action",
    "stream",
    "position",
    "reason",
    "evidence",
    "digest",
    "previous_hash",
    "hash",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula when it begins with it."""


@operator_required
@require_GET
def as_csv(request: OperatorRequest) -> HttpResponse:
    """Send what was asked for as rows for a spreadsheet, newest first."""
    refuse_audit(request, to="export")
    return _file(request, _csv(read_asked(request.GET)), kind="text/csv; charset=utf-8", ending="csv")


@operator_required
@require_GET
def as_lines(request: OperatorRequest) -> HttpResponse:
    """Send what was asked for as `cairnloop_audit export` writes it: seals, then entries by stream and position.

    The whole log, or one subject of it, verifies with `cairnloop_audit verify --file`.
    """
    refuse_audit(request, to="export")
    return _file(request, _lines(read_asked(request.GET)), kind="application/x-ndjson", ending="jsonl")


def _csv(asked: Asked) -> Iterator[str]:
    yield _rows_text([COLUMNS])
    for entries in _chunks(asked, NEWEST_FIRST):
        yield _rows_text([[_cell(entry, name) for name in COLUMNS] for entry in entries])


def _lines(asked: Asked) -> Iterator[str]:
    count = 0
    for seals in stored_seal_pages():
        count += len(seals)
        yield "".join(line_of("seal", each) + "\n" for each in seals)
    for entries in _chunks(asked, BY_STREAM):
        count += len(entries)
        yield "".join(line_of("entry", chained(each)) + "\n" for each in entries)
    yield end_line(count) + "\n"


def _chunks(asked: Asked, ordering: tuple[str, ...]) -> Iterator[list[AuditEntry]]:
    """Yield what was asked for by pages: no cursor is held in the database while a slow reader reads."""
    words = asked.words
    found: QuerySet[AuditEntry] = holding(filter_entries(asked.filter), words)
    is_rare = bool(words) and not are_frequent(words)
    cursor = ""
    while True:
        with looking_up() if is_rare else nullcontext():
            page = page_after(found, cursor, ordering=ordering, size=CHUNK)
        if page.rows:
            yield page.rows
        if not page.next_cursor:
            return
        cursor = page.next_cursor


def _rows_text(rows: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _cell(entry: AuditEntry, name: str) -> str:
    if name == "recorded_at":
        return instant(entry.recorded_at)
    value = getattr(entry, name)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True) if name == "evidence" else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _file(request: OperatorRequest, parts: Iterator[str], *, kind: str, ending: str) -> HttpResponse:
    # Under ASGI Django would read an ordinary iterator to its end before it sends anything.
    content: Any = _unblocked(parts) if isinstance(request, ASGIRequest) else parts
    name = f"audit-{timezone.localdate().isoformat()}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(content, content_type=kind, headers=headers)  # type: ignore[return-value]  # a sibling


async def _unblocked(parts: Iterator[str]) -> AsyncIterator[str]:
    while part := await sync_to_async(_next)(parts):
        yield part


def _next(parts: Iterator[str]) -> str:
    return next(parts, "")
