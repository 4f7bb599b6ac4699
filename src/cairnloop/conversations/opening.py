"""A conversation begins."""

from __future__ import annotations

from django.db import IntegrityError
from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.conf import get_settings
from cairnloop.conversations.events import ConversationOpened, MessageReceived
from cairnloop.conversations.models import Conversation, ConversationQuerySet, Message
from cairnloop.conversations.wording import (
    checked_client_id,
    checked_subject,
    checked_text,
)
from cairnloop.core import telemetry
from cairnloop.core.actors import NAME_CHARS, REF_CHARS, Actor
from cairnloop.core.errors import InvalidInput
from cairnloop.core.events import publish
from cairnloop.core.guards import refuse_outsiders, refuse_strangers
from cairnloop.core.texts import is_visible, refuse_unstorable, tidy_name
from cairnloop.core.transactions import command, savepoint

SHOWN = 40
"""How many characters of a wrong value are said again."""


class MissingCustomer(InvalidInput):
    """A conversation needs a customer_ref: your own identifier of the customer."""

    code = "missing_customer"


@command
def open_conversation(
    *,
    customer_ref: str,
    subject: str = "",
    text: str | None = None,
    customer_name: str = "",
    account_ref: str = "",
    account_name: str = "",
    priority: str = Conversation.Priority.NORMAL,
    channel: str = Conversation.Channel.HOST,
    client_id: str | None = None,
    by: Actor | None = None,
) -> Conversation:
    """Open a conversation with a customer, and write their first message if `text` is given.

    Without a subject the first line of `text` becomes one. With a `client_id`, a repeated call by the same opener
    returns the conversation of the first call and writes nothing. Names are kept on one line, and cut to 200
    characters. `by` is whoever opened it; the customer if absent.

    Raises InvalidInput when the customer is missing, a value is unknown, or `text` cannot be accepted, and
    OperatorNeeded when a client or another customer would open it.
    """
    _check(customer_ref, customer_name, account_ref, account_name, priority, channel)
    if by is not None:
        _check_opener(by, customer_ref)
    client_id = checked_client_id(client_id)
    if text is not None:
        text = checked_text(text, limit=get_settings().message_limit_chars)
    customer = Actor.customer(customer_ref, name=customer_name)
    opener = by or customer
    now = timezone.now()
    conversation = Conversation(
        customer_ref=customer_ref,
        customer_name=tidy_name(customer_name)[:NAME_CHARS],
        account_ref=account_ref,
        account_name=tidy_name(account_name)[:NAME_CHARS],
        subject=checked_subject(subject, text=text),
        priority=priority,
        channel=channel,
        client_id=client_id,
        opener_kind=opener.kind,
        opener_ref=opener.ref,
        opened_at=now,
        last_activity_at=now,
        changed_at=now,
    )
    if not _insert(conversation):
        return _opened_before(conversation).get()

    record(
        "conversation.opened",
        by=opener,
        subject=f"conversation:{conversation.pk}",
        evidence={"channel": conversation.channel},
    )
    publish(ConversationOpened(conversation.pk, customer_ref, conversation.channel))
    telemetry.count("conversation.opened", channel=conversation.channel)
    if text is not None:
        conversation.append(
            role=Message.Role.CUSTOMER,
            by=customer,
            text=text,
            at=now,
            # An id the host chose is none of the customer's: their own message may carry the same.
            client_id=client_id if opener.is_customer else None,
            waiting_since=now,
        )
        publish(MessageReceived(conversation.pk, customer_ref, conversation.sequence))
        telemetry.count("message.received", outcome="ok")
    return conversation


def _check_opener(by: Actor, customer_ref: str) -> None:
    refuse_strangers(by)
    if not (by.is_customer and by.ref == customer_ref):
        refuse_outsiders(by)


def _insert(conversation: Conversation) -> bool:
    """Insert the row; False if the same client id already opened one."""
    if conversation.client_id is None:
        conversation.save(force_insert=True)
        return True
    try:
        with savepoint():
            conversation.save(force_insert=True)
    except IntegrityError:
        if not _opened_before(conversation).exists():
            raise
        return False
    return True


def _opened_before(conversation: Conversation) -> ConversationQuerySet:
    """Those with this client id by the same opener: everybody has client ids of their own."""
    return Conversation.objects.owned_by(conversation.customer_ref).filter(
        client_id=conversation.client_id,
        opener_kind=conversation.opener_kind,
        opener_ref=conversation.opener_ref,
    )


def _check(
    customer_ref: str, customer_name: str, account_ref: str, account_name: str, priority: str, channel: str
) -> None:
    for value in (customer_ref, customer_name, account_ref, account_name):
        refuse_unstorable(value)
    if not any(map(is_visible, customer_ref)):
        raise MissingCustomer
    for name, value in (("customer_ref", customer_ref), ("account_ref", account_ref)):
        if len(value) > REF_CHARS:
            raise InvalidInput(
                f"{name} has {len(value)} characters, {REF_CHARS} are allowed. Pass a shorter identifier."
            )
    for name, value, known in (
        ("priority", priority, Conversation.Priority.values),
        ("channel", channel, Conversation.Channel.values),
    ):
        if value not in known:
            raise InvalidInput(f"{str(value)[:SHOWN]!r} is no {name}. Use one of: {', '.join(known)}.")
