"""The customer says how it went."""

from __future__ import annotations

from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.conversations.events import RatingRecorded
from cairnloop.conversations.holding import hold_conversation
from cairnloop.conversations.messaging import CustomerNeeded
from cairnloop.conversations.models import Conversation
from cairnloop.core import telemetry
from cairnloop.core.actors import Actor
from cairnloop.core.errors import InvalidInput, InvalidTransition
from cairnloop.core.events import publish
from cairnloop.core.guards import refuse_strangers
from cairnloop.core.transactions import command


class UnknownRating(InvalidInput):
    """A rating is "positive" or "negative". Nothing was recorded."""

    code = "unknown_rating"


class NotResolved(InvalidTransition):
    """A conversation can be rated once it is resolved. Nothing was recorded."""

    code = "not_resolved"


class AnotherResolution(InvalidTransition):
    """This rating is for an earlier resolution. Nothing was recorded; rate the latest one."""

    code = "another_resolution"


@command
def record_rating(*, conversation_id: int, rating: str, by: Actor, resolution: int | None = None) -> Conversation:
    """Record how the customer rates a resolved conversation; rating again replaces the earlier answer.

    `resolution` is the public sequence of the message that asked for it: a rating that was given some time ago, or is
    sent again, is then never taken for one of a later resolution. None means the latest.

    Raises UnknownRating, CustomerNeeded, NotFound for a conversation of someone else, NotResolved, and
    AnotherResolution.
    """
    if rating not in (Conversation.Rating.POSITIVE, Conversation.Rating.NEGATIVE):
        raise UnknownRating
    refuse_strangers(by)
    if not by.is_customer:
        raise CustomerNeeded
    conversation = hold_conversation(conversation_id, owner=by)
    if conversation.status != Conversation.Status.RESOLVED:
        raise NotResolved
    if resolution is not None and resolution != _latest_resolution(conversation):
        raise AnotherResolution
    if conversation.rating == rating:
        return conversation
    now = timezone.now()
    conversation.rating, conversation.rated_at, conversation.changed_at = rating, now, now
    conversation.save(update_fields=["rating", "rated_at", "changed_at"])
    record(
        "conversation.rated",
        by=by,
        subject=f"conversation:{conversation.pk}",
        evidence={"rating": conversation.rating},
    )
    publish(RatingRecorded(conversation.pk, conversation.customer_ref, conversation.rating))
    telemetry.count("conversation.rated", rating=conversation.rating)
    return conversation


def _latest_resolution(conversation: Conversation) -> int | None:
    return conversation.messages.asking_for_rating().values_list("public_sequence", flat=True).last()
