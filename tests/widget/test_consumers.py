"""What only a socket can do: live delivery, resuming, ending, and surviving everything that is sent to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

import cairnloop
from cairnloop.conversations.events import MessageReceived
from cairnloop.core import live
from cairnloop.core.events import subscribed
from cairnloop.models import Conversation, Message
from cairnloop.widget import consumers, frames
from cairnloop.widget.consumers import FOLLOW_LIMIT
from cairnloop.widget.desk import FRAMES_PER_MINUTE, Desk
from tests.factories import LIN, MATEUS, make_conversation
from tests.widget.visiting import Refusal, SocketDoor, SocketVisit, eventually

pytestmark = pytest.mark.django_db(transaction=True)
ADA = cairnloop.Actor.operator("7", name="Ada Brandt")


@pytest.fixture
def lin(socket_door: SocketDoor, lin_token: str) -> SocketVisit:
    return socket_door.enter(lin_token)


@pytest.fixture
def operators_hear(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], list[dict[str, Any]]]]:
    """Watch a conversation as an operator's page does; returns the hints heard so far."""
    import asyncio

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    watching: list[Any] = []

    def run(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)

    def hear(conversation_id: int) -> list[dict[str, Any]]:
        heard: list[dict[str, Any]] = []

        async def subscribe() -> None:
            channel = await live.layer().new_channel()
            await live.layer().group_add(live.group_of(live.conversation_topic(conversation_id)), channel)

            async def listen() -> None:
                while True:
                    heard.append(await live.layer().receive(channel))

            watching.append(asyncio.ensure_future(listen()))

        run(subscribe())
        return heard

    yield hear

    async def leave() -> None:
        for each in watching:
            each.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        await live.layer().close()

    run(leave())
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


class TestShakingHands:
    def test_needs_our_protocol(self, socket_door: SocketDoor) -> None:
        with pytest.raises(Refusal) as caught:
            socket_door.knock(["somebody.else"])
        assert caught.value.status == 403

    def test_names_the_protocol_and_never_the_token(self, lin: SocketVisit) -> None:
        assert lin.connection.subprotocol == "cairnloop.v1"

    @pytest.mark.parametrize("encoded", ["", "!!!", "____", "a"])
    def test_refuses_a_token_that_is_no_text(self, socket_door: SocketDoor, encoded: str) -> None:
        with pytest.raises(Refusal) as caught:
            socket_door.knock(["cairnloop.v1", f"cl-token.{encoded.replace('!', '~')}"])
        assert caught.value.status == 403


class TestDelivering:
    def test_reaches_every_tab_of_the_customer(self, socket_door: SocketDoor, lin_token: str) -> None:
        first, second = socket_door.enter(lin_token), socket_door.enter(lin_token)
        opened = first.say("One", client_id="a1")["conversation"]
        second.join(opened)
        second.say("Two", client_id="a2", conversation=opened)
        cairnloop.post_reply(conversation_id=Conversation.objects.get().pk, text="Three", by=ADA)
        for tab in (first, second):
            tab.wait_until(lambda tab=tab: len(tab.threads[opened]) == 3)
            assert tab.texts(opened) == ["One", "Two", "Three"]

    def test_goes_on_while_another_conversation_is_read(self, lin: SocketVisit) -> None:
        one = lin.say("One", client_id="a1")["conversation"]
        two = lin.say("Two", client_id="a2")["conversation"]
        for conversation in Conversation.objects.all():
            cairnloop.post_reply(conversation_id=conversation.pk, text="Answer", by=ADA)
        lin.wait_until(lambda: len(lin.threads[one]) == len(lin.threads[two]) == 2)

    def test_looks_everywhere_when_hints_were_lost(self, lin: SocketVisit) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        lin.wait_until(lambda: lin.threads[opened])
        conversation = Conversation.objects.get()
        # Written behind the back of the live layer, as if its hint had been lost.
        Message.objects.create(
            conversation=conversation,
            sequence=2,
            public_sequence=2,
            role="operator",
            author_kind="operator",
            author_ref="7",
            text="Silent",
            created_at=conversation.opened_at,
        )
        live.send([{"type": "live.missed", "topic": live.thread_topic(conversation.pk)}])
        lin.wait_until(lambda: lin.texts(opened) == ["One", "Silent"])

    def test_makes_up_for_a_lost_hint_at_the_next_ping(self, lin: SocketVisit) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        lin.wait_until(lambda: lin.threads[opened])
        Conversation.objects.update(status="archived", waiting_since=None)
        lin.ask({"type": "ping"}, "pong")
        lin.wait_until(lambda: lin.states[opened] == ("archived", ""))

    def test_survives_a_moment_without_the_conversations_row(self, lin: SocketVisit) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        lin.wait_until(lambda: lin.threads[opened])
        Message.objects.all().delete()
        Conversation.objects.all().delete()
        problem = lin.ask({"type": "ping"}, "error")
        while problem["type"] != "error":
            problem = lin.next()
        assert (problem["code"], problem["conversation"]) == ("not_found", opened)
        assert lin.say("Anew", client_id="a9")["type"] == "ack"

    def test_follows_a_bounded_number_of_conversations(self, lin: SocketVisit) -> None:
        conversations = [make_conversation(text=f"{number}") for number in range(FOLLOW_LIMIT + 1)]
        for conversation in conversations:
            lin.join(conversation.public_id)
        first, last = conversations[0], conversations[-1]
        for conversation in (first, last):
            cairnloop.post_reply(conversation_id=conversation.pk, text="Answer", by=ADA)
        lin.wait_until(lambda: len(lin.threads[last.public_id]) == 2)
        assert len(lin.threads[first.public_id]) == 1


class TestResuming:
    def test_after_a_cut_in_the_middle_of_sending_makes_one_message(
        self, socket_door: SocketDoor, lin_token: str
    ) -> None:
        visit = socket_door.enter(lin_token)
        opened = visit.say("Before", client_id="a0")["conversation"]
        for number in range(10):
            frame = {"type": "message", "client_id": f"c{number}", "text": f"{number}", "conversation": opened}
            visit.send(frame)
            visit.cut()
            visit = socket_door.enter(lin_token)
            assert visit.ask(frame, "ack")["client_id"] == f"c{number}"
        visit.join(opened)
        visit.wait_until(lambda: len(visit.threads[opened]) == 11)
        assert visit.texts(opened) == ["Before", *map(str, range(10))]

    def test_continues_where_the_last_connection_stopped(self, socket_door: SocketDoor, lin_token: str) -> None:
        visit = socket_door.enter(lin_token)
        opened = visit.say("One", client_id="a1")["conversation"]
        visit.wait_until(lambda: visit.threads[opened])
        seen = visit.positions[opened]
        visit.cut()
        conversation_id = Conversation.objects.get().pk
        cairnloop.post_reply(conversation_id=conversation_id, text="Two", by=ADA)
        again = socket_door.enter(lin_token)
        again.join(opened, after=seen)
        cairnloop.post_reply(conversation_id=conversation_id, text="Three", by=ADA)
        again.wait_until(lambda: len(again.threads[opened]) == 2)
        assert again.texts(opened) == ["Two", "Three"]

    def test_may_join_again_from_an_earlier_place(self, lin: SocketVisit) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        lin.wait_until(lambda: lin.threads[opened])
        page = lin.join(opened, after=0)
        assert [message["text"] for message in page["messages"]] == ["One"]


class TestTyping:
    def test_of_the_customer_reaches_operators_and_is_never_stored(
        self, lin: SocketVisit, operators_hear: Callable[[int], list[dict[str, Any]]]
    ) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        conversation = Conversation.objects.get()
        heard = operators_hear(conversation.pk)
        for _ in range(5):
            lin.send({"type": "typing", "conversation": opened})
        lin.ask({"type": "ping"}, "pong")
        expected = {
            "type": "live.hint",
            "topic": live.conversation_topic(conversation.pk),
            "what": "typing",
            "by": "customer",
        }
        eventually(lambda: heard)
        cairnloop.add_note(conversation_id=conversation.pk, text="after the typing", by=ADA)
        eventually(lambda: len(heard) > 1)
        assert [hint for hint in heard if hint["what"] == "typing"] == [expected]
        assert Message.objects.filter(role="customer").count() == 1

    def test_of_an_operator_reaches_the_customer(self, lin: SocketVisit) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        # The acknowledgement comes first, the subscription after it: the answer to a ping says that both are done.
        lin.ask({"type": "ping"}, "pong")
        topic = live.thread_topic(Conversation.objects.get().pk)
        live.send([{"type": "live.hint", "topic": topic, "what": "typing", "by": "operator"}])
        lin.wait_until(lambda: lin.heard[-1] == {"v": 1, "type": "typing", "conversation": opened})


class TestEnding:
    def test_comes_with_the_end_of_the_proof(
        self, socket_door: SocketDoor, configure: Callable[..., None], lin_token: str
    ) -> None:
        # Long enough that a busy machine is welcomed before it ends.
        configure(widget_token_seconds=5)
        visit = socket_door.enter(cairnloop.sign_widget_token(customer_ref=LIN.ref))
        with pytest.raises(ConnectionClosed) as closed:
            visit.next()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401

    def test_leaves_no_group_behind(self, lin: SocketVisit) -> None:
        lin.say("One", client_id="a1")
        lin.ask({"type": "ping"}, "pong")
        hubs = live.layer()._hubs.values()
        topic = live.group_of(live.thread_topic(Conversation.objects.get().pk))
        eventually(lambda: any(topic in str(vars(hub)) for hub in hubs))
        lin.cut()
        eventually(lambda: not any(topic in str(vars(hub)) for hub in hubs))


def _fail(*_: object) -> None:
    raise OperationalError


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
almost_frames = st.fixed_dictionaries(
    {"type": st.sampled_from(["join", "message", "typing", "rating", "list", "ping", "ready", "ack"]) | st.text()},
    optional={
        "v": st.just(1) | json_values,
        "conversation": st.text() | st.from_regex(r"[a-z0-9]{1,32}", fullmatch=True) | json_values,
        "after": st.integers(-(2**70), 2**70) | json_values,
        "client_id": st.text(max_size=70) | json_values,
        "text": st.text(max_size=200) | json_values,
        "rating": st.text() | json_values,
        "extra": json_values,
    },
)
ANYTHING = st.one_of(
    st.binary(),
    st.text(),
    json_values.map(json.dumps),
    almost_frames.map(json.dumps),
    almost_frames.map(lambda frame: json.dumps(frame).encode()),
)


class TestSurviving:
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(everything=st.lists(ANYTHING, max_size=8))
    def test_whatever_is_sent_the_next_message_is_taken(
        self, socket_door: SocketDoor, configure: Callable[..., None], everything: list[str | bytes]
    ) -> None:
        from django.core.cache import cache

        cache.clear()
        visit = socket_door.enter(cairnloop.sign_widget_token(customer_ref=MATEUS.ref))
        for data in everything:
            visit.send(data)
        assert visit.say("Still here", client_id="last")["type"] == "ack"
        visit.close()

    def test_text_that_is_no_utf8_ends_its_own_connection_and_nothing_else(
        self, socket_door: SocketDoor, lin: SocketVisit, lin_token: str
    ) -> None:
        lin.connection.send(b'{"type": "ping", "\xff": 1}', text=True)
        with pytest.raises(ConnectionClosed) as closed:
            lin.next()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007
        assert socket_door.enter(lin_token).say("Still here", client_id="a1")["type"] == "ack"

    def test_a_flood_of_frames_is_refused_with_the_time_to_wait(self, lin: SocketVisit) -> None:
        for _ in range(FRAMES_PER_MINUTE):
            lin.send({"type": "ping"})
        problem = lin.ask({"type": "rating", "conversation": "abc", "resolution": 1, "rating": "positive"}, "rated")
        assert problem["code"] == "rate_limited"
        assert problem["retry_after"] >= 1
        assert lin.say("One", client_id="a1")["type"] == "ack"

    def test_a_failure_to_read_is_made_up_for(self, lin: SocketVisit) -> None:
        def fail(event: MessageReceived) -> None:
            raise RuntimeError("once")

        with subscribed(MessageReceived, fail):
            assert lin.say("One", client_id="a1")["code"] == "unavailable"
        opened = lin.say("One", client_id="a1")["conversation"]
        lin.wait_until(lambda: lin.texts(opened) == ["One"])

    @pytest.mark.parametrize("then", ["reply", "ping", "message"])
    def test_a_join_that_fails_is_made_up_for_from_where_the_client_stands(
        self, lin: SocketVisit, socket_door: SocketDoor, lin_token: str, monkeypatch: pytest.MonkeyPatch, then: str
    ) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        lin.say("Two", client_id="a2", conversation=opened)
        again = socket_door.enter(lin_token)
        with monkeypatch.context() as broken:
            broken.setattr(Desk, "_own", _fail)
            assert again.join(opened, after=2)["code"] == "unavailable"
        if then == "ping":
            again.ask({"type": "ping"}, "pong")
        if then == "message":
            again.say("Three", client_id="a3", conversation=opened)
        cairnloop.post_reply(conversation_id=Conversation.objects.get().pk, text="Answer", by=ADA)
        again.wait_until(lambda: again.texts(opened)[-1:] == ["Answer"])
        assert again.texts(opened)[:-1] == (["Three"] if then == "message" else [])

    def test_a_join_that_fails_takes_the_place_of_what_was_followed(
        self, lin: SocketVisit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = lin.say("One", client_id="a1")["conversation"]
        lin.wait_until(lambda: lin.texts(opened) == ["One"])
        too_fast = frames.Problem(code="rate_limited", message="Later.", conversation=opened, retry_after=1)
        with monkeypatch.context() as hasty:
            hasty.setattr(Desk, "follow", lambda *_: too_fast)
            assert lin.join(opened, after=0)["code"] == "rate_limited"
            cairnloop.post_reply(conversation_id=Conversation.objects.get().pk, text="Answer", by=ADA)
            for _ in range(2):
                lin.ask({"type": "ping"}, "pong")
            assert lin.texts(opened) == ["One"]
        lin.ask({"type": "ping"}, "pong")
        lin.wait_until(lambda: lin.texts(opened)[-1:] == ["Answer"])
        lin.ask({"type": "ping"}, "pong")
        assert lin.texts(opened) == ["One", "One", "Answer"]
        # Nobody asked again, so nobody is told again.
        assert [each["code"] for each in lin.heard if each["type"] == "error"] == ["rate_limited"]

    def test_what_was_left_to_make_room_goes_on_where_it_was_left(
        self, lin: SocketVisit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consumers, "FOLLOW_LIMIT", 1)
        first = lin.say("One", client_id="a1")["conversation"]
        lin.wait_until(lambda: lin.texts(first) == ["One"])
        second = lin.say("Another matter", client_id="b1")["conversation"]
        lin.wait_until(lambda: lin.texts(second) == ["Another matter"])
        lin.say("Two", client_id="a2", conversation=first)
        lin.wait_until(lambda: lin.texts(first) == ["One", "Two"])
