from __future__ import annotations

import pytest

import cairnloop
from cairnloop.models import AuditEntry, Message, ReadMarker
from tests.factories import BILLING, LIN, MATEUS, actor_of

pytestmark = pytest.mark.django_db


def sequences(conversation):
    return list(conversation.messages.order_by("sequence").values_list("sequence", flat=True))


class TestReceiveMessage:
    def test_appends_in_order_and_keeps_waiting_since_the_first(self, conversation):
        since = conversation.waiting_since
        message = cairnloop.receive_message(conversation_id=conversation.pk, text="And CI is down.", by=LIN)
        conversation.refresh_from_db()
        assert message.sequence == 2
        assert conversation.sequence == 2
        assert conversation.waiting_since == since
        assert conversation.last_activity_at == message.created_at

    def test_writes_once_however_often_the_client_retries(self, conversation):
        first = cairnloop.receive_message(conversation_id=conversation.pk, text="Hi", by=LIN, client_id="w-2")
        again = cairnloop.receive_message(conversation_id=conversation.pk, text="Hi", by=LIN, client_id="w-2")
        assert again.pk == first.pk
        assert sequences(conversation) == [1, 2]

    def test_keeps_a_repeated_text_that_the_customer_really_wrote_twice(self, conversation):
        for client_id in ("w-2", "w-3"):
            cairnloop.receive_message(conversation_id=conversation.pk, text="ok", by=LIN, client_id=client_id)
        assert sequences(conversation) == [1, 2, 3]

    def test_hides_a_conversation_of_someone_else(self, conversation):
        with pytest.raises(cairnloop.NotFound):
            cairnloop.receive_message(conversation_id=conversation.pk, text="Hi", by=MATEUS)
        assert sequences(conversation) == [1]

    def test_refuses_anyone_but_a_customer(self, conversation, ada):
        with pytest.raises(cairnloop.NotAllowed):
            cairnloop.receive_message(conversation_id=conversation.pk, text="Hi", by=actor_of(ada))

    def test_reopens_what_was_resolved(self, conversation, ada):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        cairnloop.receive_message(conversation_id=conversation.pk, text="Not yet.", by=LIN)
        conversation.refresh_from_db()
        assert conversation.status == "open"
        assert conversation.resolved_at is None
        assert conversation.waiting_since is not None

    def test_reopens_what_was_archived(self, conversation, ada):
        cairnloop.archive_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        cairnloop.receive_message(conversation_id=conversation.pk, text="Still here.", by=LIN)
        conversation.refresh_from_db()
        assert conversation.status == "open"


class TestPostReply:
    def test_answers_and_ends_the_waiting(self, conversation, ada):
        message = cairnloop.post_reply(
            conversation_id=conversation.pk, text="Looking.", by=actor_of(ada), seen_sequence=1
        )
        conversation.refresh_from_db()
        assert (message.role, message.author_ref, message.author_name) == (
            "operator",
            str(ada.pk),
            "Ada Brandt",
        )
        assert conversation.waiting_since is None

    def test_refuses_when_the_customer_wrote_again(self, conversation, ada):
        cairnloop.receive_message(conversation_id=conversation.pk, text="Wait!", by=LIN)
        with pytest.raises(cairnloop.StaleView) as refusal:
            cairnloop.post_reply(conversation_id=conversation.pk, text="Done.", by=actor_of(ada), seen_sequence=1)
        assert refusal.value.missed == (2,)
        assert sequences(conversation) == [1, 2]
        assert not AuditEntry.objects.filter(action="conversation.replied").exists()

    @pytest.mark.parametrize("verb", ["post_reply", "add_note"])
    def test_refuses_when_a_colleague_was_faster(self, conversation, ada, grace, verb):
        getattr(cairnloop, verb)(conversation_id=conversation.pk, text="Mine.", by=actor_of(grace), seen_sequence=1)
        with pytest.raises(cairnloop.StaleView) as refusal:
            cairnloop.post_reply(conversation_id=conversation.pk, text="Done.", by=actor_of(ada), seen_sequence=1)
        assert refusal.value.missed == (2,)

    def test_is_not_held_up_by_ones_own_messages(self, conversation, ada):
        for text in ("First.", "Second."):
            cairnloop.post_reply(conversation_id=conversation.pk, text=text, by=actor_of(ada), seen_sequence=1)
        assert sequences(conversation) == [1, 2, 3]

    def test_gives_one_reply_for_a_double_click(self, conversation, ada):
        for _ in range(2):
            cairnloop.post_reply(
                conversation_id=conversation.pk,
                text="Done.",
                by=actor_of(ada),
                seen_sequence=1,
                client_id="f-1",
            )
        assert sequences(conversation) == [1, 2]

    def test_lets_the_hosts_code_speak_without_answering(self, conversation):
        cairnloop.post_reply(conversation_id=conversation.pk, text="We saw the payment fail.", by=BILLING)
        conversation.refresh_from_db()
        assert conversation.waiting_since is not None

    @pytest.mark.parametrize("outsider", [LIN, cairnloop.Actor.client("agent-1")])
    def test_refuses_customers_and_clients(self, conversation, outsider):
        with pytest.raises(cairnloop.OperatorNeeded):
            cairnloop.post_reply(conversation_id=conversation.pk, text="Hi", by=outsider)
        assert sequences(conversation) == [1]

    def test_reopens_a_resolved_conversation(self, conversation, ada):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        cairnloop.post_reply(conversation_id=conversation.pk, text="One more thing.", by=actor_of(ada))
        conversation.refresh_from_db()
        assert conversation.status == "open"

    def test_refuses_an_archived_conversation(self, conversation, ada):
        cairnloop.archive_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        with pytest.raises(cairnloop.InvalidTransition) as refusal:
            cairnloop.post_reply(conversation_id=conversation.pk, text="Hi", by=actor_of(ada))
        assert refusal.value.code == "conversation_archived"
        assert sequences(conversation) == [1]

    def test_answers_an_unknown_conversation_like_a_foreign_one(self, ada):
        with pytest.raises(cairnloop.NotFound):
            cairnloop.post_reply(conversation_id=999_999, text="Hi", by=actor_of(ada))

    def test_audits_the_reply_without_its_words(self, conversation, ada):
        cairnloop.post_reply(conversation_id=conversation.pk, text="Secret words.", by=actor_of(ada), seen_sequence=1)
        entry = AuditEntry.objects.get(action="conversation.replied")
        assert entry.evidence == {"sequence": 2, "seen_sequence": 1}
        assert "Secret" not in str(vars(entry))

    def test_reads_its_own_message_where_everything_before_was_read(self, conversation, ada):
        cairnloop.mark_read(conversation_id=conversation.pk, by=actor_of(ada), sequence=1)
        cairnloop.post_reply(conversation_id=conversation.pk, text="Looking.", by=actor_of(ada))
        assert ReadMarker.objects.get().sequence == 2


class TestBadInput:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"text": None},
            {"text": 5},
            {"conversation_id": "abc"},
            {"by": None},
            {"seen_sequence": 99},
            {"seen_sequence": -1},
            {"client_id": 5},
        ],
    )
    @pytest.mark.parametrize("verb", ["post_reply", "add_note"])
    def test_is_refused_in_words_and_leaves_nothing(self, conversation, ada, verb, wrong):
        given = {"conversation_id": conversation.pk, "text": "Hi", "by": actor_of(ada), "seen_sequence": 1, **wrong}
        with pytest.raises(cairnloop.CairnloopError) as refusal:
            getattr(cairnloop, verb)(**given)
        assert isinstance(refusal.value, (cairnloop.InvalidInput, cairnloop.NotAllowed))
        assert sequences(conversation) == [1]


class TestAddNote:
    def test_leaves_status_and_waiting_alone(self, conversation, ada):
        since = conversation.waiting_since
        note = cairnloop.add_note(conversation_id=conversation.pk, text="Known bug.", by=actor_of(ada), seen_sequence=1)
        conversation.refresh_from_db()
        assert note.role == "internal_note"
        assert conversation.waiting_since == since

    def test_leaves_no_trace_in_what_the_customer_sees_of_the_conversation(self, conversation, ada):
        cairnloop.add_note(conversation_id=conversation.pk, text="Known bug.", by=actor_of(ada))
        before = conversation.last_activity_at
        conversation.refresh_from_db()
        assert conversation.last_activity_at == before

    def test_stays_out_of_the_customers_thread(self, conversation, ada):
        cairnloop.add_note(conversation_id=conversation.pk, text="Known bug.", by=actor_of(ada))
        shown = Message.objects.filter(conversation=conversation).shown_to_customer()
        assert [message.sequence for message in shown] == [1]

    def test_refuses_when_the_customer_wrote_again(self, conversation, ada):
        cairnloop.receive_message(conversation_id=conversation.pk, text="Wait!", by=LIN)
        with pytest.raises(cairnloop.StaleView):
            cairnloop.add_note(conversation_id=conversation.pk, text="Hm.", by=actor_of(ada), seen_sequence=1)
        assert sequences(conversation) == [1, 2]


class TestMarkRead:
    def test_never_goes_back(self, conversation, ada):
        for text in ("And another", "And one more"):
            cairnloop.receive_message(conversation_id=conversation.pk, text=text, by=LIN)
        for sequence in (3, 1, 2):
            cairnloop.mark_read(conversation_id=conversation.pk, by=actor_of(ada), sequence=sequence)
        assert ReadMarker.objects.get().sequence == 3
