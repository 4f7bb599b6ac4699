"""What the audit log asks: entries, newest first, by what is known about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from cairnloop.audit.models import ACTION_GROUP, SUBJECT_KIND, AuditEntry, AuditSeal

NEWEST_FIRST = ("-recorded_at", "-id")
BY_STREAM = ("stream", "position")
"""As an export has them, and verifying reads them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryFilter:
    """Which entries are wanted; what is empty narrows nothing."""

    action: str = ""
    groups: tuple[str, ...] = ()
    """First parts of actions, such as "conversation"."""
    actor_kind: str = ""
    actor_ref: str = ""
    subject: str = ""
    subject_kind: str = ""
    since: datetime | None = None
    before: datetime | None = None


def filter_entries(wanted: EntryFilter) -> QuerySet[AuditEntry]:
    """Return the entries that match everything given, in no order. Each filter has an index in `NEWEST_FIRST`."""
    entries = AuditEntry.objects.all()
    if wanted.groups:
        entries = entries.alias(group=ACTION_GROUP)
    if wanted.subject_kind:
        entries = entries.alias(subject_kind=SUBJECT_KIND)
    given = {
        "action": wanted.action,
        "actor_ref": wanted.actor_ref,
        "actor_kind": wanted.actor_kind,
        "stream": wanted.subject,
        "subject_kind": wanted.subject_kind,
        # Only an equality comes out of the index in its order.
        "group": wanted.groups[0] if len(wanted.groups) == 1 else "",
        "group__in": wanted.groups if len(wanted.groups) > 1 else (),
        "recorded_at__gte": wanted.since,
        "recorded_at__lt": wanted.before,
    }
    return entries.filter(Q(**{name: value for name, value in given.items() if value}))


def newest_seal() -> AuditSeal | None:
    """Return the seal whose number and hash are worth keeping elsewhere; None before the first."""
    return AuditSeal.objects.order_by("-number").first()
