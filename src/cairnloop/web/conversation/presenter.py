"""What a conversation is about, in which state it is and what may be done with it; and where its parts are found."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.queueing import next_open_conversation
from cairnloop.drafting.queries import draft_versions
from cairnloop.hooks.operator_access import VERBS
from cairnloop.web.access import OperatorRequest
from cairnloop.web.conversation.proposal_places import proposals_to_decide
from cairnloop.web.conversation.timeline import Status
from cairnloop.web.inbox.place import Place, next_in_list, place_of


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many actions wait for a person, and where the first of them stands."""

    label: str
    url: str


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
    waiting: Waiting | None
    seen: int
    """The last message in view beside this header: what a decision made here is based on."""
    sequence: int
    version: str
    """Changes with everything the workspace shows of the conversation itself."""


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
        waiting=waiting_of(request, conversation),
        seen=seen,
        sequence=conversation.sequence,
        version=version_of(conversation),
    )


def waiting_of(request: OperatorRequest, conversation: Conversation) -> Waiting | None:
    """Return the actions that wait for a person, wherever in the timeline they stand; None without any. One query."""
    found = proposals_to_decide(conversation.pk)
    if not found:
        return None
    label = ngettext("%(count)d action waits for a decision", "%(count)d actions wait for a decision", len(found))
    return Waiting(label % {"count": len(found)}, card_url(request, conversation, proposal_id=found[0]))


def card_url(request: OperatorRequest, conversation: Conversation, *, proposal_id: int) -> str:
    """Return the URL of the card of an action: the page with the messages around it, at the card."""
    url = url_of("conversation", conversation, place=place_of(request), action=proposal_id)
    return f"{url}#proposal-{proposal_id}"


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
    """Return a token that changes whenever the conversation's row does, or the draft in it."""
    draft = draft_versions([conversation.pk]).get(conversation.pk, "")
    return f"{conversation.changed_at.timestamp():.6f}-{draft}"


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
