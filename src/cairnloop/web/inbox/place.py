"""The place an operator came from: one row of one inbox list. It travels in the URL, and nowhere else.

`from` is the query string of the list, `at` the place of the row in its order when the list was made. Whatever a
URL says is read like the inbox's own: unknown values fall away, and it can lead nowhere but into the inbox.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.queries import ORDERINGS, filter_inbox
from cairnloop.web.access import OperatorRequest
from cairnloop.web.inbox.forms import CURSOR, Asked, filter_of, read_asked
from cairnloop.web.paging import cursor_of, page_after

PLACE_CHARS = 4_000
"""Longer than any list's query: 200 characters of any script, each percent-encoded."""


@dataclass(frozen=True, slots=True)
class Place:
    """A row of a list; without `asked`, one came from somewhere else."""

    asked: Asked | None = None
    at: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """What a URL carries on."""
        return {} if self.asked is None else {"from": self.asked.query, "at": self.at}

    @property
    def query(self) -> str:
        """The same as a query string: empty, or with its question mark."""
        return f"?{urlencode(self.parameters)}" if self.asked is not None else ""

    def of(self, conversation: Conversation) -> Place:
        """The place of another row of the same list."""
        if self.asked is None:
            return self
        return dataclasses.replace(self, at=cursor_of(conversation, ordering=ORDERINGS[self.asked.order]))

    def list_url(self, conversation_id: int) -> str:
        """Where the list is, as it was left; its row for the conversation is the one to look at."""
        inbox = reverse("cairnloop:inbox")
        if self.asked is None:
            return inbox
        query = self.asked.query
        return f"{inbox}{'?' if query else ''}{query}#inbox-row-{conversation_id}-open"


def place_of(request: HttpRequest) -> Place:
    """Return the place this request's URL names; no place when it names none."""
    if "from" not in request.GET:
        return Place()
    try:
        asked = read_asked(QueryDict(request.GET["from"][:PLACE_CHARS]))
    except TooManyFieldsSent:
        asked = Asked()
    at = request.GET.get("at", "")
    return Place(asked, at if CURSOR.fullmatch(at) else "")


def next_in_list(request: OperatorRequest, place: Place, *, after: Conversation) -> Conversation | None:
    """Return the conversation behind a row of the list one came from; None at its end, and without a list.

    The row keeps its place in the order although what was done to it meanwhile may have moved it.
    """
    if place.asked is None:
        return None
    found = filter_inbox(request.access.visible(), filter_of(place.asked, actor=request.actor)).exclude(pk=after.pk)
    at = place.at or place.of(after).at
    rows = page_after(found, at, ordering=ORDERINGS[place.asked.order], size=1).rows
    return rows[0] if rows else None
