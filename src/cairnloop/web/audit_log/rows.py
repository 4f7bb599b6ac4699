"""The audit log as it is shown: one page of entries, and the copy for when there are none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cairnloop.audit.models import AuditEntry
from cairnloop.audit.queries import NEWEST_FIRST, filter_entries
from cairnloop.audit.searching import are_frequent, holding, looking_up
from cairnloop.web.access import OperatorRequest
from cairnloop.web.audit_log.asked import Asked
from cairnloop.web.audit_log.people import People, Person
from cairnloop.web.audit_log.subjects import About, Subjects
from cairnloop.web.audit_log.wording import Said, action_said, why
from cairnloop.web.numbering import numbered_urls
from cairnloop.web.paging import behind, cursor_of, page_after, until

PAGE_SIZE = 50
REACH = 5_000
"""How many entries a page goes through when every word is frequent; the page behind it goes on from there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One entry of the list."""

    id: int
    dom_id: str
    url: str
    iso: str
    day: str
    clock: str
    who: Person
    said: Said
    about: About
    why: str
    mark: str
    """The first letters of its hash."""


@dataclass(frozen=True, slots=True)
class Empty:
    """Why there is nothing, and one useful step; without `url` there is none."""

    icon: str
    title: str
    text: str
    url: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows, the URL of the ones behind them, and why there are none."""

    rows: tuple[Row, ...]
    more_url: str
    empty: Empty | None
    looked_back_to: datetime | None = None
    """Where looking through the entries stopped before the page was full; None where it did not have to."""


def rows_of(request: OperatorRequest, asked: Asked) -> Rows:
    """Return one page of what was asked for."""
    found, words = filter_entries(asked.filter), asked.words
    last = None
    is_frequent = are_frequent(words)
    if is_frequent:
        passed = behind(found, asked.cursor, ordering=NEWEST_FIRST).order_by(*NEWEST_FIRST)
        last = next(iter(passed[REACH - 1 : REACH]), None)
        if last is not None:
            found = until(found, cursor_of(last, ordering=NEWEST_FIRST), ordering=NEWEST_FIRST)
    with looking_up() if words and not is_frequent else nullcontext():
        page = page_after(holding(found, words), asked.cursor, ordering=NEWEST_FIRST, size=PAGE_SIZE)
    has_stopped = last is not None and not page.next_cursor
    cursor = cursor_of(last, ordering=NEWEST_FIRST) if last is not None and has_stopped else page.next_cursor
    return Rows(
        present_rows(request, page.rows),
        asked.url(cursor=cursor) if cursor else "",
        None if page.rows or asked.cursor or has_stopped else _why_empty(asked),
        last.recorded_at if last is not None and has_stopped else None,
    )


def present_rows(request: OperatorRequest, entries: Sequence[AuditEntry]) -> tuple[Row, ...]:
    """Return entries as rows, in their order, with a fixed number of queries."""
    subjects = Subjects(request, entries)
    people = People(request, entries, subjects)
    url_of = numbered_urls("cairnloop:audit-entry")
    this_year = timezone.localtime().year
    return tuple(
        _row(entry, who=people.of(entry), about=subjects.of(entry), url=url_of(entry.pk), this_year=this_year)
        for entry in entries
    )


def _row(entry: AuditEntry, *, who: Person, about: About, url: str, this_year: int) -> Row:
    at = timezone.localtime(entry.recorded_at)
    return Row(
        id=entry.pk,
        dom_id=f"audit-entry-{entry.pk}",
        url=url,
        iso=at.isoformat(),
        day=date_format(at, "j M" if at.year == this_year else "j M Y"),
        clock=date_format(at, "H:i:s"),
        who=who,
        said=action_said(entry.action),
        about=about,
        why=why(entry.reason, entry.evidence),
        mark=entry.hash[:4],
    )


def _why_empty(asked: Asked) -> Empty:
    if asked.q:
        text = _(
            "Every word has to stand in an entry’s action, actor, object, reason or details. All entries were searched."
        )
        return Empty("search", _("No entry matches"), text, Asked().url(), _("Show all entries"))
    if asked.is_narrowed:
        text = _("No entry fits all of these filters.")
        return Empty("list-filter", _("No entry matches"), text, Asked().url(), _("Remove all filters"))
    text = _("The first thing anybody does in the support desk is recorded here.")
    return Empty("shield-check", _("Nothing was recorded yet"), text)
