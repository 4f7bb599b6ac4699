"""What the Channels layer specification promises, on our layer and on channels-redis alike."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from channels.exceptions import ChannelFull

from tests.live_layer.conftest import comes, nothing_comes

pytestmark = pytest.mark.django_db

HELLO = {"type": "test.hello"}


def numbered(number: int) -> dict[str, Any]:
    return {"type": "test.number", "number": number}


async def received_numbers(layer: Any, channel: str, count: int) -> list[int]:
    return [(await comes(layer.receive(channel)))["number"] for _ in range(count)]


class TestSendAndReceive:
    async def test_delivers_what_was_sent_before_anyone_waited(self, layer: Any) -> None:
        await layer.send("tasks", HELLO)

        assert await comes(layer.receive("tasks")) == HELLO

    async def test_delivers_to_a_reader_already_waiting(self, layer: Any) -> None:
        waiting = asyncio.ensure_future(layer.receive("tasks"))
        await asyncio.sleep(0.2)

        await layer.send("tasks", HELLO)

        assert await comes(waiting) == HELLO

    async def test_carries_every_type_the_specification_lists(self, layer: Any) -> None:
        message = {
            "type": "test.types",
            "bytes": b"\x00\xff",
            "text": 'naïve "quotes" \u2603\n\x00',
            "integer": 2**63 - 1,
            "float": 0.1,
            "list": [1, [2, "3"], b"4"],
            "dict": {"nested": {"deep": True}},
            "nothing": None,
        }

        await layer.send("tasks", message)

        assert await comes(layer.receive("tasks")) == message

    async def test_hands_over_a_copy(self, layer: Any) -> None:
        channel = await layer.new_channel()
        message = {"type": "test.copy", "list": [1]}
        await layer.send(channel, message)

        message["list"].append(2)

        assert (await comes(layer.receive(channel)))["list"] == [1]

    async def test_keeps_the_order_of_a_named_channel(self, layer: Any) -> None:
        for number in range(20):
            await layer.send("tasks", numbered(number))

        assert await received_numbers(layer, "tasks", 20) == list(range(20))

    async def test_keeps_the_order_of_an_own_channel(self, layer: Any) -> None:
        channel = await layer.new_channel()
        for number in range(20):
            await layer.send(channel, numbered(number))

        assert await received_numbers(layer, channel, 20) == list(range(20))

    async def test_delivers_equal_messages_as_often_as_they_were_sent(self, layer: Any) -> None:
        await asyncio.gather(*(layer.send("tasks", HELLO) for _ in range(3)))

        assert [await comes(layer.receive("tasks")) for _ in range(3)] == [HELLO] * 3
        assert await nothing_comes(layer.receive("tasks"))

    async def test_channels_do_not_interfere(self, layer: Any) -> None:
        await layer.send("tasks", numbered(1))
        await layer.send("other-tasks", numbered(2))

        assert await received_numbers(layer, "other-tasks", 1) == [2]
        assert await received_numbers(layer, "tasks", 1) == [1]

    async def test_own_channels_do_not_interfere(self, layer: Any) -> None:
        first, second = await layer.new_channel(), await layer.new_channel()
        waiting = asyncio.ensure_future(layer.receive(first))

        await layer.send(second, numbered(2))
        await layer.send(first, numbered(1))

        assert (await comes(waiting))["number"] == 1
        assert await received_numbers(layer, second, 1) == [2]

    async def test_each_message_reaches_one_of_several_readers(self, layer: Any) -> None:
        readers = [asyncio.ensure_future(layer.receive("tasks")) for _ in range(6)]
        await asyncio.sleep(0.1)

        for number in range(6):
            await layer.send("tasks", numbered(number))

        messages = await comes(asyncio.gather(*readers))
        assert sorted(message["number"] for message in messages) == list(range(6))
        assert await nothing_comes(layer.receive("tasks"))

    async def test_a_cancelled_receive_takes_nothing_along(self, layer: Any) -> None:
        for channel in ("tasks", await layer.new_channel()):
            assert await nothing_comes(layer.receive(channel))

            await layer.send(channel, HELLO)

            assert await comes(layer.receive(channel)) == HELLO

    async def test_a_message_to_nobody_is_dropped(self, layer: Any) -> None:
        channel = await layer.new_channel()

        await layer.send("nobody!here", {"type": "for.nobody"})
        await layer.send(channel, HELLO)

        assert await comes(layer.receive(channel)) == HELLO
        assert await nothing_comes(layer.receive(channel))

    @pytest.mark.slow
    async def test_messages_expire_unread(self, make_layer: Any) -> None:
        layer = make_layer(expiry=1)
        channels = ["tasks", await layer.new_channel()]
        for channel in channels:
            await layer.send(channel, numbered(1))
        await asyncio.sleep(2.1)

        for channel in channels:
            await layer.send(channel, numbered(2))

            assert await received_numbers(layer, channel, 1) == [2]


class TestNames:
    async def test_new_channels_are_unique_and_process_specific(self, layer: Any) -> None:
        names = {await layer.new_channel() for _ in range(100)}

        assert len(names) == 100
        assert all(layer.non_local_name(name).endswith("!") for name in names)

    async def test_new_channels_take_a_prefix(self, layer: Any) -> None:
        channel = await layer.new_channel("widget")

        assert channel.startswith("widget.")
        assert layer.require_valid_channel_name(channel)

    @pytest.mark.parametrize("name", ["=+135!", "with space", "ünïcode", "", "a" * 100, 7, None, b"bytes"])
    async def test_refuses_invalid_channel_names(self, layer: Any, name: Any) -> None:
        for doing in (
            layer.send(name, HELLO),
            layer.receive(name),
            layer.group_add("group", name),
            layer.group_discard("group", name),
        ):
            with pytest.raises(TypeError):
                await doing

    @pytest.mark.parametrize("name", ["with space", "group!", "", "a" * 100, 7, None])
    async def test_refuses_invalid_group_names(self, layer: Any, name: Any) -> None:
        for doing in (
            layer.group_send(name, HELLO),
            layer.group_add(name, "tasks"),
            layer.group_discard(name, "tasks"),
        ):
            with pytest.raises(TypeError):
                await doing

    async def test_refuses_to_receive_for_another_process(self, layer: Any) -> None:
        with pytest.raises((AssertionError, ValueError)):
            await layer.receive("specific.somebody!else")

    @pytest.mark.parametrize("message", ["text", ["list"], None])
    async def test_refuses_messages_that_are_no_dict(self, layer: Any, message: Any) -> None:
        with pytest.raises((AssertionError, TypeError)):
            await layer.send("tasks", message)

        assert await nothing_comes(layer.receive("tasks"))

    async def test_refuses_what_cannot_travel(self, layer: Any) -> None:
        with pytest.raises(TypeError):
            await layer.send("tasks", {"type": "test.object", "object": object()})

    async def test_names_its_extensions(self, layer: Any) -> None:
        assert {"groups", "flush"} <= set(layer.extensions)
        assert layer.group_expiry == 86_400


class TestCapacity:
    @pytest.mark.parametrize("kind", ["named", "own"])
    async def test_refuses_more_than_a_channel_holds(self, make_layer: Any, kind: str) -> None:
        layer = make_layer(capacity=3)
        channel = "tasks" if kind == "named" else await layer.new_channel()
        for number in range(3):
            await layer.send(channel, numbered(number))

        with pytest.raises(ChannelFull):
            await layer.send(channel, numbered(3))

        assert await received_numbers(layer, channel, 3) == [0, 1, 2]
        assert await nothing_comes(layer.receive(channel))

    async def test_has_room_again_after_a_receive(self, make_layer: Any) -> None:
        layer = make_layer(capacity=1)
        await layer.send("tasks", numbered(1))
        assert await received_numbers(layer, "tasks", 1) == [1]

        await layer.send("tasks", numbered(2))

        assert await received_numbers(layer, "tasks", 1) == [2]

    async def test_is_settable_by_pattern(self, make_layer: Any) -> None:
        layer = make_layer(capacity=10, channel_capacity={"small*": 1})
        await layer.send("small-tasks", HELLO)
        await layer.send("tasks", HELLO)
        await layer.send("tasks", HELLO)

        with pytest.raises(ChannelFull):
            await layer.send("small-tasks", HELLO)

    async def test_a_full_member_never_fails_a_group_send(self, make_layer: Any) -> None:
        layer = make_layer(capacity=3)
        channel = await layer.new_channel()
        await layer.group_add("group", channel)

        for number in range(5):
            await layer.group_send("group", numbered(number))

        assert await received_numbers(layer, channel, 3) == [0, 1, 2]
        assert await nothing_comes(layer.receive(channel))


class TestGroups:
    async def test_reach_every_member_and_nobody_else(self, layer: Any) -> None:
        members = [await layer.new_channel() for _ in range(3)]
        outsider = await layer.new_channel()
        for channel in members:
            await layer.group_add("group", channel)

        await layer.group_send("group", HELLO)

        assert [await comes(layer.receive(channel)) for channel in members] == [HELLO] * 3
        assert await nothing_comes(layer.receive(outsider))

    async def test_keep_the_order(self, layer: Any) -> None:
        channel = await layer.new_channel()
        await layer.group_add("group", channel)

        for number in range(20):
            await layer.group_send("group", numbered(number))

        assert await received_numbers(layer, channel, 20) == list(range(20))

    async def test_do_not_interfere(self, layer: Any) -> None:
        channel = await layer.new_channel()
        await layer.group_add("group", channel)

        await layer.group_send("another-group", numbered(1))
        await layer.group_send("group", numbered(2))

        assert await received_numbers(layer, channel, 1) == [2]

    async def test_give_every_member_its_own_copy(self, layer: Any) -> None:
        channels = [await layer.new_channel("one"), await layer.new_channel("two")]
        for channel in channels:
            await layer.group_add("group", channel)
        await layer.group_send("group", {"type": "test.copy", "list": [1]})

        (await comes(layer.receive(channels[0])))["list"].append(2)

        assert (await comes(layer.receive(channels[1])))["list"] == [1]

    async def test_forget_a_discarded_member(self, layer: Any) -> None:
        stays, leaves = await layer.new_channel(), await layer.new_channel()
        await layer.group_add("group", stays)
        await layer.group_add("group", leaves)

        await layer.group_discard("group", leaves)
        await layer.group_send("group", HELLO)

        assert await comes(layer.receive(stays)) == HELLO
        assert await nothing_comes(layer.receive(leaves))

    async def test_hold_a_member_once_however_often_it_was_added(self, layer: Any) -> None:
        channel = await layer.new_channel()
        await layer.group_add("group", channel)
        await layer.group_add("group", channel)

        await layer.group_send("group", HELLO)

        assert await comes(layer.receive(channel)) == HELLO
        assert await nothing_comes(layer.receive(channel))

    async def test_discard_of_a_stranger_does_nothing(self, layer: Any) -> None:
        member = await layer.new_channel()
        await layer.group_add("group", member)

        await layer.group_discard("group", await layer.new_channel())
        await layer.group_send("group", HELLO)

        assert await comes(layer.receive(member)) == HELLO

    async def test_may_have_no_member(self, layer: Any) -> None:
        stranger = await layer.new_channel()

        await layer.group_send("group", HELLO)

        assert await nothing_comes(layer.receive(stranger))

    async def test_may_have_a_named_channel_as_member(self, layer: Any) -> None:
        await layer.group_add("group", "tasks")

        await layer.group_send("group", HELLO)

        assert await comes(layer.receive("tasks")) == HELLO
        assert await nothing_comes(layer.receive("tasks"))

    @pytest.mark.slow
    async def test_drop_members_that_were_added_too_long_ago(self, make_layer: Any) -> None:
        layer = make_layer(group_expiry=1)
        channel = await layer.new_channel()
        await layer.group_add("group", channel)
        await asyncio.sleep(2.1)

        await layer.group_send("group", HELLO)

        assert await nothing_comes(layer.receive(channel))


class TestFlush:
    async def test_leaves_no_message(self, layer: Any) -> None:
        await layer.send("tasks", HELLO)

        await layer.flush()

        assert await nothing_comes(layer.receive("tasks"))

    async def test_leaves_no_group(self, layer: Any) -> None:
        channel = await layer.new_channel()
        await layer.group_add("group", channel)

        await layer.flush()

        await layer.group_send("group", HELLO)
        assert await nothing_comes(layer.receive(channel))

    async def test_leaves_a_layer_that_works(self, layer: Any) -> None:
        channel = await layer.new_channel()
        await layer.flush()

        await layer.group_add("group", channel)
        await layer.group_send("group", HELLO)

        assert await comes(layer.receive(channel)) == HELLO


class TestAcrossProcesses:
    async def test_a_group_reaches_members_everywhere(self, layer: Any, other: Any) -> None:
        here, there = await layer.new_channel(), await other.call("new_channel")
        await layer.group_add("group", here)
        await other.call("group_add", "group", there)

        await layer.group_send("group", HELLO)
        assert await comes(layer.receive(here)) == HELLO
        assert await other.call("receive", there) == HELLO

        await other.call("group_send", "group", numbered(1))
        assert (await comes(layer.receive(here)))["number"] == 1
        assert (await other.call("receive", there))["number"] == 1

    async def test_a_named_channel_reaches_a_reader_elsewhere(self, layer: Any, other: Any) -> None:
        waiting = other.begin("receive", "tasks")

        await layer.send("tasks", HELLO)

        assert await comes(waiting) == HELLO

    async def test_a_named_message_waits_for_a_process_that_starts_later(self, layer: Any, start_other: Any) -> None:
        await layer.send("tasks", numbered(1))
        await layer.send("tasks", numbered(2))

        other = await start_other()

        assert [(await other.call("receive", "tasks"))["number"] for _ in range(2)] == [1, 2]

    async def test_an_own_channel_is_reached_from_elsewhere(self, layer: Any, other: Any) -> None:
        channel = await layer.new_channel()
        waiting = asyncio.ensure_future(layer.receive(channel))
        await layer.group_add("group", channel)

        await other.call("send", channel, HELLO)

        assert await comes(waiting) == HELLO

    async def test_anyone_may_add_and_discard_a_channel_of_another_process(self, layer: Any, other: Any) -> None:
        channel = await layer.new_channel()
        waiting = asyncio.ensure_future(layer.receive(channel))
        await layer.group_add("ready", channel)

        await other.call("group_add", "group", channel)
        await other.call("group_send", "group", HELLO)
        assert await comes(waiting) == HELLO

        await other.call("group_discard", "group", channel)
        await other.call("group_send", "group", HELLO)
        assert await nothing_comes(layer.receive(channel))

    async def test_a_flush_is_for_everyone(self, layer: Any, other: Any) -> None:
        channel = await layer.new_channel()
        await layer.group_add("group", channel)

        await other.call("flush")
        await other.call("group_send", "group", HELLO)

        assert await nothing_comes(layer.receive(channel))
