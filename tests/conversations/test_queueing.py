from __future__ import annotations

from typing import Any

import pytest

import cairnloop
from cairnloop.conversations.queries import next_in_line
from cairnloop.conversations.queueing import next_open_conversation
from cairnloop.models import Conversation
from tests.factories import actor_of, make_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(db: None) -> list[Conversation]:
    """Three conversations, from the longest waiting to the newest."""
    return [make_conversation(subject=f"Number {number}", customer_ref=f"c{number}") for number in range(3)]


def next_after(conversation: Conversation, *, by: Any = None, visible: Any = None) -> Conversation | None:
    return next_open_conversation(
        Conversation.objects.all() if visible is None else visible,
        operator_ref=str(by.pk) if by else None,
        after=conversation,
    )


class TestTheOrder:
    def test_is_one_for_home_and_for_going_on(self, ada, grace):
        """The most urgent first, then one's own, then whoever waits longest."""
        made = {
            name: make_conversation(subject=name, priority=priority)
            for name, priority in [
                ("low", "low"), ("free", "normal"), ("mine", "normal"), ("later", "normal"), ("high", "high"),
                ("urgent", "urgent"), ("hers", "urgent"), ("my high", "high"),
            ]
        }  # fmt: skip
        for name, who in [("mine", ada), ("my high", ada), ("hers", grace)]:
            cairnloop.assign_conversation(conversation_id=made[name].pk, to=actor_of(who), by=actor_of(who))
        expected = ["urgent", "my high", "high", "mine", "free", "later", "low"]
        every = Conversation.objects.all()
        assert [each.subject for each in next_in_line(every, operator=actor_of(ada), limit=9)] == expected
        passed, at = ["urgent"], made["urgent"]
        while (at := next_after(at, by=ada)) != made["urgent"]:
            passed.append(at.subject)
        assert passed == expected


class TestNextOpenConversation:
    def test_is_the_one_behind(self, queue):
        assert next_after(queue[0]) == queue[1]
        assert next_after(queue[1]) == queue[2]

    def test_starts_anew_behind_the_last(self, queue):
        assert next_after(queue[2]) == queue[0]

    def test_is_the_longest_waiting_when_coming_from_outside_the_queue(self, queue, ada):
        cairnloop.resolve_conversation(conversation_id=queue[1].pk, by=actor_of(ada))
        queue[1].refresh_from_db()
        assert next_after(queue[1]) == queue[0]

    def test_is_never_the_one_one_comes_from(self, conversation):
        assert next_after(conversation) is None

    def test_leaves_out_what_waits_for_nobody(self, queue, ada):
        cairnloop.post_reply(conversation_id=queue[1].pk, text="Here you are.", by=actor_of(ada))
        assert next_after(queue[0]) == queue[2]

    def test_leaves_out_what_a_colleague_has_taken_and_keeps_ones_own(self, queue, ada, grace):
        cairnloop.assign_conversation(conversation_id=queue[1].pk, to=actor_of(grace), by=actor_of(grace))
        assert next_after(queue[0], by=ada) == queue[2]
        assert next_after(queue[2], by=grace) == queue[1]
        queue[1].refresh_from_db()
        assert next_after(queue[1], by=grace) == queue[0]
        assert next_after(queue[0]) == queue[2]

    def test_stays_within_what_one_may_see(self, queue):
        assert next_after(queue[0], visible=Conversation.objects.exclude(pk=queue[1].pk)) == queue[2]
