"""Looking at our own layer from outside, and at what it remembers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.db import connection, connections

from cairnloop.live_layer import PostgresChannelLayer
from tests.live_layer.conftest import PATIENCE

HINT = {"type": "live.hint", "topic": "inbox"}
MISSED = {"type": "live.missed"}
LISTENING, SENDING = "cairnloop live", "cairnloop live sender"


async def sessions(bystander: Any, name: str) -> list[int]:
    found = await bystander.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()",
        [name],
    )
    return [pid for (pid,) in await found.fetchall()]


async def eventually(check: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await check():
            await asyncio.sleep(0.02)


async def kill_listening(bystander: Any) -> None:
    """End the listening session, and return when it is gone."""
    pids = await sessions(bystander, LISTENING)
    assert pids
    await bystander.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [pids])

    async def gone() -> bool:
        return not set(pids) & set(await sessions(bystander, LISTENING))

    await eventually(gone)


async def kill_our_own(layer: PostgresChannelLayer, bystander: Any) -> None:
    """End this process's listening session only, and return when the layer has noticed."""
    line = layer._hub().line
    assert line.connection
    await bystander.execute("SELECT pg_terminate_backend(%s)", [line.connection.info.backend_pid])

    async def noticed() -> bool:
        return not line.heard

    await eventually(noticed)


async def listening_again(bystander: Any) -> None:
    async def back() -> bool:
        return bool(await sessions(bystander, LISTENING))

    await eventually(back)


async def member(layer: PostgresChannelLayer, *groups: str) -> str:
    channel = await layer.new_channel()
    for group in groups:
        await layer.group_add(group, channel)
    return channel


async def all_waiting(layer: PostgresChannelLayer, channel: str) -> list[dict[str, Any]]:
    messages = []
    while True:
        try:
            messages.append(await asyncio.wait_for(layer.receive(channel), 0.2))
        except TimeoutError:
            return messages


async def in_thread(doing: Callable[[], None]) -> None:
    """Run in a thread of its own, with a Django connection of its own that really commits."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            doing()
        except BaseException as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():
        await asyncio.sleep(0.01)
    if failures:
        raise failures[0]


def left_over(layer: PostgresChannelLayer) -> dict[str, Any]:
    """Everything this event loop's part of the layer still remembers."""
    hub = layer._hub()
    kept = {"boxes": hub.boxes, "groups": hub.groups, "offers": hub.named.offers, "claims": hub.named.claims}
    return {name: value for name, value in kept.items() if value}


def has_open_sessions(expected: int) -> bool:
    """True as soon as this layer has that many sessions; the server may take a moment to end one."""
    count = None
    with connection.cursor() as cursor:
        for _ in range(100):
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE application_name LIKE 'cairnloop live%' AND datname = current_database()"
            )
            (count,) = cursor.fetchone()
            if count == expected:
                return True
            time.sleep(0.02)
    return False
