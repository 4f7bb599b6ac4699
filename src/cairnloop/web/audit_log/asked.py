"""What the URL of the audit log asks for. Unknown values are ignored: a link from yesterday must not fail."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode

from cairnloop.audit.bounding import ACTOR_REF_LENGTH, STREAM_LENGTH
from cairnloop.audit.queries import EntryFilter
from cairnloop.audit.searching import SoughtWord, read_words
from cairnloop.core.actors import ActorKind
from cairnloop.web.audit_log.wording import ACTIONS, GROUPS, SUBJECTS, action_labels

WORDS_CHARS = 200
CURSOR_CHARS = 500
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
NAMES = ("action", "actor", "kind", "subject", "since", "until", "q")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The filters and position of one list, as its URL names them; an empty value is not in the URL.

    `action` is a group or one action; `actor` a reference, or a kind, a colon and a reference; `since` and `until`
    are days in the operator's time zone, both included.
    """

    action: str = ""
    actor: str = ""
    kind: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""
    q: str = ""
    cursor: str = ""

    @property
    def is_narrowed(self) -> bool:
        """True when not everything was asked for."""
        return any(self.parameters().values())

    @property
    def words(self) -> tuple[SoughtWord, ...]:
        """The words to look for."""
        return read_words(self.q, labels=action_labels())

    @property
    def filter(self) -> EntryFilter:
        """The filter for the database, words aside."""
        kind, separator, ref = self.actor.partition(":")
        is_known = bool(separator) and kind in set(ActorKind)
        return EntryFilter(
            action="" if self.action in GROUPS else self.action,
            groups=GROUPS[self.action].parts if self.action in GROUPS else (),
            actor_kind=kind if is_known else "",
            actor_ref=ref if is_known else self.actor,
            subject=self.subject,
            subject_kind=self.kind,
            since=_midnight(self.since),
            before=_midnight(self.until, days=1),
        )

    def url(self, name: str = "audit", **changes: str) -> str:
        """Return the URL that asks for the same with some changes; a change begins at the first page again."""
        query = urlencode({key: value for key, value in {**self.parameters(), **changes}.items() if value})
        path = reverse(f"cairnloop:{name}")
        return f"{path}?{query}" if query else path

    def parameters(self) -> dict[str, str]:
        """Return the filters, for links and for the hidden fields of forms."""
        return {name: getattr(self, name) for name in NAMES}


def read_asked(query: QueryDict) -> Asked:
    """Return what the query string asks for, without whatever it does not know."""
    return Asked(
        action=_one_of(query, "action", {*ACTIONS, *GROUPS}),
        actor=_line(query, "actor")[:ACTOR_REF_LENGTH],
        kind=_one_of(query, "kind", SUBJECTS),
        subject=_line(query, "subject")[:STREAM_LENGTH],
        since=_day(query, "since"),
        until=_day(query, "until"),
        q=_line(query, "q")[:WORDS_CHARS],
        cursor=query.get("cursor", "")[:CURSOR_CHARS],
    )


def _midnight(day: str, *, days: int = 0) -> datetime | None:
    found = parse_date(day) if day else None
    return timezone.make_aware(datetime.combine(found + timedelta(days), time())) if found else None


def _day(query: QueryDict, name: str) -> str:
    value = query.get(name, "")
    try:
        # Not the ends of the calendar: a zone would move them out of it.
        found = parse_date(value)
    except ValueError:
        return ""
    return found.isoformat() if found and 1900 < found.year < 9000 else ""


def _line(query: QueryDict, name: str) -> str:
    return " ".join(UNPRINTABLE.sub(" ", query.get(name, "")).split())


def _one_of(query: QueryDict, name: str, known: Container[str]) -> str:
    value = query.get(name, "")
    return value if value in known else ""
