"""What stands beside the timeline: the customer's other conversations, and the plain facts of this one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.workspace_queries import EARLIER_CONVERSATIONS, earlier_conversations
from cairnloop.web.access import OperatorRequest
from cairnloop.web.audit_log.asked import Asked
from cairnloop.web.conversation.presenter import subject_of, url_of
from cairnloop.web.conversation.timeline import customer_name, rating_status
from cairnloop.web.inbox.place import Place, place_of


@dataclass(frozen=True, slots=True)
class Detail:
    """One line about the conversation."""

    label: str
    text: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another conversation with the same customer."""

    url: str
    subject: str
    outcome: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """Who the customer is, what else they asked, and the plain facts."""

    customer: str
    customer_ref: str
    customer_url: str
    customer_page_url: str
    may_reply: bool
    earlier: tuple[Earlier, ...]
    all_url: str | None
    """The customer's conversations in the inbox, where there are more than shown."""
    trail_url: str
    """What was recorded about the conversation; empty for those who may not see the audit log."""


def aside_of(request: OperatorRequest, conversation: Conversation) -> Aside:
    """Return what stands beside the timeline; what the host knows of the customer is loaded by itself."""
    found = earlier_conversations(request.access.visible(), conversation=conversation, limit=EARLIER_CONVERSATIONS + 1)
    now, place = timezone.now(), place_of(request)
    return Aside(
        customer=customer_name(conversation),
        customer_ref=conversation.customer_ref,
        customer_url=url_of("conversation-customer", conversation, place=place),
        customer_page_url=url_of("conversation", conversation, place=place, details=1) + "#details",
        may_reply=request.actor is not None and request.access.can("reply", conversation),
        earlier=tuple(_earlier(each, place=place, now=now) for each in found[:EARLIER_CONVERSATIONS]),
        all_url=_all_of(conversation) if len(found) > EARLIER_CONVERSATIONS else None,
        trail_url=_trail_of(conversation) if request.access.can_with_audit("view") else "",
    )


def _trail_of(conversation: Conversation) -> str:
    return Asked(subject=f"conversation:{conversation.pk}").url()


def details_of(conversation: Conversation) -> tuple[Detail, ...]:
    """Return the plain facts of a conversation, without those it does not have."""
    rating = rating_status(conversation)
    account = conversation.account_name or conversation.account_ref
    lines = (
        Detail(_("Waiting since"), at=conversation.waiting_since),
        Detail(_("Opened"), at=conversation.opened_at),
        Detail(_("Resolved"), at=conversation.resolved_at),
        Detail(_("Rating"), text=rating.label if rating else ""),
        Detail(_("Channel"), text=conversation.get_channel_display()),
        Detail(_("Account"), text=account),
        Detail(_("Customer id"), text=conversation.customer_ref),
        Detail(_("Number"), text=f"#{conversation.pk}"),
    )
    return tuple(line for line in lines if line.text or line.at)


def _earlier(conversation: Conversation, *, place: Place, now: datetime) -> Earlier:
    at = conversation.resolved_at or conversation.last_activity_at
    day = date_format(timezone.localtime(at), "j M" if at.year == now.year else "j M Y")
    outcomes = {
        (Conversation.Status.OPEN, ""): _("Open, last message %(day)s"),
        (Conversation.Status.ARCHIVED, ""): _("Archived, last message %(day)s"),
        (Conversation.Status.RESOLVED, ""): _("Resolved %(day)s"),
        (Conversation.Status.RESOLVED, Conversation.Rating.POSITIVE): _("Resolved %(day)s, rated good"),
        (Conversation.Status.RESOLVED, Conversation.Rating.NEGATIVE): _("Resolved %(day)s, rated not good"),
    }
    rating = conversation.rating if conversation.status == Conversation.Status.RESOLVED else ""
    outcome = outcomes[Conversation.Status(conversation.status), rating] % {"day": day}
    url = url_of("conversation", conversation, place=place)
    return Earlier(url=url, subject=subject_of(conversation), outcome=outcome)


def _all_of(conversation: Conversation) -> str:
    return f"{reverse('cairnloop:inbox')}?{urlencode({'status': 'any', 'q': conversation.customer_ref})}"
