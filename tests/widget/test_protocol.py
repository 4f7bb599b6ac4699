"""What a customer can do through the widget, the same over every transport."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

import cairnloop
from cairnloop.conversations.beginning import TOGETHER_SECONDS
from cairnloop.conversations.events import MessageReceived
from cairnloop.core.events import subscribed
from cairnloop.models import AuditEntry, Conversation, Message
from cairnloop.widget import desk
from tests.factories import LIN, MATEUS, make_conversation
from tests.widget.visiting import Door, SocketDoor

pytestmark = pytest.mark.django_db(transaction=True)
ADA = cairnloop.Actor.operator("7", name="Ada Brandt")


class TestComingIn:
    def test_creates_no_conversation(self, lin: Any) -> None:
        assert lin.ready["conversations"] == []
        assert not Conversation.objects.exists()

    def test_lists_only_the_visitors_own_conversations(self, door: Door, lin_token: str) -> None:
        mine = make_conversation()
        make_conversation(customer_ref=MATEUS.ref)
        listed = door.enter(lin_token).ready["conversations"]
        assert [(line["conversation"], line["subject"], line["status"]) for line in listed] == [
            (mine.public_id, "Charged twice for March", "open")
        ]

    def test_speaks_the_language_of_the_page(self, door: Door, lin_token: str, settings: Any) -> None:
        strings = door.enter(lin_token, language="xx-not-a-language").ready["config"]["strings"]
        assert strings["send"] == "Send"

    def test_names_a_storage_that_no_other_customer_shares(self, door: Door, lin_token: str, mateus_token: str) -> None:
        stores = [door.enter(token).ready["config"]["store"] for token in (lin_token, mateus_token, lin_token)]
        assert stores[0] == stores[2] != stores[1]
        assert LIN.ref not in stores[0]


class TestWriting:
    def test_opens_a_conversation_with_the_first_message(self, lin: Any) -> None:
        ack = lin.say("Two charges for March.\nOne invoice.", client_id="a1")
        conversation = Conversation.objects.get()
        assert ack == {
            "v": 1,
            "type": "ack",
            "client_id": "a1",
            "conversation": conversation.public_id,
            "sequence": 1,
        }
        assert (conversation.customer_ref, conversation.customer_name) == (LIN.ref, LIN.name)
        assert (conversation.account_ref, conversation.channel) == ("northbeam", "widget")
        assert conversation.subject == "Two charges for March."

    def test_appends_to_the_conversation_it_names(self, lin: Any) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        assert lin.say("Two", client_id="a2", conversation=opened)["sequence"] == 2
        assert Conversation.objects.count() == 1

    def test_opens_a_second_conversation_only_when_it_names_none(self, lin: Any) -> None:
        first = lin.say("One", client_id="a1")["conversation"]
        second = lin.say("Another matter", client_id="a2")["conversation"]
        assert first != second

    def test_counts_a_retry_as_the_same_message(self, lin: Any) -> None:
        first = lin.say("One", client_id="a1")
        again = lin.say("One", client_id="a1")
        second = lin.say("Two", client_id="a2", conversation=first["conversation"])
        second_again = lin.say("Two", client_id="a2", conversation=first["conversation"])
        assert again == first
        assert second_again == second
        assert [message.text for message in Message.objects.order_by("sequence")] == ["One", "Two"]

    def test_answers_a_retry_of_the_first_message_even_after_more_was_written(self, lin: Any) -> None:
        first = lin.say("One", client_id="a1")
        lin.say("Two", client_id="a2", conversation=first["conversation"])
        assert lin.say("One", client_id="a1")["sequence"] == 1

    def test_makes_one_message_of_duplicates_sent_at_the_same_time(self, door: Door, lin_token: str) -> None:
        visits = [door.enter(lin_token) for _ in range(4)]
        with ThreadPoolExecutor(len(visits)) as pool:
            acks = list(pool.map(lambda visit: visit.say("Once", client_id="same"), visits))
        assert {(ack["conversation"], ack["sequence"]) for ack in acks} == {(Conversation.objects.get().public_id, 1)}
        assert Message.objects.count() == 1

    def test_begins_one_conversation_with_the_first_messages_of_two_tabs_at_once(
        self, door: Door, lin_token: str, mateus_token: str
    ) -> None:
        visits = [door.enter(lin_token) for _ in range(3)] + [door.enter(mateus_token)]
        first = [
            {"type": "message", "client_id": f"a{number}", "text": f"Tab {number}", "unless_begun": True}
            for number in range(4)
        ]
        with ThreadPoolExecutor(len(visits)) as pool:
            acks = list(pool.map(lambda visit, frame: visit.ask(frame, "ack"), visits, first))
        assert len({ack["conversation"] for ack in acks[:3]}) == 1
        assert sorted(ack["sequence"] for ack in acks[:3]) == [1, 2, 3]
        assert acks[3]["conversation"] != acks[0]["conversation"]
        assert Conversation.objects.count() == 2

        # A repetition is the same message, however late it comes; a first message that comes late is another matter.
        Conversation.objects.update(opened_at=timezone.now() - timedelta(seconds=TOGETHER_SECONDS + 1))
        assert [visit.ask(frame, "ack") for visit, frame in zip(visits, first, strict=True)] == acks
        late = visits[0].ask({**first[0], "client_id": "b1"}, "ack")
        assert late["sequence"] == 1
        assert Conversation.objects.count() == 3
        assert visits[0].say("Asked for", client_id="b2")["conversation"] != late["conversation"]

    def test_keeps_equal_texts_with_different_client_ids_apart(self, lin: Any) -> None:
        opened = lin.say("Hello?", client_id="a1")["conversation"]
        lin.say("Hello?", client_id="a2", conversation=opened)
        assert Message.objects.count() == 2

    def test_reopens_a_resolved_conversation(self, lin: Any) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        conversation = Conversation.objects.get()
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ADA)
        assert lin.say("Not yet", client_id="a2", conversation=opened)["type"] == "ack"
        conversation.refresh_from_db()
        assert conversation.is_open

    def test_shows_the_writer_their_own_message_with_its_client_id(self, lin: Any) -> None:
        opened = lin.say("<b>One</b>", client_id="a1")["conversation"]
        lin.wait_until(lambda: lin.threads[opened])
        [message] = lin.threads[opened]
        assert (message["text"], message["client_id"], message["role"]) == ("<b>One</b>", "a1", "customer")
        assert "html" not in message

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "empty_message"),
            (" \n\t ", "empty_message"),
            ("x" * 10_001, "message_too_long"),
            ("\0", "unstorable_text"),
        ],
    )
    def test_refuses_a_text_that_cannot_stand(self, lin: Any, text: str, code: str) -> None:
        problem = lin.say(text, client_id="a1")
        assert (problem["type"], problem["code"], problem["client_id"]) == ("error", code, "a1")
        assert problem["message"]
        assert not Conversation.objects.exists()
        assert lin.say("Fine", client_id="a2")["type"] == "ack"

    def test_refuses_a_client_id_that_cannot_be_one(self, lin: Any) -> None:
        for more in ({}, {"unless_begun": True}):
            for client_id in ("has space", "\0"):
                frame = {"type": "message", "client_id": client_id, "text": "One", **more}
                assert lin.ask(frame, "ack")["code"] == "invalid_client_id"
        assert not Message.objects.exists()


class TestAcknowledging:
    def test_waits_for_the_commit(self, door: Door, lin_token: str) -> None:
        visit = door.enter(lin_token)
        opened = visit.say("One", client_id="a1")["conversation"]
        answers: list[Any] = []
        with transaction.atomic():
            Conversation.objects.locked().get()
            writing = threading.Thread(
                target=lambda: answers.append(visit.say("Two", client_id="a2", conversation=opened))
            )
            writing.start()
            writing.join(0.3)
            assert answers == []
        writing.join()
        assert [answer["type"] for answer in answers] == ["ack"]

    def test_never_follows_a_failure_to_store(self, lin: Any) -> None:
        def fail(event: MessageReceived) -> None:
            raise RuntimeError("the disk is full")

        with subscribed(MessageReceived, fail):
            problem = lin.say("One", client_id="a1")
        assert (problem["code"], problem["client_id"]) == ("unavailable", "a1")
        assert "disk" not in problem["message"]
        assert not Conversation.objects.exists()
        assert lin.say("One", client_id="a1")["type"] == "ack"

    def test_never_follows_a_failure_to_commit(self, lin: Any) -> None:
        def break_a_deferred_constraint(event: MessageReceived) -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO cairnloop_readmarker (conversation_id, operator_ref, sequence, read_at)"
                    " VALUES (-1, 'nobody', 1, now())"
                )

        with subscribed(MessageReceived, break_a_deferred_constraint):
            problem = lin.say("One", client_id="a1")
        assert problem["code"] == "unavailable"
        assert not Message.objects.exists()
        assert lin.say("One", client_id="a1")["sequence"] == 1


class TestReading:
    def test_delivers_an_operators_reply_as_safe_html(self, lin: Any) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        text = "See **this** <script>alert(1)</script> [link](javascript:alert(1)) [ok](https://trailmark.example)"
        cairnloop.post_reply(conversation_id=Conversation.objects.get().pk, text=text, by=ADA)
        lin.wait_until(lambda: len(lin.threads[opened]) == 2)
        reply = lin.threads[opened][1]
        assert (reply["role"], reply["author_name"], reply["kind"]) == ("operator", "Ada Brandt", "message")
        assert reply["text"] == text
        assert "<strong>this</strong>" in reply["html"]
        assert "<script" not in reply["html"]
        assert "javascript:" not in reply["html"].split("href")[1]

    def test_never_shows_a_note(self, lin: Any) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        conversation = Conversation.objects.get()
        cairnloop.add_note(conversation_id=conversation.pk, text="Do not tell", by=ADA)
        cairnloop.post_reply(conversation_id=conversation.pk, text="Hello", by=ADA)
        lin.wait_until(lambda: len(lin.threads[opened]) == 2)
        assert lin.texts(opened) == ["One", "Hello"]
        assert "Do not tell" not in str(lin.heard)

    def test_resumes_after_a_sequence_without_gap_or_double(self, door: Door, lin_token: str) -> None:
        conversation = make_conversation(text="1")
        for number in range(2, 8):
            cairnloop.post_reply(conversation_id=conversation.pk, text=str(number), by=ADA)
        visit = door.enter(lin_token)
        visit.join(conversation.public_id, after=4)
        assert visit.texts(conversation.public_id) == ["5", "6", "7"]

    def test_pages_through_a_long_conversation(self, door: Door, lin_token: str) -> None:
        conversation = make_conversation(text="1")
        for number in range(2, 121):
            cairnloop.post_reply(conversation_id=conversation.pk, text=str(number), by=ADA)
        visit = door.enter(lin_token)
        visit.join(conversation.public_id)
        visit.wait_until(lambda: len(visit.threads[conversation.public_id]) == 120)
        assert visit.texts(conversation.public_id) == [str(number) for number in range(1, 121)]

    def test_misses_nothing_while_many_write_at_once(self, lin: Any) -> None:
        opened = lin.say("0", client_id="a0")["conversation"]
        conversation_id = Conversation.objects.get().pk

        def reply(number: int) -> None:
            try:
                cairnloop.post_reply(conversation_id=conversation_id, text=f"reply {number}", by=ADA)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(reply, range(24)))
        lin.wait_until(lambda: len(lin.threads[opened]) == 25)
        stored = Message.objects.order_by("sequence").values_list("text", flat=True)
        assert lin.texts(opened) == list(stored)

    def test_says_that_a_conversation_was_resolved_and_reopened(self, lin: Any) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        conversation = Conversation.objects.get()
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ADA)
        lin.wait_until(lambda: lin.states.get(opened) == ("resolved", ""))
        lin.wait_until(lambda: len(lin.threads[opened]) == 2)
        assert lin.threads[opened][1]["kind"] == "csat_request"
        cairnloop.reopen_conversation(conversation_id=conversation.pk, by=ADA)
        lin.wait_until(lambda: lin.states[opened] == ("open", ""))


class TestRating:
    def test_records_how_a_resolved_conversation_went(self, lin: Any) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        conversation = Conversation.objects.get()
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ADA)
        rated = lin.ask(rating_of(opened, resolution=2), "rated")
        assert rated == {"v": 1, "type": "rated", "conversation": opened, "rating": "positive"}
        conversation.refresh_from_db()
        assert conversation.rating == "positive"

    def test_belongs_to_the_resolution_it_was_asked_for(self, lin: Any) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        conversation = Conversation.objects.get()
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ADA)
        cairnloop.add_note(conversation_id=conversation.pk, text="Known bug.", by=ADA)
        cairnloop.reopen_conversation(conversation_id=conversation.pk, by=ADA)
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ADA)
        problems = [lin.ask(rating_of(opened, resolution=each), "rated") for each in (2, 1, 4)]
        assert {(each["type"], each["code"]) for each in problems} == {("error", "another_resolution")}
        assert Conversation.objects.get().rating == ""
        assert not AuditEntry.objects.filter(action="conversation.rated").exists()
        assert lin.ask(rating_of(opened, resolution=3), "rated")["rating"] == "positive"

    @pytest.mark.parametrize(("rating", "code"), [("positive", "not_resolved"), ("superb", "unknown_rating")])
    def test_refuses_with_a_reason(self, lin: Any, rating: str, code: str) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        problem = lin.ask(rating_of(opened, resolution=1, rating=rating), "rated")
        assert (problem["type"], problem["code"]) == ("error", code)
        assert Conversation.objects.get().rating == ""


def rating_of(conversation: str, *, resolution: int, rating: str = "positive") -> dict[str, Any]:
    return {"type": "rating", "conversation": conversation, "resolution": resolution, "rating": rating}


class TestOtherPeoplesConversations:
    @pytest.mark.parametrize(
        "frame",
        [
            {"type": "join"},
            {"type": "typing"},
            {"type": "seen", "sequence": 1},
            {"type": "rating", "resolution": 2, "rating": "negative"},
            {"type": "message", "client_id": "m1", "text": "I am in"},
        ],
        ids=lambda frame: frame["type"],
    )
    def test_do_not_exist(self, door: Door, mateus_token: str, frame: dict[str, Any]) -> None:
        theirs = make_conversation()
        cairnloop.resolve_conversation(conversation_id=theirs.pk, by=ADA)
        visit = door.enter(mateus_token)
        foreign = visit.ask({**frame, "conversation": theirs.public_id}, "never")
        unknown = visit.ask({**frame, "conversation": "z" * 26}, "never")
        assert foreign["code"] == "not_found"
        assert {**foreign, "conversation": ""} == {**unknown, "conversation": ""}
        theirs.refresh_from_db()
        assert (theirs.status, theirs.rating, theirs.sequence) == ("resolved", "", 2)
        assert Conversation.objects.count() == 1

    def test_stay_silent_to_a_visitor_who_tried_to_join(self, door: Door, mateus_token: str) -> None:
        theirs = make_conversation()
        visit = door.enter(mateus_token)
        visit.ask({"type": "join", "conversation": theirs.public_id, "after": 0}, "never")
        cairnloop.post_reply(conversation_id=theirs.pk, text="For Lin only", by=ADA)
        visit.say("My own", client_id="m1")
        visit.wait_until(lambda: any(visit.threads.values()))
        assert "For Lin only" not in str(visit.heard)

    def test_are_not_reached_by_the_client_id_of_another_customer(
        self, door: Door, lin_token: str, mateus_token: str
    ) -> None:
        mine = door.enter(lin_token).say("Mine", client_id="same")
        theirs = door.enter(mateus_token).say("Theirs", client_id="same")
        assert mine["conversation"] != theirs["conversation"]


class TestHaste:
    def test_is_refused_with_the_time_to_wait(self, lin: Any, configure: Callable[..., None]) -> None:
        configure(widget_messages_per_minute=2)
        opened = lin.say("One", client_id="a1")["conversation"]
        lin.say("Two", client_id="a2", conversation=opened)
        problem = lin.say("Three", client_id="a3", conversation=opened)
        assert (problem["code"], problem["client_id"]) == ("rate_limited", "a3")
        assert 1 <= problem["retry_after"] <= 120
        assert Message.objects.count() == 2

    def test_still_acknowledges_what_is_stored_already(self, lin: Any, configure: Callable[..., None]) -> None:
        configure(widget_messages_per_minute=2)
        first = lin.say("One", client_id="a1")
        second = lin.say("Two", client_id="a2", conversation=first["conversation"])
        assert lin.say("One", client_id="a1") == first
        assert lin.say("Two", client_id="a2", conversation=first["conversation"]) == second
        assert lin.say("Three", client_id="a3")["code"] == "rate_limited"

    def test_with_ever_more_messages_is_not_even_looked_up(
        self, lin: Any, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        configure(widget_messages_per_minute=1)
        monkeypatch.setattr(desk, "FRAMES_PER_MINUTE", 2)
        lin.say("One", client_id="a1")
        codes = [lin.say("One", client_id="a1").get("code", "ack") for _ in range(3)]
        assert codes[-1] == "rate_limited"

    def test_of_one_customer_does_not_slow_another(
        self, door: Door, lin_token: str, mateus_token: str, configure: Callable[..., None]
    ) -> None:
        configure(widget_messages_per_minute=1)
        lin, mateus = door.enter(lin_token), door.enter(mateus_token)
        lin.say("One", client_id="a1")
        assert lin.say("Two", client_id="a2")["code"] == "rate_limited"
        assert mateus.say("One", client_id="a1")["type"] == "ack"

    def test_is_counted_for_a_customer_however_they_connect(
        self, door: Door, socket_door: SocketDoor, lin_token: str, configure: Callable[..., None]
    ) -> None:
        configure(widget_messages_per_minute=1)
        door.enter(lin_token).say("One", client_id="a1")
        assert socket_door.enter(lin_token).say("Two", client_id="a2")["code"] == "rate_limited"


class TestBadFrames:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            ("", "frame_malformed"),
            ("null", "frame_malformed"),
            ("[]", "frame_malformed"),
            ("{", "frame_malformed"),
            ("[" * 5_000, "frame_malformed"),
            ('{"type": "shutdown"}', "frame_malformed"),
            ('{"type": ["join"]}', "frame_malformed"),
            ('{"type": "join"}', "frame_malformed"),
            ('{"type": "join", "conversation": 7}', "frame_malformed"),
            ('{"type": "join", "conversation": "abc", "after": -1}', "frame_malformed"),
            ('{"type": "join", "conversation": "abc", "after": 1e400}', "frame_malformed"),
            ('{"type": "join", "conversation": "abc", "after": 9999999999999999999999}', "frame_malformed"),
            ('{"type": "join", "conversation": "\\u0000", "after": 0}', "frame_malformed"),
            ('{"type": "message", "client_id": "a", "text": "hi", "as": "cust-mateus"}', "frame_malformed"),
            ('{"type": "message", "client_id": "a", "text": "\\ud800"}', "frame_malformed"),
            ('{"v": 2, "type": "ping"}', "frame_malformed"),
            (b"\xff\xfe\x00 not text", "frame_malformed"),
            (b"", "frame_malformed"),
            ('{"type": "message", "client_id": "a", "text": "' + "x" * 65_536 + '"}', "frame_too_large"),
        ],
    )
    def test_are_refused_and_change_nothing(self, lin: Any, data: str | bytes, code: str) -> None:
        problem = lin.ask(data, "never")
        assert (problem["type"], problem["code"]) == ("error", code)
        assert problem["message"].endswith((".", "done."))
        assert not Conversation.objects.exists()
        assert lin.say("Still here", client_id="a1")["type"] == "ack"

    def test_are_explained_so_often_and_then_refused_with_the_time_to_wait(
        self, lin: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(desk, "MALFORMED_PER_MINUTE", 3)
        codes = [lin.ask(data, "never")["code"] for data in ("{", b"\xff", '{"type": "shutdown"}', "{")]
        assert codes == ["frame_malformed"] * 3 + ["rate_limited"]
        assert lin.ask("{", "never")["retry_after"] >= 1
        assert lin.ask({"type": "ping"}, "pong")["type"] == "pong"
        assert lin.say("Still here", client_id="a1")["type"] == "ack"

    def test_name_the_fields_but_never_the_values(self, lin: Any) -> None:
        problem = lin.ask('{"type": "message", "client_id": 5, "text": "my secret"}', "never")
        assert "client_id" in problem["message"]
        assert "my secret" not in problem["message"]


class TestTrail:
    def test_names_the_customer_as_the_one_who_opened(self, lin: Any) -> None:
        lin.say("One", client_id="a1")
        assert list(AuditEntry.objects.values_list("actor_kind", "actor_ref").distinct()) == [("customer", LIN.ref)]
