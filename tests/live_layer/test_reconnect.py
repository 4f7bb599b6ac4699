"""The connection comes back, and readers of hints learn that they missed something."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from cairnloop.embedded import start_postgres, stop_postgres
from cairnloop.live_layer import LiveLayerUnavailable, PostgresChannelLayer
from tests.live_layer.conftest import comes
from tests.live_layer.watching import (
    HINT,
    LISTENING,
    MISSED,
    all_waiting,
    in_thread,
    kill_listening,
    listening_again,
    member,
    sessions,
)

pytestmark = pytest.mark.django_db


class TestReconnect:
    async def test_tells_readers_of_hints_to_read_again_and_goes_on(
        self, postgres_layer: PostgresChannelLayer, bystander: Any
    ) -> None:
        watcher = await member(postgres_layer, "cairnloop.inbox", "cairnloop.conversation.1")
        stranger = await member(postgres_layer, "somebody.elses")
        waiting = asyncio.ensure_future(postgres_layer.receive(watcher))

        await kill_listening(bystander)

        assert await comes(waiting) == MISSED
        await in_thread(lambda: postgres_layer.notify([("cairnloop.inbox", HINT), ("somebody.elses", HINT)]))
        assert await comes(postgres_layer.receive(watcher)) == HINT
        assert await comes(postgres_layer.receive(stranger)) == HINT
        assert len(await sessions(bystander, LISTENING)) == 1

    async def test_says_so_once_to_a_reader_that_was_away_for_several(
        self, postgres_layer: PostgresChannelLayer, bystander: Any
    ) -> None:
        watcher = await member(postgres_layer, "cairnloop.inbox")

        for _ in range(2):
            await kill_listening(bystander)
            await listening_again(bystander)
        await postgres_layer.group_send("cairnloop.inbox", HINT)

        assert await all_waiting(postgres_layer, watcher) == [MISSED, HINT]

    async def test_keeps_what_was_already_delivered(self, postgres_layer: PostgresChannelLayer, bystander: Any) -> None:
        channel = await member(postgres_layer, "somebody.elses")
        await postgres_layer.group_send("somebody.elses", HINT)

        await kill_listening(bystander)

        assert await comes(postgres_layer.receive(channel)) == HINT

    async def test_serves_named_channels_again(self, postgres_layer: PostgresChannelLayer, bystander: Any) -> None:
        waiting = asyncio.ensure_future(postgres_layer.receive("tasks"))
        await postgres_layer.group_add("group", "ready")

        await kill_listening(bystander)
        await listening_again(bystander)
        await postgres_layer.send("tasks", HINT)

        assert await comes(waiting) == HINT

    async def test_logs_it_without_what_was_said(
        self,
        postgres_layer: PostgresChannelLayer,
        bystander: Any,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        channel = await member(postgres_layer, "cairnloop.inbox")
        with caplog.at_level(logging.DEBUG, "cairnloop.live_layer"):
            await postgres_layer.group_send("cairnloop.inbox", {"type": "live.hint", "topic": "secret-topic"})
            assert (await comes(postgres_layer.receive(channel)))["topic"] == "secret-topic"

            await kill_listening(bystander)
            assert await comes(postgres_layer.receive(channel)) == MISSED

        levels = [record.levelname for record in caplog.records if record.name == "cairnloop.live_layer"]
        assert levels == ["WARNING", "INFO"]
        assert "secret-topic" not in caplog.text

    @pytest.mark.slow
    async def test_survives_a_crash_of_the_server(
        self,
        make_postgres_layer: Callable[..., PostgresChannelLayer],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        db: None,
    ) -> None:
        monkeypatch.setattr("cairnloop.live_layer.line.RETRY_LONGEST_SECONDS", 0.5)
        server = start_postgres(tmp_path / "pg", tuning={"fsync": "off", "max_connections": "20"})
        monkeypatch.setitem(
            connections.settings, "crashing", {**connections["default"].settings_dict, **server.database()}
        )
        layer = make_postgres_layer(alias="crashing")
        try:
            watcher = await member(layer, "cairnloop.inbox")
            waiting = asyncio.ensure_future(layer.receive(watcher))

            await asyncio.to_thread(stop_postgres, tmp_path / "pg", immediate=True)
            with pytest.raises(LiveLayerUnavailable):
                await comes(layer.group_send("cairnloop.inbox", HINT))
            with pytest.raises(LiveLayerUnavailable):
                await comes(layer.group_add("cairnloop.inbox", await layer.new_channel()))
            assert not waiting.done()
            await asyncio.to_thread(start_postgres, tmp_path / "pg")

            assert await comes(waiting) == MISSED
            await layer.group_send("cairnloop.inbox", HINT)
            assert await comes(layer.receive(watcher)) == HINT
        finally:
            await layer.close()
            stop_postgres(tmp_path / "pg", immediate=True)
