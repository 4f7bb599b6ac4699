"""A conversation ends, begins again, or is put away."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from cairnloop.audit.recording import record
from cairnloop.conversations.events import ConversationArchived, ConversationReopened, ConversationResolved
from cairnloop.conversations.holding import hold_conversation, refuse_stale_eyes
from cairnloop.conversations.models import Conversation, Message
from cairnloop.core import telemetry
from cairnloop.core.actors import Actor
from cairnloop.core.events import publish
from cairnloop.core.guards import refuse_outsiders
from cairnloop.core.transactions import command


@command
def resolve_conversation(
    *, conversation_id: int, by: Actor, reason: str = "", seen_sequence: int | None = None
) -> Conversation:
    """Mark as resolved, ask the customer for a rating, and tell the host's Notifier from a job.

    Raises OperatorNeeded, NotFound, StaleView if something newer than `seen_sequence` was written, and
    InvalidTransition if it is not open any more.
    """
    refuse_outsiders(by)
    conversation = hold_conversation(conversation_id)
    refuse_stale_eyes(conversation, by=by, seen_sequence=seen_sequence)
    now = timezone.now()
    conversation.resolve(at=now)
    conversation.append(
        role=Message.Role.SYSTEM,
        by=by,
        text=_("This conversation was marked as resolved. How did we do?"),
        at=now,
        metadata={"type": "csat_request"},
    )
    record(
        "conversation.resolved",
        by=by,
        subject=f"conversation:{conversation.pk}",
        reason=reason,
        evidence={"sequence": conversation.sequence, "seen_sequence": seen_sequence},
    )
    publish(ConversationResolved(conversation.pk, conversation.customer_ref))
    telemetry.count("conversation.resolved", outcome="ok")
    return conversation


@command
def reopen_conversation(*, conversation_id: int, by: Actor, reason: str = "") -> Conversation:
    """Take up a resolved or archived conversation again; a customer without an answer waits as before.

    Raises OperatorNeeded, NotFound, and InvalidTransition if it is open already.
    """
    refuse_outsiders(by)
    conversation = hold_conversation(conversation_id)
    conversation.reopen(at=timezone.now(), waiting_since=conversation.unanswered_since())
    record("conversation.reopened", by=by, subject=f"conversation:{conversation.pk}", reason=reason)
    publish(ConversationReopened(conversation.pk, conversation.customer_ref))
    return conversation


@command
def archive_conversation(
    *, conversation_id: int, by: Actor, reason: str = "", seen_sequence: int | None = None
) -> Conversation:
    """Put a conversation away without asking for a rating: spam, duplicates, things long done.

    A new message by the customer brings it back. Raises OperatorNeeded, NotFound, StaleView if something newer than
    `seen_sequence` was written, and InvalidTransition if it is archived already.
    """
    refuse_outsiders(by)
    conversation = hold_conversation(conversation_id)
    refuse_stale_eyes(conversation, by=by, seen_sequence=seen_sequence)
    conversation.archive(at=timezone.now())
    record("conversation.archived", by=by, subject=f"conversation:{conversation.pk}", reason=reason)
    publish(ConversationArchived(conversation.pk, conversation.customer_ref))
    return conversation
