"""A message reaches one reader, whoever gives up and whatever strangers send."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from cairnloop.live_layer import PostgresChannelLayer
from tests.live_layer.conftest import PATIENCE, OtherProcess, comes, nothing_comes
from tests.live_layer.watching import (
    HINT,
    LISTENING,
    kill_our_own,
    member,
    sessions,
)

pytestmark = pytest.mark.django_db


class TestReceive:
    async def test_cancelling_at_any_moment_loses_and_doubles_nothing(
        self, postgres_layer: PostgresChannelLayer
    ) -> None:
        for channel in ("tasks", await postgres_layer.new_channel()):
            numbers = []

            async def send(channel: str = channel) -> None:
                for number in range(60):
                    await postgres_layer.send(channel, {"type": "test.number", "number": number})

            sending = asyncio.ensure_future(send())
            while len(numbers) < 60:
                receiving = asyncio.ensure_future(postgres_layer.receive(channel))
                for _ in range(len(numbers) % 4):
                    await asyncio.sleep(0)
                await asyncio.wait([receiving], timeout=0.001 * (len(numbers) % 3))
                receiving.cancel()
                await asyncio.wait([receiving])
                if not receiving.cancelled():
                    numbers.append(receiving.result()["number"])
            await sending

            assert numbers == list(range(60))

    async def test_a_reader_cancelled_as_it_wakes_passes_the_message_on(
        self, postgres_layer: PostgresChannelLayer
    ) -> None:
        channel = await postgres_layer.new_channel()
        first, second = (asyncio.ensure_future(postgres_layer.receive(channel)) for _ in range(2))
        await asyncio.sleep(0.05)

        await postgres_layer.send(channel, HINT)
        first.cancel()

        assert await comes(second) == HINT

    async def test_ignores_notifications_of_strangers(
        self, postgres_layer: PostgresChannelLayer, bystander: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        channel = await member(postgres_layer, "group")
        named = asyncio.ensure_future(postgres_layer.receive("tasks"))
        await postgres_layer.group_add("ready", "tasks")
        before = await sessions(bystander, LISTENING)
        nested = "[" * 3_000
        with caplog.at_level(logging.CRITICAL, "cairnloop.live_layer"):
            for payload in (
                "",
                "nonsense",
                "group x group {",
                "group x group []",
                f"group x group {nested}",
                'group x group {"__bytes__": 7}',
                "call - tasks ../../etc",
                "join - group specific.somebody!else",
                "claim x tasks nobody",
            ):
                for topic in ("cairnloop_live", "cairnloop_named"):
                    await bystander.execute("SELECT pg_notify(%s, %s)", [topic, payload])

        await postgres_layer.group_send("group", HINT)
        await postgres_layer.send("tasks", HINT)

        assert await comes(postgres_layer.receive(channel)) == HINT
        assert await comes(named) == HINT
        assert await sessions(bystander, LISTENING) == before


class TestNamedChannels:
    async def test_give_each_message_to_one_reader_in_all_processes(
        self, postgres_layer: PostgresChannelLayer, postgres_recipe: dict[str, Any]
    ) -> None:
        # Not in the common suite: in channels-redis a reader takes back what another one has just taken.
        others = [await OtherProcess.start(postgres_recipe) for _ in range(2)]
        waiting = [each.begin("receive", "tasks") for each in others for _ in range(20)]
        waiting += [asyncio.ensure_future(postgres_layer.receive("tasks")) for _ in range(20)]

        for number in range(60):
            await postgres_layer.send("tasks", {"type": "test.number", "number": number})

        messages = await comes(asyncio.gather(*waiting))
        assert sorted(message["number"] for message in messages) == list(range(60))
        late = [each.begin("receive", "tasks") for each in others]
        assert await nothing_comes(asyncio.wait([*late], return_when=asyncio.FIRST_COMPLETED))
        for each in others:
            await each.stop()

    async def test_give_what_was_held_to_one_of_several_newcomers(
        self, postgres_layer: PostgresChannelLayer, postgres_recipe: dict[str, Any]
    ) -> None:
        for number in range(20):
            await postgres_layer.send("tasks", {"type": "test.number", "number": number})

        others = [await OtherProcess.start(postgres_recipe) for _ in range(3)]
        waiting = [each.begin("receive", "tasks") for each in others for _ in range(10)]

        numbers: list[int] = []
        async with asyncio.timeout(PATIENCE):
            while len(numbers) < 20:
                await asyncio.sleep(0.05)
                numbers = [each.result()["number"] for each in waiting if each.done()]
        await asyncio.sleep(0.3)
        numbers = [each.result()["number"] for each in waiting if each.done()]
        assert sorted(numbers) == list(range(20))
        for each in others:
            await each.stop()

    async def test_a_process_that_dies_leaves_its_channel_to_the_others(
        self, postgres_layer: PostgresChannelLayer, postgres_recipe: dict[str, Any]
    ) -> None:
        other = await OtherProcess.start(postgres_recipe)
        other.begin("receive", "tasks")
        await other.call("group_add", "ready", "tasks")
        other.process.kill()
        await other.process.wait()

        await postgres_layer.send("tasks", HINT)

        assert await comes(postgres_layer.receive("tasks")) == HINT

    async def test_a_message_claimed_during_a_gap_is_not_given_out_again(
        self,
        postgres_layer: PostgresChannelLayer,
        postgres_recipe: dict[str, Any],
        bystander: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("cairnloop.live_layer.line.RETRY_FIRST_SECONDS", 1)
        other = await OtherProcess.start(postgres_recipe)
        await other.call("group_add", "ready", "tasks")
        await postgres_layer.send("tasks", HINT)

        await kill_our_own(postgres_layer, bystander)
        assert await other.call("receive", "tasks") == HINT

        await postgres_layer.group_add("ready", "tasks")
        assert await nothing_comes(postgres_layer.receive("tasks"))
        await other.stop()

    async def test_a_message_sent_during_a_gap_is_called_for_afterwards(
        self,
        postgres_layer: PostgresChannelLayer,
        postgres_recipe: dict[str, Any],
        bystander: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("cairnloop.live_layer.line.RETRY_FIRST_SECONDS", 1)
        other = await OtherProcess.start(postgres_recipe)
        await other.call("group_add", "ready", "tasks")
        waiting = asyncio.ensure_future(postgres_layer.receive("tasks"))
        await postgres_layer.group_add("ready", "tasks")

        await kill_our_own(postgres_layer, bystander)
        await other.call("send", "tasks", HINT)

        assert await comes(waiting) == HINT
        await other.stop()

    async def test_an_expired_offer_is_given_to_nobody(
        self, make_postgres_layer: Callable[..., PostgresChannelLayer]
    ) -> None:
        layer = make_postgres_layer(expiry=0.1)
        await layer.send("tasks", HINT)

        await asyncio.sleep(0.2)

        assert await nothing_comes(layer.receive("tasks"))
