from __future__ import annotations

import pytest

import cairnloop
from cairnloop.core import live
from tests.factories import actor_of
from tests.web.conversation.conftest import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def hints(settings):
    """What the customer's side of the conversation hears."""
    from channels.layers import channel_layers

    settings.CHANNEL_LAYERS = {"cairnloop": {"BACKEND": "tests.web.conversation.layer.RecordingLayer"}}
    channel_layers.backends.clear()
    live.layer().sent.clear()
    yield live.layer().sent
    channel_layers.backends.clear()


class TestTyping:
    def test_is_told_to_the_customer_alone(self, desk, conversation, hints):
        response = desk.act("conversation-typing", conversation, htmx=True)
        assert response.status_code == 204
        assert hints == [
            (
                live.group_of(live.thread_topic(conversation.pk)),
                {
                    "type": "live.hint",
                    "topic": live.thread_topic(conversation.pk),
                    "what": "typing",
                    "by": "operator",
                },
            )
        ]

    def test_is_not_told_for_those_who_may_not_reply(self, client, reader, outsider, conversation, hints):
        assert client.post(url("conversation-typing", conversation)).status_code == 302
        assert reader.act("conversation-typing", conversation).status_code == 403
        assert outsider.act("conversation-typing", conversation).status_code == 403
        assert hints == []

    def test_is_not_told_while_nobody_can_reply(self, desk, ada, conversation, hints):
        cairnloop.archive_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        hints.clear()
        assert desk.act("conversation-typing", conversation).status_code == 204
        assert hints == []
