"""Hints from synchronous code travel with the caller's own transaction."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from django.db import connection, transaction

from cairnloop.live_layer import PostgresChannelLayer
from tests.live_layer.conftest import PATIENCE, comes, nothing_comes
from tests.live_layer.watching import (
    HINT,
    all_waiting,
    in_thread,
    member,
)

pytestmark = pytest.mark.django_db


class TestNotify:
    async def test_needs_no_event_loop(self, postgres_layer: PostgresChannelLayer) -> None:
        inbox = await member(postgres_layer, "cairnloop.inbox")
        thread = await member(postgres_layer, "cairnloop.thread.1")

        await in_thread(
            lambda: postgres_layer.notify(
                [
                    ("cairnloop.inbox", {**HINT, "number": 1}),
                    ("cairnloop.thread.1", HINT),
                    ("cairnloop.inbox", {**HINT, "number": 2}),
                ]
            )
        )

        assert [(await comes(postgres_layer.receive(inbox)))["number"] for _ in range(2)] == [1, 2]
        assert await comes(postgres_layer.receive(thread)) == HINT

    async def test_sends_all_in_one_statement(self, postgres_layer: PostgresChannelLayer) -> None:
        statements: list[str] = []

        def count(execute: Any, sql: str, *rest: Any) -> Any:
            statements.append(sql)
            return execute(sql, *rest)

        def send() -> None:
            with connection.execute_wrapper(count):
                postgres_layer.notify([("cairnloop.inbox", {**HINT, "number": n}) for n in range(50)])
                postgres_layer.notify([])

        await in_thread(send)

        assert len(statements) == 1

    async def test_travels_with_the_commit(self, postgres_layer: PostgresChannelLayer) -> None:
        channel = await member(postgres_layer, "cairnloop.inbox")
        sent, commit = threading.Event(), threading.Event()

        def write() -> None:
            with transaction.atomic():
                postgres_layer.notify([("cairnloop.inbox", HINT)])
                sent.set()
                commit.wait(PATIENCE)

        writing = asyncio.ensure_future(in_thread(write))
        while not sent.is_set():
            await asyncio.sleep(0.01)
        assert await nothing_comes(postgres_layer.receive(channel))

        commit.set()
        await writing

        assert await comes(postgres_layer.receive(channel)) == HINT

    async def test_goes_with_a_rollback(self, postgres_layer: PostgresChannelLayer) -> None:
        channel = await member(postgres_layer, "cairnloop.inbox")

        def write() -> None:
            with transaction.atomic():
                postgres_layer.notify([("cairnloop.inbox", HINT)])
                transaction.set_rollback(True)

        await in_thread(write)

        assert await nothing_comes(postgres_layer.receive(channel))

    async def test_delivers_equal_messages_as_often_as_they_were_sent(
        self, postgres_layer: PostgresChannelLayer
    ) -> None:
        channel = await member(postgres_layer, "cairnloop.inbox")

        await in_thread(lambda: postgres_layer.notify([("cairnloop.inbox", HINT)] * 3))

        assert await all_waiting(postgres_layer, channel) == [HINT] * 3

    async def test_takes_the_database_it_is_told(self, postgres_layer: PostgresChannelLayer) -> None:
        channel = await member(postgres_layer, "cairnloop.inbox")

        await in_thread(lambda: postgres_layer.notify([("cairnloop.inbox", HINT)], using="default"))

        assert await comes(postgres_layer.receive(channel)) == HINT

    def test_refuses_bad_names_and_messages(self) -> None:
        layer = PostgresChannelLayer()
        with pytest.raises(TypeError):
            layer.notify([("not a group", HINT)])
        with pytest.raises(TypeError):
            layer.notify([("cairnloop.inbox", "text")])  # type: ignore[list-item]
