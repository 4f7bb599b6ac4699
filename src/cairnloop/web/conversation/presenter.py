"""A conversation as its workspace shows it: header, timeline and aside, from rows to values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cairnloop.conversations.models import Conversation, Message
from cairnloop.conversations.queueing import next_open_conversation
from cairnloop.conversations.workspace_queries import (
    TIMELINE_PAGE,
    rating_question,
    seen_by_operator,
    timeline_before,
    timeline_from,
)
from cairnloop.drafting.queries import draft_versions
from cairnloop.governance.queries import proposal_versions
from cairnloop.hooks.operator_access import VERBS
from cairnloop.web.access import OperatorRequest
from cairnloop.web.conversation.sources import sources_of
from cairnloop.web.conversation.timeline import (
    Day,
    Entry,
    Rated,
    Status,
    day_of,
    entries_of,
    rated,
)
from cairnloop.web.inbox.place import Place, next_in_list, place_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """What a conversation is about, in which state it is, and what may be done with it."""

    subject: str
    status: Status
    priority: Status | None
    assignee: str
    assignee_ref: str
    is_mine: bool
    may_take: bool
    may_give_back: bool
    may_resolve: bool
    may_reopen: bool
    may_archive: bool
    assignment_url: str
    resolution_url: str
    reopening_url: str
    archiving_url: str
    next_url: str | None
    next_label: str
    seen: int
    """The last message in view beside this header: what a decision made here is based on."""
    sequence: int
    version: str
    """Changes with everything the workspace shows of the conversation itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """A run of messages without gaps."""

    entries: tuple[Entry, ...]
    first: int
    last: int
    earlier_url: str | None
    """The page with the messages before these."""
    earlier_part_url: str | None
    """The same messages as a part of this page."""
    is_newest: bool
    is_first: bool
    """Nothing was said before these."""
    repeated_day: Day | None = None
    """The separator these messages bring along, which the page already shows further down."""


def header_of(request: OperatorRequest, conversation: Conversation, *, seen: int) -> Header:
    """Return the header as this operator may see and use it."""
    actor, may = request.actor, _permissions(request, conversation)
    is_mine = actor is not None and conversation.assignee_ref == actor.ref
    place = place_of(request)
    following = next_conversation(request, place, after=conversation)
    return Header(
        subject=subject_of(conversation),
        status=_status(conversation),
        priority=_priority(conversation),
        assignee=_assignee(conversation, is_mine=is_mine),
        assignee_ref=conversation.assignee_ref,
        is_mine=is_mine,
        may_take=may["assign"] and not is_mine,
        may_give_back=may["assign"] and is_mine,
        may_resolve=may["resolve"] and conversation.is_open,
        may_reopen=may["reopen"] and not conversation.is_open,
        may_archive=may["archive"] and not conversation.is_archived,
        assignment_url=url_of("conversation-assignment", conversation, place=place),
        resolution_url=url_of("conversation-resolution", conversation, place=place),
        reopening_url=url_of("conversation-reopening", conversation, place=place),
        archiving_url=url_of("conversation-archiving", conversation, place=place),
        next_url=url_of("conversation", following, place=place.of(following)) if following else None,
        next_label=_("Next in the list") if place.asked else _("Next in the queue"),
        seen=seen,
        sequence=conversation.sequence,
        version=version_of(conversation),
    )


def timeline_of(
    request: OperatorRequest,
    conversation: Conversation,
    *,
    before: int | None = None,
    seen: int | None = None,
) -> Timeline:
    """Return the newest messages, or the ones before a sequence.

    Where the reader left off is where they looked last, or `seen` if they say so themselves.
    """
    messages = timeline_before(conversation_id=conversation.pk, before=before)
    if seen is None and before is None and request.actor is not None:
        seen = seen_by_operator(conversation_id=conversation.pk, operator_ref=request.actor.ref)
    entries = entries_of(
        messages,
        conversation=conversation,
        reader=request.actor,
        now=timezone.now(),
        seen=None if before is not None else seen,
        is_newest=before is None,
        sources=sources_of(request, messages),
    )
    return _timeline(request, conversation, entries, messages, is_newest=before is None)


def earlier_part(request: OperatorRequest, conversation: Conversation, *, before: int) -> Timeline:
    """Return the messages before a sequence, to stand in front of the ones the page shows."""
    messages = timeline_before(conversation_id=conversation.pk, before=before + 1, limit=TIMELINE_PAGE + 1)
    shown_first = messages[-1:] if messages and messages[-1].sequence == before else []
    messages = messages[: len(messages) - len(shown_first)]
    now = timezone.now()
    entries = entries_of(
        messages,
        conversation=conversation,
        reader=request.actor,
        now=now,
        is_newest=False,
        sources=sources_of(request, messages),
    )
    days = {entry.dom_id for entry in entries if isinstance(entry, Day)}
    repeated = [day_of(message, today=timezone.localdate(now)) for message in shown_first]
    return _timeline(
        request,
        conversation,
        entries,
        messages,
        is_newest=False,
        repeated_day=next((day for day in repeated if day.dom_id in days), None),
    )


def news_after(
    request: OperatorRequest, conversation: Conversation, *, after: int, marks_unread: bool = False
) -> Timeline:
    """Return what was said after a sequence, to stand behind the messages the page shows."""
    known = timeline_from(conversation_id=conversation.pk, sequence=max(after, 1))
    previous = known[0] if known and known[0].sequence == after else None
    messages = known[1:] if previous else known
    entries = entries_of(
        messages,
        conversation=conversation,
        reader=request.actor,
        now=timezone.now(),
        seen=after if marks_unread else None,
        previous=previous,
        sources=sources_of(request, messages),
    )
    return _timeline(request, conversation, entries, messages, is_newest=True)


def rating_news(conversation: Conversation) -> Rated | None:
    """Return the rating to stand beside the question the page may already show; None without one."""
    if not conversation.rating:
        return None
    question = rating_question(conversation_id=conversation.pk)
    return rated(conversation, sequence=question) if question else None


def subject_of(conversation: Conversation) -> str:
    """Return the subject, or words that stand for a missing one."""
    return conversation.subject or _("No subject")


def url_of(name: str, conversation: Conversation, *, place: Place, **query: str | int) -> str:
    """Return the URL of a conversation's page or of one of its resources; it remembers where one came from."""
    url = reverse(f"cairnloop:{name}", args=[conversation.pk])
    parameters: dict[str, str | int] = {**place.parameters, **query}
    return f"{url}?{urlencode(parameters)}" if parameters else url


def next_conversation(request: OperatorRequest, place: Place, *, after: Conversation) -> Conversation | None:
    """Return where to go on: in the list one came from, or in the queue for those who came without."""
    if place.asked is not None:
        return next_in_list(request, place, after=after)
    operator_ref = request.actor.ref if request.actor else None
    return next_open_conversation(request.access.visible(), operator_ref=operator_ref, after=after)


def version_of(conversation: Conversation) -> str:
    """Return a token that changes whenever the conversation's row does, the draft in it, or an action."""
    draft = draft_versions([conversation.pk]).get(conversation.pk, "")
    proposals = proposal_versions([conversation.pk]).get(conversation.pk, "")
    return f"{conversation.changed_at.timestamp():.6f}-{draft}-{proposals}"


def _timeline(
    request: OperatorRequest,
    conversation: Conversation,
    entries: tuple[Entry, ...],
    messages: Sequence[Message],
    *,
    is_newest: bool,
    repeated_day: Day | None = None,
) -> Timeline:
    first = messages[0].sequence if messages else 0
    # Sequences have no gaps, so anything above one has something before it.
    has_earlier, place = first > 1, place_of(request)
    return Timeline(
        entries=entries,
        first=first,
        last=messages[-1].sequence if messages else 0,
        earlier_url=url_of("conversation", conversation, place=place, before=first) if has_earlier else None,
        earlier_part_url=(
            url_of("conversation-timeline", conversation, place=place, before=first) if has_earlier else None
        ),
        is_newest=is_newest,
        is_first=first == 1,
        repeated_day=repeated_day,
    )


def _permissions(request: OperatorRequest, conversation: Conversation) -> dict[str, bool]:
    acts = request.actor is not None
    return {verb: acts and request.access.can(verb, conversation) for verb in VERBS}


def _assignee(conversation: Conversation, *, is_mine: bool) -> str:
    if not conversation.assignee_ref:
        return ""
    return conversation.assignee_name or (_("You") if is_mine else _("Operator"))


def _status(conversation: Conversation) -> Status:
    icon, tone = STATUSES[conversation.status]
    return Status(icon, conversation.get_status_display(), tone)


def _priority(conversation: Conversation) -> Status | None:
    if conversation.priority not in PRIORITIES:
        return None
    tone, label = PRIORITIES[conversation.priority]
    return Status("flag", str(label), tone)


STATUSES: dict[str, tuple[str, str]] = {
    Conversation.Status.OPEN: ("circle-dot", "info"),
    Conversation.Status.RESOLVED: ("circle-check", "success"),
    Conversation.Status.ARCHIVED: ("archive", ""),
}
PRIORITIES: dict[str, tuple[str, Promise]] = {
    Conversation.Priority.LOW: ("", gettext_lazy("Low")),
    Conversation.Priority.HIGH: ("warning", gettext_lazy("High")),
    Conversation.Priority.URGENT: ("danger", gettext_lazy("Urgent")),
}
