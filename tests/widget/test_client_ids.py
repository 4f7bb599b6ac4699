"""What a customer is told is stored, is stored: whatever ids the host has used before them."""

from __future__ import annotations

import pytest

import cairnloop
from cairnloop.models import Message
from tests.factories import BILLING, LIN, make_conversation
from tests.widget.visiting import Door

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("text", ["The host says", None])
def test_an_acknowledged_message_is_stored_though_the_host_opened_with_the_same_id(door: Door, text: str | None):
    hosts = make_conversation(text=text, client_id="invoice-1", by=BILLING)
    visit = door.enter(cairnloop.sign_widget_token(customer_ref=LIN.ref, name=LIN.name))
    opened = visit.say("The customer says", client_id="invoice-1")
    written = Message.objects.get(text="The customer says")
    assert opened["conversation"] == written.conversation.public_id != hosts.public_id
    inside = visit.say("And here", client_id="invoice-1", conversation=hosts.public_id)
    assert inside["conversation"] == hosts.public_id
    assert Message.objects.get(text="And here").conversation == hosts
