from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

import cairnloop
from cairnloop.models import AuditEntry, Conversation, Message
from tests.factories import BILLING, LIN, MATEUS

pytestmark = pytest.mark.django_db


class TestOpenConversation:
    def test_writes_the_first_message_with_it(self):
        conversation = cairnloop.open_conversation(customer_ref=LIN.ref, text="Two charges for March.")
        message = conversation.messages.get()
        assert (message.sequence, message.role, message.text) == (1, "customer", "Two charges for March.")
        assert conversation.sequence == 1
        assert conversation.waiting_since == message.created_at
        assert conversation.status == "open"

    def test_waits_for_nobody_without_a_message(self):
        conversation = cairnloop.open_conversation(customer_ref=LIN.ref, subject="Payment failed", by=BILLING)
        assert conversation.waiting_since is None
        assert conversation.sequence == 0

    def test_takes_the_subject_from_the_first_line(self):
        conversation = cairnloop.open_conversation(customer_ref=LIN.ref, text="Runs are\tskipped\nsince Monday")
        assert conversation.subject == "Runs are skipped"

    def test_cuts_a_long_subject_between_words(self):
        conversation = cairnloop.open_conversation(customer_ref=LIN.ref, text="word " * 60)
        assert conversation.subject.endswith("word…")
        assert len(conversation.subject) <= 81

    def test_keeps_names_on_one_line_and_blank_ones_empty(self):
        conversation = cairnloop.open_conversation(
            customer_ref=LIN.ref, customer_name="  ", account_name=" \u202eNorthbeam\n" + "x" * 300, text="Hi"
        )
        assert conversation.customer_name == ""
        assert conversation.account_name == f"Northbeam {'x' * 190}"

    def test_keeps_the_operator_side_empty(self):
        conversation = cairnloop.open_conversation(customer_ref=LIN.ref, text="Hello")
        assert (conversation.customer_ref, conversation.assignee_ref) == (LIN.ref, "")

    def test_audits_who_opened_it(self):
        conversation = cairnloop.open_conversation(customer_ref=LIN.ref, subject="Payment failed", by=BILLING)
        entry = AuditEntry.objects.get(stream=f"conversation:{conversation.pk}")
        assert (entry.action, entry.actor_kind, entry.actor_ref) == (
            "conversation.opened",
            "system",
            "billing",
        )

    def test_returns_the_first_one_when_a_client_retries(self):
        first = cairnloop.open_conversation(customer_ref=LIN.ref, text="Hello", client_id="w-1")
        again = cairnloop.open_conversation(customer_ref=LIN.ref, text="Hello", client_id="w-1")
        assert again.pk == first.pk
        assert Message.objects.count() == 1
        assert AuditEntry.objects.count() == 1

    def test_does_not_mix_up_equal_client_ids_of_two_customers(self):
        first = cairnloop.open_conversation(customer_ref=LIN.ref, text="Hello", client_id="w-1")
        other = cairnloop.open_conversation(customer_ref=MATEUS.ref, text="Hello", client_id="w-1")
        assert other.pk != first.pk

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"customer_ref": " "}, "missing_customer"),
            ({"customer_ref": "\u200b"}, "missing_customer"),
            ({"customer_ref": 5}, "not_text"),
            ({"account_ref": None}, "not_text"),
            ({"text": 5}, "not_text"),
            ({"customer_ref": "x" * 201}, "invalid_input"),
            ({"text": " \n "}, "empty_message"),
            ({"text": "\u200b\u2060 \ufeff"}, "empty_message"),
            ({"text": "\ufe0f\u034f\u17b4\U000e0100"}, "empty_message"),
            ({"text": "\u3164"}, "empty_message"),
            ({"text": "a" * 10_001}, "message_too_long"),
            ({"text": "nul \x00"}, "unstorable_text"),
            ({"text": "surrogate \ud800"}, "unstorable_text"),
            ({"subject": "nul \x00"}, "unstorable_text"),
            ({"customer_name": "nul \x00"}, "unstorable_text"),
            ({"client_id": "no spaces"}, "invalid_client_id"),
            ({"client_id": "x" * 65}, "invalid_client_id"),
            ({"priority": "asap"}, "invalid_input"),
            ({"channel": "fax"}, "invalid_input"),
        ],
    )
    def test_refuses_bad_input_and_leaves_nothing(self, wrong, code):
        with pytest.raises(cairnloop.InvalidInput) as refusal:
            cairnloop.open_conversation(**{"customer_ref": LIN.ref, "text": "Hello", **wrong})
        assert refusal.value.code == code
        assert refusal.value.message
        assert not Conversation.objects.exists()
        assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestOpenConversationUnderRetries:
    def test_opens_one_conversation_for_many_simultaneous_tries(self):
        barrier = threading.Barrier(6)
        opened: list[int] = []

        def attempt() -> None:
            try:
                barrier.wait()
                opened.append(cairnloop.open_conversation(customer_ref=LIN.ref, text="Hello", client_id="w-1").pk)
            finally:
                connection.close()

        threads = [threading.Thread(target=attempt) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(opened) == 6
        assert len(set(opened)) == 1
        assert Message.objects.count() == 1

    def test_vanishes_with_the_hosts_own_transaction(self):
        with pytest.raises(RuntimeError), transaction.atomic():
            cairnloop.open_conversation(customer_ref=LIN.ref, text="Hello")
            raise RuntimeError
        assert not Conversation.objects.exists()
        assert not Message.objects.exists()
        assert not AuditEntry.objects.exists()
