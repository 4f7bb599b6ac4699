"""What may be read: the customer's side, and the lists and counts of the operators."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject, Left

from cairnloop.conversations.models import Conversation, ConversationQuerySet, Message, ReadMarker
from cairnloop.conversations.queueing import first_in_queue
from cairnloop.conversations.searching import search_conversations, searched_since
from cairnloop.core.actors import Actor
from cairnloop.core.errors import NotFound

THREAD_PAGE = 100
COUNT_LIMIT = 100
"""Counting stops here: an operator needs "99+", not the number of rows."""
RATING_LIMIT = 1_000
SNIPPET_CHARS = 240
VERSION_ROWS = 20

ORDERINGS: Mapping[str, tuple[str, ...]] = {
    "waiting": ("waiting_since", "id"),
    "priority": ("priority_rank", "waiting_since", "id"),
    "activity": ("-last_activity_at", "-id"),
    "opened": ("-id",),
}
"""The inbox's orders: waiting longest first, the most urgent first and of these the longest waiting, newest activity
first, and opened last first (ids grow with time)."""
ORDERINGS_OF_OPEN = frozenset({"waiting", "priority"})
"""Those that only open conversations have a place in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxFilter:
    """What an inbox shows. An empty value means any; for `assignee_ref` None does, and "" means nobody."""

    status: str = Conversation.Status.OPEN
    assignee_ref: str | None = None
    waiting: str = ""
    """"us": the customer wrote last; "customer": we did."""
    channel: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Capped:
    """A count that stopped at its limit."""

    number: int
    limit: int = COUNT_LIMIT

    @property
    def is_capped(self) -> bool:
        """True when there may be more."""
        return self.number >= self.limit

    @property
    def label(self) -> str:
        """The count as it is shown: "7", or "99+"; nothing for none."""
        if self.is_capped:
            return f"{self.limit - 1}+"
        return str(self.number) if self.number else ""


@dataclass(frozen=True, slots=True)
class LastWord:
    """The last thing a person said in a conversation, cut to a snippet."""

    text: str
    role: str
    author_kind: str
    author_ref: str
    author_name: str
    sequence: int


@dataclass(frozen=True, slots=True)
class InboxLine:
    """One conversation of a list, with what its reader needs to choose."""

    conversation: Conversation
    last_word: LastWord | None
    is_unread: bool


@dataclass(frozen=True, slots=True)
class Ratings:
    """How customers rated: today, and over a longer time."""

    rated_today: int
    good_today: int
    rated: int
    good: int


def conversation_for_customer(*, customer_ref: str, public_id: str) -> Conversation:
    """Return a customer's own conversation. Raises NotFound for any other, whether it exists or not."""
    found = Conversation.objects.owned_by(customer_ref).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def list_conversations_for_customer(
    *, customer_ref: str, before: tuple[datetime, str] | None = None, limit: int = 20
) -> list[Conversation]:
    """Return a customer's conversations, the last active first, at most `limit`.

    `before` is the last activity and the public id of the last one that was listed already.
    """
    mine = Conversation.objects.owned_by(customer_ref)
    if before is not None:
        at, public_id = before
        mine = mine.filter(last_activity_at__lte=at).exclude(last_activity_at=at, public_id__gte=public_id)
    return list(mine.order_by("-last_activity_at", "-public_id")[:limit])


def list_unread_for_customer(*, customer_ref: str, limit: int) -> list[Conversation]:
    """Return a customer's conversations with answers they have not read, the last active first, at most `limit`."""
    unread = Conversation.objects.owned_by(customer_ref).unread_by_customer()
    return list(unread.order_by("-last_activity_at", "-public_id")[:limit])


def thread_for_customer(*, conversation_id: int, after: int = 0, limit: int = THREAD_PAGE) -> list[Message]:
    """Return what the customer may read after the public sequence `after`, oldest first, at most `limit`."""
    messages = Message.objects.filter(conversation_id=conversation_id)
    return list(messages.shown_to_customer(after=after)[:limit])


def filter_inbox(visible: ConversationQuerySet, wanted: InboxFilter) -> ConversationQuerySet:
    """Narrow to what an inbox shows; every filter combines with every other."""
    return search_conversations(_without_words(visible, wanted), wanted.words)


def inbox_searched_since(visible: ConversationQuerySet, wanted: InboxFilter) -> datetime | None:
    """Return the oldest activity a search still reaches; None when it reaches all that the inbox shows.

    Words that stand nearly everywhere are looked for in the newest conversations only.
    """
    return searched_since(_without_words(visible, wanted), wanted.words)


def _without_words(visible: ConversationQuerySet, wanted: InboxFilter) -> ConversationQuerySet:
    found = visible.in_status(wanted.status) if wanted.status else visible
    if wanted.assignee_ref is not None:
        found = found.assigned_to(wanted.assignee_ref) if wanted.assignee_ref else found.unassigned()
    if wanted.waiting == "us":
        found = found.waiting()
    elif wanted.waiting == "customer":
        found = found.waiting_for_customer()
    if wanted.channel:
        found = found.through(wanted.channel)
    return found


def inbox_lines(conversations: Sequence[Conversation], *, reader: Actor | None) -> list[InboxLine]:
    """Return what a list shows of `conversations`, in their order, with one query however many there are.

    A line is unread while it is open and its last word is newer than the reader's marker, unless they said it.
    """
    said = Message.objects.filter(conversation=OuterRef("pk")).exclude(role=Message.Role.SYSTEM)
    last_word = said.order_by("-sequence").values(
        found=JSONObject(
            text=Left("text", SNIPPET_CHARS),
            role="role",
            author_kind="author_kind",
            author_ref="author_ref",
            author_name="author_name",
            sequence="sequence",
        )
    )
    markers = ReadMarker.objects.filter(conversation=OuterRef("pk"), operator_ref=reader.ref if reader else "")
    rows = Conversation.objects.filter(pk__in=[each.pk for each in conversations]).values_list(
        "pk", Subquery(last_word[:1]), Subquery(markers.values("sequence")[:1])
    )
    details = {pk: (LastWord(**found) if found else None, seen or 0) for pk, found, seen in rows}
    return [_line(each, *details.get(each.pk, (None, 0)), reader=reader) for each in conversations]


def _line(conversation: Conversation, last_word: LastWord | None, seen: int, *, reader: Actor | None) -> InboxLine:
    is_unread = (
        reader is not None
        and conversation.is_open
        and last_word is not None
        and last_word.sequence > seen
        and (last_word.author_kind, last_word.author_ref) != (reader.kind, reader.ref)
    )
    return InboxLine(conversation, last_word, is_unread)


def next_in_line(visible: ConversationQuerySet, *, operator: Actor | None, limit: int) -> list[Conversation]:
    """Return who to answer next: the first of the operator's queue, at most `limit`."""
    return first_in_queue(visible, operator_ref=operator.ref if operator else None, limit=limit)


def count_waiting_for(visible: ConversationQuerySet, *, operator: Actor | None) -> Capped:
    """Count what waits for one operator; without one, what waits at all."""
    waiting = visible.waiting()
    mine = waiting.assigned_to(operator.ref) if operator else waiting
    return count_capped({"": mine.order_by("waiting_since", "id")})[""]


def count_capped(counted: Mapping[str, QuerySet[Any]], *, limit: int = COUNT_LIMIT) -> dict[str, Capped]:
    """Count several querysets in one statement, each up to `limit` rows.

    Give each the order its list is shown in: it leads PostgreSQL to the index that knows the first rows, where
    without one it may as well read the table from its start.
    """
    parts: list[str] = []
    params: list[Any] = []
    database = "default"
    for rows in counted.values():
        database = rows.db
        part, part_params = _bounded(rows, limit)
        # Compiled by Django: the values travel as parameters.
        parts.append(f"(SELECT count(*) FROM ({part}) counted)")  # noqa: S608
        params.extend(part_params)
    with connections[database].cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        numbers = cursor.fetchone() or ()
    return {name: Capped(number, limit) for name, number in zip(counted, numbers, strict=True)}


def _bounded(rows: QuerySet[Any], limit: int) -> tuple[str, tuple[Any, ...]]:
    query = rows.values_list("pk")[:limit].query
    try:
        sql, params = query.get_compiler(using=rows.db).as_sql()
    except EmptyResultSet:
        return "SELECT 1 WHERE FALSE", ()
    return sql, tuple(params)


def summarise_ratings(visible: ConversationQuerySet, *, since: datetime, today: datetime) -> Ratings:
    """Return how customers rated since two moments, out of the latest ratings."""
    good = Q(rating=Conversation.Rating.POSITIVE)
    latest = visible.rated_since(since).order_by("-rated_at")[:RATING_LIMIT]
    counted = latest.aggregate(
        rated=Count("pk"),
        good=Count("pk", filter=good),
        rated_today=Count("pk", filter=Q(rated_at__gte=today)),
        good_today=Count("pk", filter=good & Q(rated_at__gte=today)),
    )
    return Ratings(**counted)


def inbox_version(visible: ConversationQuerySet) -> str:
    """Return a token that changes whenever a visible conversation does."""
    # Not the newest alone: a slower transaction may commit an earlier change later.
    latest = visible.order_by("-changed_at").values_list("pk", "changed_at")[:VERSION_ROWS]
    return _token("|".join(f"{pk}@{changed_at.timestamp()}" for pk, changed_at in latest))


def conversation_versions(visible: ConversationQuerySet, ids: Sequence[int]) -> dict[int, str]:
    """Return a token for each visible conversation out of `ids`; it changes whenever the conversation does."""
    rows = visible.filter(pk__in=ids).values_list("pk", "changed_at")
    return {pk: _token(str(changed_at.timestamp())) for pk, changed_at in rows}


def _token(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
