"""What no verb may do: answer a caller's mistake with an error of the database or of Python, or write half of it."""

from __future__ import annotations

import pytest
from django.db import connection

import cairnloop
from cairnloop.conversations.holding import ClientIdTaken
from cairnloop.core.actors import NAME_CHARS
from cairnloop.models import AuditEntry, Message, ReadMarker
from tests.factories import BILLING, LIN, actor_of, make_conversation

pytestmark = pytest.mark.django_db

STRANGE_IDS = [None, "x", True, 0, -1, 2**31, 2**63, 1.5]
NO_ACTORS = [None, "ada", 7]


class TestLongNames:
    def test_are_cut_and_keep_nobody_from_working(self, conversation):
        ada = cairnloop.Actor.operator("7", name="A" * 150 + " " + "B" * 150)
        cairnloop.post_reply(conversation_id=conversation.pk, text="Hello", by=ada)
        cairnloop.add_note(conversation_id=conversation.pk, text="Hello", by=ada)
        cairnloop.assign_conversation(conversation_id=conversation.pk, to=ada, by=ada)
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ada)
        names = Message.objects.exclude(role="customer").values_list("author_name", flat=True)
        assert {len(name) for name in names} == {NAME_CHARS}

    def test_lose_what_cannot_be_stored(self):
        assert cairnloop.Actor.operator("7", name="A\x00d\ud800a").name == "Ada"

    @pytest.mark.parametrize("ref", ["a\x00", "a\ud800"])
    def test_refs_do_not(self, ref):
        with pytest.raises(cairnloop.InvalidInput):
            cairnloop.Actor.customer(ref)


class TestActors:
    @pytest.mark.parametrize("kind", ["operator", None, 7])
    def test_are_of_a_kind(self, kind):
        with pytest.raises(cairnloop.InvalidInput):
            cairnloop.Actor(kind, "7")

    def test_carry_names_that_turn_nothing_around(self):
        assert cairnloop.Actor.operator("7", name=" Op\u202eer\n").name == "Oper"

    def test_who_is_no_customer_rates_nothing(self, conversation, ada):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        with pytest.raises(cairnloop.CairnloopError):
            cairnloop.record_rating(
                conversation_id=conversation.pk, rating="positive", by=cairnloop.Actor.operator(LIN.ref)
            )


class TestClientIds:
    def test_of_a_customer_never_swallow_the_hosts_reply(self, conversation):
        cairnloop.receive_message(conversation_id=conversation.pk, text="hello", by=LIN, client_id="invoice-42")
        reply = cairnloop.post_reply(
            conversation_id=conversation.pk, text="Your invoice was refunded", by=BILLING, client_id="invoice-42"
        )
        assert (reply.role, reply.text) == ("operator", "Your invoice was refunded")
        again = cairnloop.post_reply(
            conversation_id=conversation.pk, text="Your invoice was refunded", by=BILLING, client_id="invoice-42"
        )
        assert again == reply

    def test_of_operators_never_swallow_the_customers_message(self, conversation, ada):
        by = actor_of(ada)
        cairnloop.add_note(conversation_id=conversation.pk, text="Secret", by=by, client_id="op-1")
        message = cairnloop.receive_message(conversation_id=conversation.pk, text="hello", by=LIN, client_id="op-1")
        assert (message.role, message.text) == ("customer", "hello")

    def test_of_the_host_and_of_the_customer_open_two_conversations(self):
        hosts = make_conversation(text="From the host", client_id="invoice-1", by=BILLING)
        customers = make_conversation(text="From the customer", client_id="invoice-1")
        assert hosts != customers
        assert make_conversation(text="Again", client_id="invoice-1", by=BILLING) == hosts
        assert make_conversation(text="Again", client_id="invoice-1") == customers
        message = cairnloop.receive_message(
            conversation_id=hosts.pk, text="In the host's", by=LIN, client_id="invoice-1"
        )
        assert message.text == "In the host's"

    def test_of_a_note_cannot_be_a_replys_too(self, conversation, ada):
        by = actor_of(ada)
        cairnloop.add_note(conversation_id=conversation.pk, text="Secret", by=by, client_id="op-1")
        with pytest.raises(ClientIdTaken):
            cairnloop.post_reply(conversation_id=conversation.pk, text="Hello", by=by, client_id="op-1")
        assert conversation.messages.filter(role="operator").count() == 0


class TestEveryVerb:
    VERBS = {
        "post_reply": {"text": "Hello"},
        "add_note": {"text": "Hello"},
        "resolve_conversation": {},
        "reopen_conversation": {},
        "archive_conversation": {},
        "assign_conversation": {"to": None},
        "mark_read": {"sequence": 1},
        "receive_message": {"text": "Hello"},
        "record_rating": {"rating": "positive"},
    }

    def refused(self, verb: str, **arguments: object) -> None:
        before = (Message.objects.count(), ReadMarker.objects.count(), AuditEntry.objects.count())
        with pytest.raises(cairnloop.CairnloopError):
            getattr(cairnloop, verb)(**{**self.VERBS[verb], **arguments})
        # What a deferred constraint would say at the commit.
        connection.check_constraints()
        assert (Message.objects.count(), ReadMarker.objects.count(), AuditEntry.objects.count()) == before

    @pytest.mark.parametrize("verb", VERBS)
    @pytest.mark.parametrize("conversation_id", STRANGE_IDS)
    def test_refuses_what_is_no_conversation(self, ada, verb, conversation_id):
        by = LIN if verb in {"receive_message", "record_rating"} else actor_of(ada)
        self.refused(verb, conversation_id=conversation_id, by=by)

    @pytest.mark.parametrize("verb", VERBS)
    @pytest.mark.parametrize("by", NO_ACTORS)
    def test_refuses_who_is_no_actor(self, conversation, verb, by):
        self.refused(verb, conversation_id=conversation.pk, by=by)

    @pytest.mark.parametrize("verb", ["post_reply", "add_note", "resolve_conversation"])
    @pytest.mark.parametrize("seen", ["1", True, 1.0, -1, 99])
    def test_refuses_what_nobody_has_seen(self, conversation, ada, verb, seen):
        self.refused(verb, conversation_id=conversation.pk, by=actor_of(ada), seen_sequence=seen)

    @pytest.mark.parametrize("sequence", ["1", True, -1, 99, None])
    def test_marks_nothing_as_read_that_is_not_there(self, conversation, ada, sequence):
        self.refused("mark_read", conversation_id=conversation.pk, by=actor_of(ada), sequence=sequence)

    @pytest.mark.parametrize("verb", ["resolve_conversation", "archive_conversation"])
    def test_refuses_a_reason_that_is_no_text(self, conversation, ada, verb):
        with pytest.raises(cairnloop.CairnloopError):
            getattr(cairnloop, verb)(conversation_id=conversation.pk, by=actor_of(ada), reason=None)

    @pytest.mark.parametrize("to", ["ada", LIN, BILLING, cairnloop.Actor.client("claude")])
    def test_assigns_to_operators_only(self, conversation, ada, to):
        self.refused("assign_conversation", conversation_id=conversation.pk, by=actor_of(ada), to=to)

    @pytest.mark.parametrize("by", ["ada", cairnloop.Actor.client("claude"), cairnloop.Actor.customer("cust-other")])
    def test_lets_nobody_else_open_a_conversation(self, by):
        with pytest.raises(cairnloop.CairnloopError):
            make_conversation(by=by)
