"""One connection for each event loop, opened late and never left behind."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ImproperlyConfigured

from cairnloop.live_layer import LiveLayerUnavailable, PostgresChannelLayer
from tests.live_layer.conftest import comes, nothing_comes
from tests.live_layer.watching import (
    HINT,
    LISTENING,
    SENDING,
    eventually,
    has_open_sessions,
    in_thread,
    left_over,
    member,
    sessions,
)

pytestmark = pytest.mark.django_db


class TestConnections:
    async def test_one_listens_for_any_number_of_channels(
        self, postgres_layer: PostgresChannelLayer, bystander: Any
    ) -> None:
        channels = await asyncio.gather(*(member(postgres_layer, "cairnloop.inbox") for _ in range(200)))
        readers = [asyncio.ensure_future(postgres_layer.receive(channel)) for channel in channels]

        await postgres_layer.group_send("cairnloop.inbox", HINT)

        assert await comes(asyncio.gather(*readers)) == [HINT] * 200
        assert len(await sessions(bystander, LISTENING)) == 1
        assert len(await sessions(bystander, SENDING)) == 0

    async def test_none_listens_for_a_process_that_only_sends(
        self, postgres_layer: PostgresChannelLayer, bystander: Any
    ) -> None:
        await postgres_layer.new_channel()
        await postgres_layer.group_send("cairnloop.inbox", HINT)
        await postgres_layer.send(f"specific.{'0' * 16}!x", HINT)
        await in_thread(lambda: postgres_layer.notify([("cairnloop.inbox", HINT)]))

        assert await sessions(bystander, LISTENING) == []

    async def test_many_senders_share_one(self, postgres_layer: PostgresChannelLayer, bystander: Any) -> None:
        await asyncio.gather(*(postgres_layer.group_send("cairnloop.inbox", HINT) for _ in range(300)))

        assert len(await sessions(bystander, SENDING)) == 1

    async def test_a_sender_that_falls_silent_lets_go(
        self, postgres_layer: PostgresChannelLayer, bystander: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cairnloop.live_layer.line.SENDER_LINGERS_SECONDS", 0.05)
        await postgres_layer.group_send("cairnloop.inbox", HINT)

        async def silent() -> bool:
            return not await sessions(bystander, SENDING)

        await eventually(silent)
        for _ in range(20):
            assert await silent()
        await postgres_layer.group_send("cairnloop.inbox", HINT)

    async def test_a_sender_may_begin_to_listen(self, postgres_layer: PostgresChannelLayer, bystander: Any) -> None:
        await postgres_layer.group_send("cairnloop.inbox", HINT)

        channel = await member(postgres_layer, "cairnloop.inbox")

        await postgres_layer.group_send("cairnloop.inbox", HINT)
        assert await comes(postgres_layer.receive(channel)) == HINT
        assert len(await sessions(bystander, LISTENING)) == 1
        assert await sessions(bystander, SENDING) == []

    async def test_close_ends_it(self, postgres_layer: PostgresChannelLayer, bystander: Any) -> None:
        channel = await member(postgres_layer, "cairnloop.inbox")

        await postgres_layer.close()

        async def none() -> bool:
            return not await sessions(bystander, LISTENING)

        await eventually(none)
        assert left_over(postgres_layer) == {}
        with pytest.raises(ValueError, match="event loop that made this channel"):
            await postgres_layer.receive(channel)

    async def test_close_fails_what_was_still_to_be_sent(self, postgres_layer: PostgresChannelLayer) -> None:
        sending = asyncio.ensure_future(postgres_layer.group_send("cairnloop.inbox", HINT))
        await asyncio.sleep(0)

        await postgres_layer.close()

        with pytest.raises(LiveLayerUnavailable):
            await comes(sending)

    def test_refuses_a_prefix_that_is_no_identifier(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="prefix"):
            PostgresChannelLayer(prefix="Not; valid")

    async def test_two_prefixes_do_not_meet(self, make_postgres_layer: Callable[..., PostgresChannelLayer]) -> None:
        ours, theirs = make_postgres_layer(), make_postgres_layer(prefix="another")
        channel = await member(ours, "group")

        await theirs.group_send("group", HINT)

        assert await nothing_comes(ours.receive(channel))


class TestEventLoops:
    def test_each_closes_its_connection_when_it_ends(self) -> None:
        layer = PostgresChannelLayer()

        async def use() -> None:
            channel = await member(layer, "cairnloop.inbox")
            await layer.group_send("cairnloop.inbox", HINT)
            assert await comes(layer.receive(channel)) == HINT

        for _ in range(5):
            asyncio.run(use())

        assert has_open_sessions(0)
        assert len(layer._hubs) == 1

    def test_async_to_sync_sends_and_leaves_nothing_open(self) -> None:
        layer = PostgresChannelLayer()

        for _ in range(3):
            async_to_sync(layer.group_send)("cairnloop.inbox", HINT)

        assert has_open_sessions(0)

    def test_one_that_was_closed_rudely_is_cleaned_up_by_the_next(self, caplog: pytest.LogCaptureFixture) -> None:
        layer = PostgresChannelLayer()
        rude = asyncio.new_event_loop()
        rude.run_until_complete(member(layer, "cairnloop.inbox"))
        rude.close()
        assert has_open_sessions(1)

        with caplog.at_level(logging.CRITICAL, "asyncio"):
            asyncio.run(layer.new_channel())  # type: ignore[arg-type]
            gc.collect()

        assert has_open_sessions(0)

    async def test_two_at_once_do_not_touch_each_other(self, postgres_layer: PostgresChannelLayer) -> None:
        here = await member(postgres_layer, "cairnloop.inbox")
        ready, heard = threading.Event(), []

        async def there() -> None:
            channel = await member(postgres_layer, "cairnloop.inbox")
            ready.set()
            heard.append(await comes(postgres_layer.receive(channel)))
            await postgres_layer.close()

        thread = threading.Thread(target=lambda: asyncio.run(there()))
        thread.start()
        while not ready.is_set():
            await asyncio.sleep(0.01)
        await postgres_layer.group_send("cairnloop.inbox", HINT)

        assert await comes(postgres_layer.receive(here)) == HINT
        while thread.is_alive():
            await asyncio.sleep(0.01)
        assert heard == [HINT]
