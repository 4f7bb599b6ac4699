"""Home as it is shown: who to answer next, how the day goes, and whether the machinery runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import DatabaseError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cairnloop.conversations.queries import ORDERINGS, Capped, Ratings, count_capped, next_in_line, summarise_ratings
from cairnloop.core.jobs import count_jobs, last_worker_seen
from cairnloop.core.transactions import savepoint
from cairnloop.hooks import HOOKS
from cairnloop.web.access import OperatorRequest
from cairnloop.web.automation import Switch, switch_of
from cairnloop.web.home.outcomes import UNAVAILABLE, DraftOutcomes, outcomes_of
from cairnloop.web.inbox.forms import Asked
from cairnloop.web.inbox.presenter import Row, present_rows

logger = logging.getLogger("cairnloop.web")

T = TypeVar("T")

NEXT_ROWS = 6
RATING_DAYS = 30
DAY_LIMIT = 1_000
SILENCE = timedelta(minutes=2)
"""Workers give a sign of life every few seconds; after this long nobody should count on one."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is to do, and how much was done today."""

    own: Capped
    unassigned: Capped
    waiting: Capped
    open: Capped
    resolved_today: Capped


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the day, with what makes it readable."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Health:
    """One line about the machinery."""

    icon: str
    tone: str
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Home:
    """Everything on the page; None stands for what could not be read, or is not there, such as drafts."""

    greeting: str
    lede: str
    resolved: str
    resolved_url: str
    first: Row | None
    why_first: str
    open_label: str
    then: tuple[Row, ...]
    queue_url: str
    queue_label: str
    is_unavailable: bool
    others_waiting: str
    waiting_url: str
    figures: tuple[Figure, ...] | None
    since: str
    health: tuple[Health, ...]
    automation: Switch | None
    outcomes: DraftOutcomes | None


def home_of(request: OperatorRequest) -> Home:
    """Return Home; a part that cannot be read says so, and is never shown as "nothing to do"."""
    now = timezone.localtime()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    counts = _if_readable(lambda: _counts(request, today=today))
    visible, actor = request.access.visible(), request.actor
    rows = present_rows(request, next_in_line(visible, operator=actor, limit=NEXT_ROWS))
    ratings = _if_readable(
        lambda: summarise_ratings(visible, since=today - timedelta(days=RATING_DAYS - 1), today=today)
    )
    assignee = "me" if counts and counts.own.number else ""
    queue = Asked(assignee=assignee, waiting="us", sort="priority")
    return Home(
        greeting=_greeting(now, name=actor.name if actor else ""),
        lede=_lede(counts),
        resolved=_resolved(counts),
        resolved_url=Asked(status="resolved").url(),
        first=rows[0] if rows else None,
        why_first=_why_first(rows[0], actor_ref=actor.ref if actor else None) if rows else "",
        open_label=_("Open and reply") if actor else _("Open"),
        then=rows[1:],
        queue_url=queue.url(),
        queue_label=_queue_label(counts),
        is_unavailable=counts is None,
        others_waiting=_others_waiting(counts),
        waiting_url=Asked(waiting="us").url(),
        figures=_figures(counts, ratings),
        since=_("since %(time)s") % {"time": f"{date_format(today, 'H:i')} {today.tzname()}"},
        health=_health(now),
        automation=_if_readable(lambda: switch_of(request)),
        outcomes=_outcomes(request),
    )


def today_label() -> str:
    """Return today's date in words."""
    return date_format(timezone.localtime(), "l j F")


def _counts(request: OperatorRequest, *, today: datetime) -> Counts:
    visible, actor = request.access.visible(), request.actor
    waiting = visible.waiting().order_by(*ORDERINGS["waiting"])
    queues = {
        "own": waiting.assigned_to(actor.ref) if actor else waiting.none(),
        "unassigned": waiting.unassigned(),
        "waiting": waiting,
        "open": visible.open().order_by(*ORDERINGS["activity"]),
    }
    done = count_capped({"resolved_today": visible.resolved_since(today)}, limit=DAY_LIMIT)
    return Counts(**count_capped(queues), **done)


def _if_readable(read: Callable[[], T]) -> T | None:
    try:
        with savepoint():
            return read()
    except DatabaseError as error:
        logger.warning("a part of Home could not be read: %s", type(error).__name__)
        return None


def _outcomes(request: OperatorRequest) -> DraftOutcomes | None:
    if not HOOKS["draft_generator"].path:
        return None
    return _if_readable(lambda: outcomes_of(request)) or UNAVAILABLE


def _greeting(now: datetime, *, name: str) -> str:
    first_name = name.split()[0] if name.split() else ""
    if now.hour < 12:
        return _("Good morning, %(name)s") % {"name": first_name} if first_name else _("Good morning")
    if now.hour < 18:
        return _("Good afternoon, %(name)s") % {"name": first_name} if first_name else _("Good afternoon")
    return _("Good evening, %(name)s") % {"name": first_name} if first_name else _("Good evening")


def _lede(counts: Counts | None) -> str:
    if counts is None:
        return _("The number of waiting conversations is unavailable right now. The queue below is current.")
    own, free = counts.own, counts.unassigned
    for_you = ngettext("%(count)s conversation waits for you.", "%(count)s conversations wait for you.", own.number)
    if not free.number:
        return for_you % {"count": own.label} if own.number else _("Nobody waits for you.")
    if not own.number:
        taken_by_nobody = ngettext(
            "%(count)s conversation waits, and nobody has taken it.",
            "%(count)s conversations wait, and nobody has taken them.",
            free.number,
        )
        return taken_by_nobody % {"count": free.label}
    more = ngettext("%(count)s more is nobody’s yet.", "%(count)s more are nobody’s yet.", free.number)
    return f"{for_you % {'count': own.label}} {more % {'count': free.label}}"


def _resolved(counts: Counts | None) -> str:
    if counts is None or not counts.resolved_today.number:
        return ""
    number, label = counts.resolved_today.number, counts.resolved_today.label
    return ngettext("%(count)s resolved today", "%(count)s resolved today", number) % {"count": label}


def _why_first(row: Row, *, actor_ref: str | None) -> str:
    is_mine = actor_ref is not None and row.assignee_ref == actor_ref
    if row.is_urgent:
        return _("The most urgent, and yours") if is_mine else _("The most urgent")
    return _("Yours, and waiting longest") if is_mine else _("Nobody has taken it, and it waits longest")


def _queue_label(counts: Counts | None) -> str:
    if counts is not None and counts.own.number:
        return _("My queue, %(count)s") % {"count": counts.own.label}
    return _("Waiting for us")


def _others_waiting(counts: Counts | None) -> str:
    if counts is None or not counts.waiting.number:
        return ""
    number, label = counts.waiting.number, counts.waiting.label
    return ngettext(
        "%(count)s conversation waits for a colleague.", "%(count)s conversations wait for colleagues.", number
    ) % {"count": label}


def _figures(counts: Counts | None, ratings: Ratings | None) -> tuple[Figure, ...] | None:
    if counts is None or ratings is None:
        return None
    return (
        Figure(
            _("Waiting"),
            counts.waiting.label or "0",
            _("of %(open)s open") % {"open": counts.open.label or "0"},
        ),
        Figure(_("Unassigned"), counts.unassigned.label or "0", _("waiting, and nobody's yet")),
        Figure(_("Resolved"), counts.resolved_today.label or "0", _("today")),
        Figure(_("Rated good"), *_rated(ratings)),
    )


def _rated(ratings: Ratings) -> tuple[str, str]:
    if not ratings.rated:
        return "–", _("no rating in %(days)s days") % {"days": RATING_DAYS}
    longer = _("%(days)s days: %(percent)s%%") % {
        "days": RATING_DAYS,
        "percent": round(100 * ratings.good / ratings.rated),
    }
    if not ratings.rated_today:
        return "–", _("none today, %(longer)s") % {"longer": longer}
    today = _("%(good)s of %(rated)s") % {"good": ratings.good_today, "rated": ratings.rated_today}
    return today, longer


def _health(now: datetime) -> tuple[Health, ...]:
    try:
        with savepoint():
            return _job_health(count_jobs()), _worker_health(last_worker_seen(), now=now)
    except Exception as error:
        # The engine has errors of its own; whatever it was, the rest of the page stands.
        logger.warning("the job engine could not be asked: %s", type(error).__name__)
        return (Health("triangle-alert", "warning", _("Background jobs"), _("unavailable")),)


def _job_health(counted: dict[str, int]) -> Health:
    failed, waiting = counted.get("failed", 0), counted.get("todo", 0)
    note = ngettext("%(count)s waiting", "%(count)s waiting", waiting) % {"count": waiting}
    if not failed:
        return Health("circle-check", "success", _("No background job failed"), note)
    text = ngettext("%(count)s background job failed", "%(count)s background jobs failed", failed)
    return Health("triangle-alert", "warning", text % {"count": failed}, note)


def _worker_health(seen: datetime | None, *, now: datetime) -> Health:
    if seen is None:
        return Health("triangle-alert", "warning", _("No worker runs, so background jobs wait"), _("never seen"))
    note = _("seen %(time)s") % {"time": date_format(timezone.localtime(seen), "H:i")}
    if now - seen > SILENCE:
        return Health("triangle-alert", "warning", _("No worker answers, so background jobs wait"), note)
    return Health("circle-check", "success", _("A worker runs"), note)
