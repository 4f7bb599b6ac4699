"""The list of a customer's conversations: in pages over every transport, and live over a socket."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from channels.layers import BaseChannelLayer
from django.utils import timezone

import cairnloop
from cairnloop.core import live
from cairnloop.models import Conversation
from cairnloop.widget.consumers import FOLLOW_LIMIT
from cairnloop.widget.desk import LISTED, UNREAD_LISTED, Desk
from cairnloop.widget.frames import Ready
from tests.factories import LIN, MATEUS, make_conversation
from tests.widget.visiting import Door, SocketDoor, SocketVisit

pytestmark = pytest.mark.django_db(transaction=True)
ADA = cairnloop.Actor.operator("7", name="Ada Brandt")


def reply(conversation: Conversation, text: str = "Answer") -> None:
    cairnloop.post_reply(conversation_id=conversation.pk, text=text, by=ADA)


class TestPages:
    def test_show_every_conversation_once_the_last_active_first(self, door: Door, lin_token: str) -> None:
        now = timezone.now()
        for number in range(2 * LISTED + 5):
            made = make_conversation(text=None)
            # Three at a time share a moment, so that pages also end between equals.
            Conversation.objects.filter(pk=made.pk).update(last_activity_at=now - timedelta(minutes=number // 3))
        make_conversation(customer_ref=MATEUS.ref)
        visit = door.enter(lin_token)
        lines, following = list(visit.ready["conversations"]), visit.ready["next"]
        assert len(lines) == LISTED
        while following:
            page = visit.ask({"type": "list", "before": following}, "conversations")
            assert page["before"] == following
            lines += page["conversations"]
            following = page.get("next")
        mine = Conversation.objects.owned_by(LIN.ref).order_by("-last_activity_at", "-public_id")
        assert [line["conversation"] for line in lines] == list(mine.values_list("public_id", flat=True))

    def test_end_without_a_place_to_go_on_from(self, door: Door, lin_token: str) -> None:
        for _ in range(LISTED):
            make_conversation(text=None)
        assert "next" not in door.enter(lin_token).ready

    @pytest.mark.parametrize("before", ["", "abc", "1.", "-1.abc", "1" * 18 + ".abc", "1.ABC", 7])
    def test_begin_only_where_a_page_ended(self, lin: Any, before: object) -> None:
        assert lin.ask({"type": "list", "before": before}, "conversations")["code"] == "frame_malformed"

    def test_behind_the_end_hold_nothing(self, door: Door, lin_token: str) -> None:
        make_conversation()
        page = door.enter(lin_token).ask({"type": "list", "before": "0.abc"}, "conversations")
        assert page == {"v": 1, "type": "conversations", "conversations": [], "before": "0.abc"}


class TestUnread:
    def test_answers_are_those_since_the_customer_wrote_or_was_shown_them(self, door: Door, lin_token: str) -> None:
        conversation, silent = make_conversation(), make_conversation(text=None)
        reply(conversation)
        visit = door.enter(lin_token)
        visit.say("Not that", client_id="a1", conversation=conversation.public_id)
        cairnloop.add_note(conversation_id=conversation.pk, text="Known bug.", by=ADA)
        for _ in range(2):
            reply(conversation)
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ADA)
        reply(silent)
        assert door.enter(lin_token).unread == {conversation.public_id: 2, silent.public_id: 1}
        other = door.enter(lin_token)
        for sequence in (4, 2):  # An older look that arrives late changes nothing.
            visit.see(conversation.public_id, sequence)
        other.wait_until(lambda: other.unread.get(conversation.public_id) == 1)
        visit.join(silent.public_id)
        other.join(silent.public_id)
        visit.see(silent.public_id, 1)
        other.wait_until(lambda: other.unread == {conversation.public_id: 1})
        problem = visit.ask({"type": "seen", "conversation": silent.public_id, "sequence": 2}, "never")
        assert problem["code"] == "impossible_view"

    def test_conversations_further_down_come_with_the_first_page(self, door: Door, lin_token: str) -> None:
        now = timezone.now()
        made = [make_conversation() for _ in range(UNREAD_LISTED + 2)]
        for number, conversation in enumerate(made):
            reply(conversation)
            Conversation.objects.filter(pk=conversation.pk).update(last_activity_at=now - timedelta(days=number + 1))
        for _ in range(LISTED):
            make_conversation()
        visit = door.enter(lin_token)
        assert [line["conversation"] for line in visit.ready["unread"]] == [
            each.public_id for each in made[:UNREAD_LISTED]
        ]
        assert {line["unread"] for line in visit.ready["conversations"]} == {0}
        visit.see(made[0].public_id, 2)
        visit.wait_until(lambda: list(visit.unread) == [each.public_id for each in made[1 : UNREAD_LISTED + 1]])
        reply(made[-1])
        visit.wait_until(lambda: visit.unread.get(made[-1].public_id) == 2)

    @pytest.mark.parametrize("conversations", [1, 2 * LISTED])
    def test_lines_cost_two_queries_however_many_there_are(
        self, conversations: int, django_assert_num_queries: Any
    ) -> None:
        for _ in range(conversations):
            reply(make_conversation())
        desk = Desk(visitor=cairnloop.Visitor(customer_ref=LIN.ref))
        with django_assert_num_queries(2):
            [ready] = desk.answer('{"type": "list"}')
        assert isinstance(ready, Ready)
        assert len(ready.conversations) == min(conversations, LISTED)


class TestNews:
    def test_of_a_conversation_nobody_joined_reach_the_visitor(self, door: Door, lin_token: str) -> None:
        conversation = make_conversation()
        visit = door.enter(lin_token)
        assert [line["sequence"] for line in visit.listed] == [1]
        reply(conversation)
        visit.wait_until(lambda: [line["sequence"] for line in visit.listed] == [2])
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ADA)
        visit.wait_until(lambda: [line["status"] for line in visit.listed] == ["resolved"])
        cairnloop.archive_conversation(conversation_id=conversation.pk, by=ADA)
        visit.wait_until(lambda: [line["status"] for line in visit.listed] == ["archived"])
        make_conversation(text=None)
        visit.wait_until(lambda: len(visit.listed) == 2)

    def test_of_a_conversation_begun_in_one_tab_reach_the_other(self, socket_door: SocketDoor, lin_token: str) -> None:
        first, second = socket_door.enter(lin_token), socket_door.enter(lin_token)
        opened = first.say("One", client_id="a1")["conversation"]
        second.wait_until(lambda: second.listed)
        assert second.listed[0]["conversation"] == opened

    def test_reach_a_visitor_whose_connection_follows_too_many(self, socket_door: SocketDoor, lin_token: str) -> None:
        visit = socket_door.enter(lin_token)
        conversations = [make_conversation(text=f"{number}") for number in range(FOLLOW_LIMIT + 1)]
        for conversation in conversations:
            visit.join(conversation.public_id)
        reply(conversations[0])
        visit.wait_until(lambda: visit.listed and visit.listed[0]["conversation"] == conversations[0].public_id)

    def test_of_many_changes_come_together(self, socket_door: SocketDoor, lin_token: str) -> None:
        conversations = [make_conversation() for _ in range(3)]
        visit = socket_door.enter(lin_token)
        for number in range(30):
            reply(conversations[number % 3], f"{number}")
        visit.wait_until(lambda: [line["sequence"] for line in visit.listed] == [11, 11, 11])
        assert len([frame for frame in visit.heard if frame["type"] == "conversations"]) <= 10

    def test_made_up_for_at_the_next_ping_when_a_hint_was_lost(self, socket_door: SocketDoor, lin_token: str) -> None:
        conversation = make_conversation()
        visit = socket_door.enter(lin_token)
        Conversation.objects.filter(pk=conversation.pk).update(subject="Behind the back of the live layer")
        visit.ask({"type": "ping"}, "pong")
        visit.wait_until(lambda: visit.listed[0]["subject"] == "Behind the back of the live layer")

    def test_are_not_told_of_other_customers_notes_and_colleagues(
        self, socket_door: SocketDoor, lin_token: str
    ) -> None:
        mine, theirs = make_conversation(), make_conversation(customer_ref=MATEUS.ref)
        visit = socket_door.enter(lin_token)
        reply(theirs)
        cairnloop.add_note(conversation_id=mine.pk, text="Known bug.", by=ADA)
        cairnloop.assign_conversation(conversation_id=mine.pk, to=ADA, by=ADA)
        # Pings are answered after whatever was hinted at before them.
        for _ in range(3):
            visit.ask({"type": "ping"}, "pong")
        assert {frame["type"] for frame in visit.heard} == {"ready", "pong"}


class TestTopic:
    def test_names_nobody_and_is_shared_by_nobody(self) -> None:
        refs = ["cust-lin", "cust-lin ", "CUST-LIN", "lin@northbeam.example", "x" * 200, "é\n*", "0"]
        topics = [live.customer_topic(ref) for ref in refs]
        assert len(set(topics)) == len(refs)
        assert not any(ref in topic for ref, topic in zip(refs[:-1], topics, strict=False))
        for topic in topics:
            assert BaseChannelLayer().require_valid_group_name(live.group_of(topic))

    def test_cannot_be_computed_without_the_hosts_key(self, settings: Any) -> None:
        before = live.customer_topic("cust-lin")
        settings.SECRET_KEY = "another key of another host"
        assert live.customer_topic("cust-lin") != before

    def test_is_left_when_the_connection_ends(self, socket_door: SocketDoor, lin_token: str) -> None:
        from tests.widget.visiting import eventually

        visit: SocketVisit = socket_door.enter(lin_token)
        group = live.group_of(live.customer_topic(LIN.ref))
        hubs = live.layer()._hubs.values()
        eventually(lambda: any(group in str(vars(hub)) for hub in hubs))
        visit.cut()
        eventually(lambda: not any(group in str(vars(hub)) for hub in hubs))
