"""Slow readers, large messages and vanished members never cost more than their bounded share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from channels.exceptions import MessageTooLarge
from django.db import connections

from cairnloop.live_layer import LiveLayerUnavailable, PostgresChannelLayer
from tests.live_layer.conftest import comes, nothing_comes
from tests.live_layer.watching import (
    HINT,
    MISSED,
    all_waiting,
    in_thread,
    left_over,
    member,
)

pytestmark = pytest.mark.django_db


class TestSlowReaders:
    async def test_are_told_once_to_read_again(self, make_postgres_layer: Callable[..., PostgresChannelLayer]) -> None:
        layer = make_postgres_layer(capacity=5)
        slow = await member(layer, "cairnloop.inbox")

        for number in range(23):
            await layer.group_send("cairnloop.inbox", {**HINT, "number": number})

        first, *later = await all_waiting(layer, slow)
        assert first == MISSED
        assert len(later) <= 5
        assert [each["number"] for each in later] == list(range(23))[-len(later) :]

    async def test_never_hold_more_than_the_capacity(
        self, make_postgres_layer: Callable[..., PostgresChannelLayer]
    ) -> None:
        layer = make_postgres_layer(capacity=5)
        slow = await member(layer, "cairnloop.inbox", "somebody.elses")

        for _ in range(50):
            await layer.group_send("cairnloop.inbox", HINT)
            await layer.group_send("somebody.elses", HINT)
            assert len(layer._hub().boxes[slow].items) <= 5

    async def test_do_not_slow_down_the_others(self, make_postgres_layer: Callable[..., PostgresChannelLayer]) -> None:
        layer = make_postgres_layer(capacity=5)
        await member(layer, "cairnloop.inbox")
        quick = await member(layer, "cairnloop.inbox")

        for number in range(20):
            await layer.group_send("cairnloop.inbox", {**HINT, "number": number})
            assert (await comes(layer.receive(quick)))["number"] == number

    async def test_are_told_when_hints_expired_unread(
        self, make_postgres_layer: Callable[..., PostgresChannelLayer]
    ) -> None:
        layer = make_postgres_layer(expiry=0.1)
        slow = await member(layer, "cairnloop.inbox")
        for _ in range(3):
            await layer.group_send("cairnloop.inbox", HINT)

        await asyncio.sleep(0.2)

        assert await all_waiting(layer, slow) == [MISSED]

    async def test_stay_members_while_they_read(self, make_postgres_layer: Callable[..., PostgresChannelLayer]) -> None:
        layer = make_postgres_layer(group_expiry=0.1)
        channel = await member(layer, "cairnloop.inbox")
        waiting = asyncio.ensure_future(layer.receive(channel))
        await asyncio.sleep(0.2)

        await layer.group_send("cairnloop.inbox", HINT)

        assert await comes(waiting) == HINT


class TestSize:
    async def test_refuses_what_postgresql_cannot_carry(self, postgres_layer: PostgresChannelLayer) -> None:
        channel = await postgres_layer.new_channel()
        huge = {"type": "test.huge", "text": "x" * 8_000}
        for doing in (
            postgres_layer.send("tasks", huge),
            postgres_layer.send(channel, huge),
            postgres_layer.send(f"specific.{'0' * 16}!x", huge),
            postgres_layer.group_send("group", huge),
        ):
            with pytest.raises(MessageTooLarge, match="Send the name of what changed"):
                await doing

        assert left_over(postgres_layer) == {}

    async def test_carries_the_largest_there_is(self, postgres_layer: PostgresChannelLayer) -> None:
        channel = await member(postgres_layer, "group")
        # Small enough with any envelope, and more than half of what is refused.
        large = {"type": "test.large", "text": "x" * 7_900}

        await postgres_layer.group_send("group", large)

        assert await comes(postgres_layer.receive(channel)) == large

    async def test_counts_bytes_that_travel(self, postgres_layer: PostgresChannelLayer) -> None:
        with pytest.raises(MessageTooLarge):
            await postgres_layer.group_send("group", {"type": "test.wide", "text": "ü" * 4_000})

    async def test_one_too_large_hint_stops_the_whole_call(self, postgres_layer: PostgresChannelLayer) -> None:
        channel = await member(postgres_layer, "cairnloop.inbox")
        huge = {"type": "test.huge", "text": "x" * 8_000}

        with pytest.raises(MessageTooLarge):
            await in_thread(lambda: postgres_layer.notify([("cairnloop.inbox", HINT), ("cairnloop.inbox", huge)]))

        assert await nothing_comes(postgres_layer.receive(channel))


class TestMemory:
    async def test_channels_that_come_and_go_leave_nothing_behind(self, postgres_layer: PostgresChannelLayer) -> None:
        async def visit() -> None:
            channel = await member(postgres_layer, "cairnloop.inbox", "cairnloop.thread.1")
            waiting = asyncio.ensure_future(postgres_layer.receive(channel))
            await asyncio.sleep(0)
            waiting.cancel()
            for group in ("cairnloop.inbox", "cairnloop.thread.1"):
                await postgres_layer.group_discard(group, channel)

        await asyncio.gather(*(visit() for _ in range(5_000)))

        assert left_over(postgres_layer) == {}

    async def test_a_channel_left_with_messages_is_forgotten_when_they_expire(
        self, make_postgres_layer: Callable[..., PostgresChannelLayer]
    ) -> None:
        layer = make_postgres_layer(expiry=0.1, capacity=3)
        left = await member(layer, "cairnloop.inbox")
        for _ in range(5):
            await layer.group_send("cairnloop.inbox", HINT)
        await layer.group_discard("cairnloop.inbox", left)
        await layer.send(await layer.new_channel(), HINT)
        await layer.send("tasks", HINT)

        await asyncio.sleep(0.2)
        await member(layer, "cairnloop.other")
        await layer.group_send("cairnloop.other", HINT)

        assert left not in left_over(layer)["boxes"]
        assert list(left_over(layer)) == ["boxes", "groups"]
        assert len(left_over(layer)["boxes"]) == 1

    async def test_a_member_that_vanished_is_forgotten_after_group_expiry(
        self, make_postgres_layer: Callable[..., PostgresChannelLayer]
    ) -> None:
        layer = make_postgres_layer(expiry=0.1, group_expiry=0.2)
        for _ in range(100):
            await member(layer, "cairnloop.inbox")
        await layer.group_send("cairnloop.inbox", HINT)

        await asyncio.sleep(0.4)
        await layer.group_send("cairnloop.inbox", HINT)

        assert left_over(layer) == {}

    async def test_a_failed_join_is_no_member(
        self, make_postgres_layer: Callable[..., PostgresChannelLayer], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(connections.settings, "absent", {**connections["default"].settings_dict, "NAME": "absent"})
        layer = make_postgres_layer(alias="absent")

        with pytest.raises(LiveLayerUnavailable):
            await layer.group_add("cairnloop.inbox", await layer.new_channel())

        assert left_over(layer) == {}

    async def test_settled_claims_are_forgotten(self, make_postgres_layer: Callable[..., PostgresChannelLayer]) -> None:
        layer = make_postgres_layer(expiry=0.1)
        for _ in range(20):
            await layer.send("tasks", HINT)
            await comes(layer.receive("tasks"))

        await asyncio.sleep(0.3)
        await layer.send("tasks", HINT)
        await comes(layer.receive("tasks"))

        assert len(layer._hub().named.settled) == 1
