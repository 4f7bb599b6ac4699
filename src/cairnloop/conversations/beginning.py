"""A customer's first message begins a conversation, and those of two tabs at once begin one together."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from cairnloop.conversations.messaging import CustomerNeeded, receive_message
from cairnloop.conversations.models import Conversation, Message
from cairnloop.conversations.opening import open_conversation
from cairnloop.conversations.wording import checked_client_id
from cairnloop.core.actors import Actor
from cairnloop.core.transactions import command

TOGETHER_SECONDS = 10
"""Longer than a tab needs to hear what another one began, and shorter than anybody takes to come to another matter."""


@command
def begin_conversation(
    *, text: str, client_id: str, channel: str, by: Actor, account_ref: str = "", account_name: str = ""
) -> Message:
    """Write a customer's first message, into a conversation of its own or the one they began a moment ago.

    For a sender that did not know of that one, and would have gone on with it. A repeated call returns the message of
    the first, wherever that was written. Raises what `open_conversation` raises, and CustomerNeeded.
    """
    if not by.is_customer:
        raise CustomerNeeded
    checked_client_id(client_id)
    _hold_customer(by.ref)
    earlier = first_message(customer_ref=by.ref, client_id=client_id)
    if earlier is not None:
        return earlier
    since = timezone.now() - timedelta(seconds=TOGETHER_SECONDS)
    begun = Conversation.objects.owned_by(by.ref).open().through(channel).opened_by(by).opened_since(since).last()
    if begun is not None:
        return receive_message(conversation_id=begun.pk, text=text, by=by, client_id=client_id)
    open_conversation(
        customer_ref=by.ref,
        customer_name=by.name,
        account_ref=account_ref,
        account_name=account_name,
        text=text,
        channel=channel,
        client_id=client_id,
        by=by,
    )
    message = first_message(customer_ref=by.ref, client_id=client_id)
    assert message is not None, "it has just been written"
    return message


def first_message(*, customer_ref: str, client_id: str) -> Message | None:
    """Return what a customer wrote with a client id, in whichever of their conversations; None if nothing."""
    customer = Actor.customer(customer_ref)
    written = Message.objects.filter(
        conversation__customer_ref=customer_ref,
        role=Message.Role.CUSTOMER,
        author_kind=customer.kind,
        author_ref=customer.ref,
        client_id=client_id,
    )
    return written.select_related("conversation").order_by("id").last()


def _hold_customer(customer_ref: str) -> None:
    """Let one transaction at a time begin something for a customer: there is no row yet that could be locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"cairnloop.customer:{customer_ref}"])
