"""What an inbox URL asks for. Unknown values are ignored: a link from yesterday must not end in an error."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.queries import ORDERINGS, ORDERINGS_OF_OPEN, InboxFilter
from cairnloop.core.actors import Actor

WORDS_CHARS = 200
REF_CHARS = 200
SHOWN_LIMIT = 500
ALL = "all"
"""As `upto`: everything there was had been loaded."""
CURSOR = re.compile(r"[A-Za-z0-9_-]{1,200}")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")

STATUSES = {status.value: status.value for status in Conversation.Status} | {"any": ""}
WAITING = ("us", "customer")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The filters, order and position of one inbox, as its URL names them; an empty value is not in the URL.

    `cursor` is where the list begins, and `upto` the last row that was loaded: a cursor too, or ALL.
    """

    status: str = ""
    assignee: str = ""
    waiting: str = ""
    channel: str = ""
    q: str = ""
    sort: str = ""
    cursor: str = ""
    upto: str = ""

    @property
    def orders(self) -> tuple[str, ...]:
        """The orders that make sense here: only open conversations wait."""
        return tuple(name for name in ORDERINGS if self.status in ("", "open") or name not in ORDERINGS_OF_OPEN)

    @property
    def order(self) -> str:
        """The order to show: what was asked for, or the one that fits what is shown."""
        if self.sort in self.orders:
            return self.sort
        return "waiting" if self.waiting == "us" and "waiting" in self.orders else "activity"

    @property
    def is_narrowed(self) -> bool:
        """True when something beyond a plain view was asked for."""
        return bool(self.q or self.channel)

    def url(self, name: str = "inbox", **changes: str) -> str:
        """Return the URL that asks for the same with some changes; a change begins at the first page again."""
        query = _query({**self.parameters(), **changes})
        path = reverse(f"cairnloop:{name}")
        return f"{path}?{query}" if query else path

    @property
    def query(self) -> str:
        """The query string of exactly this list, position and all."""
        return _query({**self.parameters(), "cursor": self.cursor, "upto": self.upto})

    def parameters(self) -> dict[str, str]:
        """Return the filters and the order, for links and for the hidden fields of forms."""
        names = ("status", "assignee", "waiting", "channel", "q", "sort")
        return {name: getattr(self, name) for name in names}


def read_asked(query: QueryDict) -> Asked:
    """Return what the query string asks for, without whatever it does not know."""
    return Asked(
        status=_one_of(query, "status", STATUSES),
        assignee=UNPRINTABLE.sub("", query.get("assignee", ""))[:REF_CHARS],
        waiting=_one_of(query, "waiting", WAITING),
        channel=_one_of(query, "channel", Conversation.Channel.values),
        q=" ".join(UNPRINTABLE.sub(" ", query.get("q", "")).split())[:WORDS_CHARS],
        sort=_one_of(query, "sort", ORDERINGS),
        cursor=_cursor(query, "cursor"),
        upto=_cursor(query, "upto"),
    )


def filter_of(asked: Asked, *, actor: Actor | None) -> InboxFilter:
    """Return the filter for the database; without an operator "me" is unknown, and ignored."""
    return InboxFilter(
        status=STATUSES[asked.status] if asked.status else Conversation.Status.OPEN,
        assignee_ref=_assignee_ref(asked.assignee, actor),
        waiting=asked.waiting,
        channel=asked.channel,
        words=asked.q,
    )


def read_ids(query: QueryDict, name: str) -> list[int]:
    """Return the ids a page names, as far as they are ids."""
    found = (each for each in query.get(name, "").split(",") if each.isascii() and each.isdecimal() and len(each) <= 18)
    return [int(each) for each in list(found)[:SHOWN_LIMIT]]


def _assignee_ref(assignee: str, actor: Actor | None) -> str | None:
    if assignee == "none":
        return ""
    if assignee == "me":
        return actor.ref if actor else None
    return assignee or None


def _query(values: Mapping[str, str]) -> str:
    return urlencode({key: value for key, value in values.items() if value})


def _cursor(query: QueryDict, name: str) -> str:
    value = query.get(name, "")
    return value if CURSOR.fullmatch(value) else ""


def _one_of(query: QueryDict, name: str, known: Container[str]) -> str:
    value = query.get(name, "")
    return value if value in known else ""


def read_sequence(form: QueryDict, name: str) -> int:
    """Return the last sequence a form had in view; 0, which has seen nothing, for anything else."""
    value = form.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= 9 else 0
