from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction

import cairnloop
from cairnloop.core import live
from cairnloop.core.live import INBOX, conversation_topic, hint, thread_topic
from tests.factories import LIN, actor_of, make_conversation, make_operator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heard(settings):
    """Every hint sent, as it goes to the channel layer."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    layer = live.layer()

    class Ear:
        def __init__(self) -> None:
            self.channel = async_to_sync(layer.new_channel)()

        def to(self, topic: str) -> None:
            async_to_sync(layer.group_add)(live.group_of(topic), self.channel)

        def hints(self) -> list[tuple[str, str]]:
            async def drain() -> list[dict[str, str]]:
                found = []
                while layer.channels.get(self.channel) is not None and not layer.channels[self.channel].empty():
                    found.append(await layer.receive(self.channel))
                return found

            return [(message["topic"], message["what"]) for message in async_to_sync(drain)()]

    return Ear()


class TestHint:
    def test_travels_after_commit_and_once(self, heard):
        heard.to(INBOX)
        with transaction.atomic():
            hint(INBOX)
            hint(INBOX)
            assert heard.hints() == []
        assert heard.hints() == [(INBOX, "changed")]

    def test_stays_home_when_the_transaction_rolls_back(self, heard):
        heard.to(INBOX)
        with pytest.raises(RuntimeError), transaction.atomic():
            hint(INBOX)
            raise RuntimeError
        assert heard.hints() == []

    def test_of_a_rolled_back_savepoint_stays_home_alone(self, heard):
        heard.to(INBOX)
        heard.to("conversation.1")
        with transaction.atomic():
            hint(INBOX)
            with pytest.raises(RuntimeError), transaction.atomic():
                hint("conversation.1")
                raise RuntimeError
        assert heard.hints() == [(INBOX, "changed")]

    def test_a_dead_layer_never_changes_the_answer(self, settings):
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.core.test_live.DeadLayer"}}
        conversation = make_conversation()
        message = cairnloop.receive_message(conversation_id=conversation.pk, text="Hello?", by=LIN)
        assert message.sequence == 2


class DeadLayer:
    def __init__(self, **config: object) -> None: ...

    async def group_send(self, group: str, message: dict[str, object]) -> None:
        raise ConnectionError


class TestWhoHears:
    @pytest.fixture
    def conversation(self):
        return make_conversation()

    def test_operators_and_the_customer_hear_a_reply(self, heard, conversation):
        ada = make_operator("ada", first_name="Ada", last_name="Brandt")
        for topic in (INBOX, conversation_topic(conversation.pk), thread_topic(conversation.pk)):
            heard.to(topic)
        cairnloop.post_reply(conversation_id=conversation.pk, text="Looking.", by=actor_of(ada))
        assert {topic for topic, _ in heard.hints()} == {
            INBOX,
            conversation_topic(conversation.pk),
            thread_topic(conversation.pk),
        }

    def test_the_customer_does_not_hear_of_a_note(self, heard, conversation):
        ada = make_operator("ada", first_name="Ada", last_name="Brandt")
        heard.to(thread_topic(conversation.pk))
        cairnloop.add_note(conversation_id=conversation.pk, text="Known bug.", by=actor_of(ada))
        cairnloop.assign_conversation(conversation_id=conversation.pk, to=actor_of(ada), by=actor_of(ada))
        assert heard.hints() == []
