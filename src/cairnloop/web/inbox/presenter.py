"""The inbox as it is shown: views, filters, rows and the copy for when there are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cairnloop.conversations.models import Conversation, ConversationQuerySet, Message
from cairnloop.conversations.queries import (
    ORDERINGS,
    Capped,
    InboxLine,
    LastWord,
    count_capped,
    filter_inbox,
    inbox_lines,
    inbox_searched_since,
)
from cairnloop.core.actors import ActorKind
from cairnloop.core.texts import tidy_name
from cairnloop.web.access import OperatorRequest
from cairnloop.web.inbox.forms import ALL, SHOWN_LIMIT, Asked, filter_of
from cairnloop.web.inbox.place import Place
from cairnloop.web.numbering import numbered_urls
from cairnloop.web.paging import behind, page_after, until

PAGE_SIZE = 25
URLS = (
    "cairnloop:conversation",
    "cairnloop:inbox-preview",
    "cairnloop:inbox-assignment",
    "cairnloop:inbox-resolution",
)


@dataclass(frozen=True, slots=True)
class View:
    """One entry of the list of views; the count is empty where nobody needs it."""

    label: str
    icon: str
    url: str
    is_current: bool
    count: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter or one order."""

    label: str
    value: str
    is_chosen: bool
    url: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the URL without it."""

    label: str
    icon: str
    url_without: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A status in words, with icon and tone; quiet unless it asks for somebody."""

    label: str
    icon: str
    tone: str
    is_quiet: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One conversation of the list."""

    id: int
    number: str
    dom_id: str
    url: str
    place: str
    """The query its other URLs carry on, so that the way back leads to this list."""
    preview_url: str
    assignment_url: str
    resolution_url: str
    who: str
    company: str
    subject: str
    snippet: str
    is_customers_word: bool
    is_unread: bool
    is_waiting: bool
    is_urgent: bool
    since: datetime
    since_label: str
    marks: tuple[Mark, ...]
    assignee: str
    assignee_kind: str
    assignee_label: str
    assignee_ref: str
    sequence: int


@dataclass(frozen=True, slots=True)
class _Urls:
    """The URLs of a row, by the number of its conversation."""

    page: Callable[[int], str]
    preview: Callable[[int], str]
    assignment: Callable[[int], str]
    resolution: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows, and the URL of the ones behind them."""

    rows: tuple[Row, ...]
    more_url: str
    empty: Empty | None
    searched_since: datetime | None = None
    """Older conversations were not searched; None when all were."""


@dataclass(frozen=True, slots=True)
class Empty:
    """Why there is nothing, and one useful step."""

    icon: str
    title: str
    text: str
    url: str
    step: str


def rows_of(request: OperatorRequest, asked: Asked) -> Rows:
    """Return one page of what was asked for, or as many rows as had been loaded."""
    visible, wanted = request.access.visible(), filter_of(asked, actor=request.actor)
    found = filter_inbox(visible, wanted)
    page = page_after(found, asked.cursor, ordering=ORDERINGS[asked.order], size=_size(found, asked))
    rows = present_rows(request, page.rows, place=Place(asked))
    more_url = asked.url(cursor=page.next_cursor) if page.next_cursor else ""
    empty = None if rows or asked.cursor else _why_empty(asked)
    return Rows(rows, more_url, empty, inbox_searched_since(visible, wanted))


def present_rows(
    request: OperatorRequest, conversations: Sequence[Conversation], *, place: Place | None = None
) -> tuple[Row, ...]:
    """Return conversations as rows, in their order; in a list, each leads back to its own place."""
    lines = inbox_lines(conversations, reader=request.actor)
    actor_ref = request.actor.ref if request.actor else None
    place = place or Place()
    urls = _Urls(*map(numbered_urls, URLS))
    # A place that is known already stays: what is done to a row does not move it under its reader.
    return tuple(
        _row(line, actor_ref=actor_ref, place=place if place.at else place.of(line.conversation), urls=urls)
        for line in lines
    )


def count_new(request: OperatorRequest, asked: Asked, *, shown: Sequence[int]) -> int:
    """Count what came in among the rows a page shows, up to the last one it has loaded (`upto`).

    What only moved up because another row left stands behind that, and what the reader wrote in last is no news.
    """
    found = filter_inbox(request.access.visible(), filter_of(asked, actor=request.actor))
    first = list(_loaded(found, asked).order_by(*ORDERINGS[asked.order])[: len(shown) + PAGE_SIZE])
    fresh = [each for each in first if each.pk not in set(shown)]
    actor = request.actor
    words = [line.last_word for line in inbox_lines(fresh, reader=actor)] if fresh else []
    return sum(
        1 for word in words if not (actor and word and (word.author_kind, word.author_ref) == (actor.kind, actor.ref))
    )


def views_of(request: OperatorRequest, asked: Asked) -> tuple[View, ...]:
    """Return the views with their counts, counted in one statement."""
    views = [
        (_("My queue"), "user", Asked(assignee="me", waiting="us"), True),
        (_("Unassigned"), "inbox", Asked(assignee="none", waiting="us"), True),
        (_("Waiting for us"), "clock", Asked(waiting="us"), True),
        (_("Waiting for customer"), "message-circle", Asked(waiting="customer"), True),
        (_("All open"), "circle-dot", Asked(), True),
        (_("Resolved"), "circle-check", Asked(status="resolved"), False),
        (_("Archived"), "archive", Asked(status="archived"), False),
    ]
    if request.actor is None:
        views = views[1:]
    visible = request.access.visible()
    counted = {label: _counted(visible, view, request) for label, _icon, view, is_counted in views if is_counted}
    counts: dict[str, Capped] = count_capped(counted)
    return tuple(
        View(label, icon, view.url(), _is_same_view(view, asked), counts[label].label if label in counts else "")
        for label, icon, view, _is_counted in views
    )


def tools_of(request: OperatorRequest, asked: Asked, *, assignee_name: str) -> dict[str, Any]:
    """Return what the tools above the list show: filters in force, values to choose from, orders."""
    return {
        "chips": _chips(asked, assignee_name=assignee_name),
        "filters": _filters(request, asked),
        "orders": [
            Choice(label, value, asked.order == value, asked.url(sort=value))
            for value, label in _order_labels().items()
            if value in asked.orders
        ],
        "order": _order_labels()[asked.order],
        "kept": {name: value for name, value in asked.parameters().items() if value and name != "q"},
    }


def _size(found: ConversationQuerySet, asked: Asked) -> int:
    if not asked.upto:
        return PAGE_SIZE
    loaded = behind(_loaded(found, asked), asked.cursor, ordering=ORDERINGS[asked.order])
    return max(PAGE_SIZE, loaded[:SHOWN_LIMIT].count())


def _loaded(found: ConversationQuerySet, asked: Asked) -> ConversationQuerySet:
    if asked.upto in ("", ALL):
        return found
    return until(found, asked.upto, ordering=ORDERINGS[asked.order])


def _counted(visible: ConversationQuerySet, view: Asked, request: OperatorRequest) -> ConversationQuerySet:
    return filter_inbox(visible, filter_of(view, actor=request.actor)).order_by(*ORDERINGS[view.order])


def _is_same_view(view: Asked, asked: Asked) -> bool:
    status = "" if asked.status == Conversation.Status.OPEN else asked.status
    return (view.status, view.assignee, view.waiting) == (status, asked.assignee, asked.waiting)


def _row(line: InboxLine, *, actor_ref: str | None, place: Place, urls: _Urls) -> Row:
    conversation, query = line.conversation, place.query
    waiting_since = conversation.waiting_since
    assignee = conversation.assignee_name or (_("An operator") if conversation.assignee_ref else "")
    return Row(
        id=conversation.pk,
        number=f"#{conversation.pk}",
        dom_id=f"inbox-row-{conversation.pk}",
        url=urls.page(conversation.pk) + query,
        place=query,
        preview_url=urls.preview(conversation.pk),
        assignment_url=urls.assignment(conversation.pk),
        resolution_url=urls.resolution(conversation.pk),
        who=tidy_name(conversation.customer_name) or conversation.customer_ref,
        company=conversation.account_name,
        subject=conversation.subject or _("No subject"),
        snippet=snippet_of(line.last_word, actor_ref=actor_ref),
        is_customers_word=line.last_word is not None and line.last_word.author_kind == ActorKind.CUSTOMER,
        is_unread=line.is_unread,
        is_waiting=waiting_since is not None,
        is_urgent=conversation.priority in (Conversation.Priority.URGENT, Conversation.Priority.HIGH),
        since=waiting_since or conversation.last_activity_at,
        since_label=_("Last message, age") if waiting_since is None else _("Waiting"),
        marks=marks_of(conversation),
        assignee=assignee,
        assignee_kind="operator" if conversation.assignee_ref else "none",
        assignee_label=assignee or _("Nobody is assigned"),
        assignee_ref=conversation.assignee_ref,
        sequence=conversation.sequence,
    )


def snippet_of(word: LastWord | None, *, actor_ref: str | None) -> str:
    """Return the last thing said, on one line, and by whom if it was not the customer."""
    if word is None:
        return _("Nothing was written yet.")
    text = " ".join(word.text.split())
    if word.role == Message.Role.INTERNAL_NOTE:
        return _("Note: %(text)s") % {"text": text}
    if word.author_kind == ActorKind.CUSTOMER:
        return text
    if word.author_kind == ActorKind.OPERATOR and word.author_ref == actor_ref:
        return _("You: %(text)s") % {"text": text}
    return _("%(author)s: %(text)s") % {"author": word.author_name, "text": text} if word.author_name else text


def marks_of(conversation: Conversation) -> tuple[Mark, ...]:
    """Return what sets a conversation apart: an open one of normal priority needs no mark."""
    if conversation.status == Conversation.Status.RESOLVED:
        return (Mark(_("Resolved"), "circle-check", "success", True),)
    if conversation.is_archived:
        return (Mark(_("Archived"), "archive", "", True),)
    match conversation.priority:
        case Conversation.Priority.URGENT:
            return (Mark(_("Urgent"), "triangle-alert", "danger", False),)
        case Conversation.Priority.HIGH:
            return (Mark(_("High"), "flag", "warning", True),)
        case Conversation.Priority.LOW:
            return (Mark(_("Low"), "flag", "", True),)
    return ()


def _chips(asked: Asked, *, assignee_name: str) -> list[Chip]:
    chips = []
    if asked.q:
        chips.append(Chip(_("“%(words)s”") % {"words": asked.q}, "search", asked.url(q="")))
    if asked.status == "any":
        chips.append(Chip(_("Any status"), "circle-dot", asked.url(status="")))
    if asked.channel:
        label = dict(Conversation.Channel.choices)[asked.channel]
        chips.append(Chip(str(label), "plug", asked.url(channel="")))
    if asked.assignee not in ("", "me", "none"):
        chips.append(Chip(assignee_name or asked.assignee, "user", asked.url(assignee="")))
    return chips


def _filters(request: OperatorRequest, asked: Asked) -> list[tuple[str, str, list[Choice]]]:
    status = [("", _("Open")), ("resolved", _("Resolved")), ("archived", _("Archived")), ("any", _("Any"))]
    assignee = [("", _("Anyone")), ("none", _("Nobody"))]
    if request.actor is not None:
        assignee.insert(1, ("me", _("Me")))
    if asked.assignee not in ("", "me", "none"):
        assignee.append((asked.assignee, asked.assignee))
    waiting = [("", _("Either")), ("us", _("Us")), ("customer", _("The customer"))]
    channel = [("", _("Any")), *((value, str(label)) for value, label in Conversation.Channel.choices)]
    chosen_status = "" if asked.status == Conversation.Status.OPEN else asked.status
    return [
        ("status", _("Status"), _choices(status, chosen_status)),
        ("assignee", _("Assigned to"), _choices(assignee, asked.assignee)),
        ("waiting", _("Waiting for"), _choices(waiting, asked.waiting)),
        ("channel", _("Channel"), _choices(channel, asked.channel)),
    ]


def _choices(options: Sequence[tuple[str, str]], chosen: str) -> list[Choice]:
    return [Choice(label, value, value == chosen) for value, label in options]


def _order_labels() -> dict[str, str]:
    return {
        "waiting": _("Waiting longest"),
        "priority": _("Most urgent"),
        "activity": _("Newest activity"),
        "opened": _("Opened last"),
    }


def _why_empty(asked: Asked) -> Empty:
    if asked.q and asked.status != "any":
        text = _("Nothing in this view holds these words. They may stand in a resolved or archived conversation.")
        everywhere = asked.url(status="any", assignee="", waiting="", channel="")
        return Empty("search", _("No conversation matches"), text, everywhere, _("Search all conversations"))
    if asked.is_narrowed or asked.assignee not in ("", "me", "none"):
        text = _("No conversation fits all of these filters.")
        clear = asked.url(q="", channel="", status="", assignee="", waiting="")
        return Empty("list-filter", _("No conversation matches"), text, clear, _("Remove all filters"))
    if asked.waiting == "us":
        text = _("New messages appear here by themselves.")
        return Empty("mountain", _("Nobody is waiting"), text, Asked().url(), _("See all open conversations"))
    if asked.status in ("", Conversation.Status.OPEN) and not asked.assignee and not asked.waiting:
        text = _("A conversation begins when a customer writes in the widget, or when your application opens one.")
        return Empty("inbox", _("No open conversations"), text, Asked(status="resolved").url(), _("See resolved ones"))
    text = _("Nothing is in this view right now.")
    return Empty("inbox", _("Nothing here"), text, Asked().url(), _("See all open conversations"))
