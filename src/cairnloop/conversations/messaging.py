"""A customer writes, an operator answers, a colleague leaves a note."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from cairnloop.audit.recording import record
from cairnloop.conf import get_settings
from cairnloop.conversations.appending import append_from_customer
from cairnloop.conversations.events import ConversationReopened, MessageReceived, NoteAdded, ReplyPosted
from cairnloop.conversations.holding import (
    already_written,
    hold_conversation,
    refuse_stale_eyes,
)
from cairnloop.conversations.models import Conversation, Message, ReadMarker
from cairnloop.conversations.wording import checked_client_id, checked_text
from cairnloop.core import telemetry
from cairnloop.core.actors import Actor, ActorKind
from cairnloop.core.errors import InvalidTransition, NotAllowed
from cairnloop.core.events import publish
from cairnloop.core.guards import checked_id, refuse_outsiders
from cairnloop.core.transactions import command


class CustomerNeeded(NotAllowed):
    """Only the customer of a conversation writes as the customer. Nothing was written."""

    code = "customer_needed"


class ConversationArchivedError(InvalidTransition):
    """This conversation is archived. Reopen it before writing; nothing was written."""

    code = "conversation_archived"


def receive_message(*, conversation_id: int, text: str, by: Actor, client_id: str | None = None) -> Message:
    """Write what a customer said, and reopen the conversation if it was resolved or archived.

    With a `client_id`, a repeated call returns the message of the first and writes nothing: a client may retry
    until it hears back. Raises NotFound for a conversation of someone else, and InvalidInput.
    """
    if not isinstance(by, Actor) or not by.is_customer:
        raise CustomerNeeded
    conversation_id = checked_id(conversation_id, name="conversation_id")
    text = checked_text(text, limit=get_settings().message_limit_chars)
    client_id = checked_client_id(client_id)
    try:
        message = _receive_while_open(conversation_id=conversation_id, text=text, by=by, client_id=client_id)
    except IntegrityError:
        # Written before under this client id; the attempt has been rolled back, so look it up below.
        message = None
    return message or _receive_in_any_state(conversation_id=conversation_id, text=text, by=by, client_id=client_id)


@command
def _receive_while_open(*, conversation_id: int, text: str, by: Actor, client_id: str | None) -> Message | None:
    message = append_from_customer(
        conversation_id=conversation_id, text=text, by=by, at=timezone.now(), client_id=client_id
    )
    if message is not None:
        _announce(message)
    return message


@command
def _receive_in_any_state(*, conversation_id: int, text: str, by: Actor, client_id: str | None) -> Message:
    conversation = hold_conversation(conversation_id, owner=by)
    earlier = already_written(conversation, client_id, by=by, role=Message.Role.CUSTOMER)
    if earlier is not None:
        telemetry.count("message.received", outcome="duplicate")
        return earlier
    now = timezone.now()
    if not conversation.is_open:
        _reopen(conversation, by=by)
    message = conversation.append(
        role=Message.Role.CUSTOMER,
        by=by,
        text=text,
        at=now,
        client_id=client_id,
        waiting_since=conversation.waiting_since or now,
    )
    _announce(message)
    return message


def _announce(message: Message) -> None:
    publish(MessageReceived(message.conversation_id, message.author_ref, message.sequence))
    telemetry.count("message.received", outcome="ok")


@command
def post_reply(
    *,
    conversation_id: int,
    text: str,
    by: Actor,
    seen_sequence: int | None = None,
    client_id: str | None = None,
) -> Message:
    """Answer the customer, and reopen the conversation if it was resolved.

    `seen_sequence` is the last sequence the writer saw: if the customer or a colleague wrote since, nothing is
    written and StaleView says what was missed. With a `client_id`, a repeated call returns the first reply.

    Raises OperatorNeeded, NotFound, InvalidInput, StaleView, or ConversationArchivedError.
    """
    refuse_outsiders(by)
    text = checked_text(text, limit=get_settings().message_limit_chars)
    client_id = checked_client_id(client_id)
    conversation = hold_conversation(conversation_id)
    earlier = already_written(conversation, client_id, by=by, role=Message.Role.OPERATOR)
    if earlier is not None:
        telemetry.count("message.replied", outcome="duplicate")
        return earlier
    if conversation.is_archived:
        raise ConversationArchivedError
    refuse_stale_eyes(conversation, by=by, seen_sequence=seen_sequence)

    now = timezone.now()
    if not conversation.is_open:
        _reopen(conversation, by=by)
    # The host's own code may speak up without answering: only a person ends the customer's waiting.
    return _reply(
        conversation,
        text=text,
        by=by,
        seen_sequence=seen_sequence,
        client_id=client_id,
        at=now,
        is_answer=by.kind is ActorKind.OPERATOR,
    )


@command
def post_automatic_reply(*, conversation_id: int, text: str, by: Actor, seen_sequence: int) -> Message:
    """Answer the customer without a person, as a policy allowed it; the reply is marked as automatic.

    The customer has their answer then. Takes and raises the same as `post_reply`, except that it reopens nothing:
    raises InvalidTransition unless the conversation is open.
    """
    if by.kind is not ActorKind.SYSTEM:
        raise NotAllowed
    text = checked_text(text, limit=get_settings().message_limit_chars)
    conversation = hold_conversation(conversation_id)
    if not conversation.is_open:
        raise InvalidTransition
    refuse_stale_eyes(conversation, by=by, seen_sequence=seen_sequence)
    # Customers are shown the name: the ref of a part of the system would tell them nothing.
    return _reply(
        conversation,
        text=text,
        by=Actor(by.kind, by.ref, _("Automatic reply")),
        seen_sequence=seen_sequence,
        at=timezone.now(),
        is_answer=True,
        metadata={"type": Message.AUTOMATIC},
    )


def _reply(
    conversation: Conversation,
    *,
    text: str,
    by: Actor,
    seen_sequence: int | None,
    at: datetime,
    is_answer: bool,
    client_id: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> Message:
    answered: dict[str, Any] = {"waiting_since": None} if is_answer else {}
    message = conversation.append(
        role=Message.Role.OPERATOR, by=by, text=text, at=at, client_id=client_id, metadata=metadata, **answered
    )
    _mark_own(conversation, by=by, sequence=message.sequence)
    record(
        "conversation.replied",
        by=by,
        subject=f"conversation:{conversation.pk}",
        evidence={"sequence": message.sequence, "seen_sequence": seen_sequence},
    )
    publish(ReplyPosted(conversation.pk, conversation.customer_ref, message.sequence))
    telemetry.count("message.replied", outcome="ok")
    return message


@command
def add_note(
    *,
    conversation_id: int,
    text: str,
    by: Actor,
    seen_sequence: int | None = None,
    client_id: str | None = None,
) -> Message:
    """Leave a note for colleagues; the customer never sees it, and the status stays as it is.

    Takes and raises the same as `post_reply`, except that archived conversations may be annotated too.
    """
    refuse_outsiders(by)
    text = checked_text(text, limit=get_settings().message_limit_chars)
    client_id = checked_client_id(client_id)
    conversation = hold_conversation(conversation_id)
    earlier = already_written(conversation, client_id, by=by, role=Message.Role.INTERNAL_NOTE)
    if earlier is not None:
        return earlier
    refuse_stale_eyes(conversation, by=by, seen_sequence=seen_sequence)

    # The customer sees when their conversation was last active: a note must not show there.
    message = conversation.append(
        role=Message.Role.INTERNAL_NOTE,
        by=by,
        text=text,
        at=timezone.now(),
        client_id=client_id,
        last_activity_at=conversation.last_activity_at,
    )
    _mark_own(conversation, by=by, sequence=message.sequence)
    record(
        "conversation.note_added",
        by=by,
        subject=f"conversation:{conversation.pk}",
        evidence={"sequence": message.sequence},
    )
    publish(NoteAdded(conversation.pk, message.sequence))
    return message


def _reopen(conversation: Conversation, *, by: Actor) -> None:
    conversation.reopen(at=timezone.now())
    record(
        "conversation.reopened",
        by=by,
        subject=f"conversation:{conversation.pk}",
        reason="A new message arrived.",
    )
    publish(ConversationReopened(conversation.pk, conversation.customer_ref))


def _mark_own(conversation: Conversation, *, by: Actor, sequence: int) -> None:
    """What one wrote oneself is read, provided everything before it was."""
    if by.kind is not ActorKind.OPERATOR:
        return
    marker = ReadMarker.objects.filter(conversation=conversation, operator_ref=by.ref)
    marker.filter(sequence=sequence - 1).update(sequence=sequence, read_at=timezone.now())
