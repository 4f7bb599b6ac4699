"""The other end: operators who read what is stored and answer through Cairnloop's public verbs."""

from __future__ import annotations

import asyncio
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

import cairnloop
from cairnloop.models import Conversation, Message
from trailmark.models import Member
from trailmark.replay.counting import Stored

T = TypeVar("T")

PAUSE_SECONDS = 0.5


class Operators:
    """A team that shares a few database connections, one a thread, and waits while the database restarts."""

    def __init__(self, *, threads: int = 4, patience_seconds: float = 90) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="operator")
        self._patience_seconds = patience_seconds
        self._team: Sequence[cairnloop.Actor] = ()

    async def arrive(self) -> None:
        """Find out who works here."""
        self._team = await self._off_loop(_team)

    async def read(self, conversation: str, *, after: int = 0) -> list[Stored]:
        """Return what the conversation holds behind a sequence, in order."""
        return await self._off_loop(lambda: _stored(conversation, after))

    async def reply(self, conversation: str, text: str, *, seen: int, client_id: str) -> int:
        """Answer the customer as of sequence `seen`, and return the reply's place in the customer's counting."""
        by = self._team[zlib.crc32(conversation.encode()) % len(self._team)]
        return await self._off_loop(lambda: _reply(conversation, text, by=by, seen=seen, client_id=client_id))

    def leave(self) -> None:
        """Close every thread and its connection."""
        everyone = threading.Barrier(self._threads)

        def go_home() -> None:
            everyone.wait()
            connection.close()

        for _ in range(self._threads):
            self._pool.submit(go_home)
        self._pool.shutdown()

    async def _off_loop(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._until_it_works, work)

    def _until_it_works(self, work: Callable[[], T]) -> T:
        """A lost connection says nothing about what was committed; any work here may simply be done again."""
        deadline = time.monotonic() + self._patience_seconds
        while True:
            try:
                return work()
            except (OperationalError, InterfaceError):
                connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE_SECONDS)


def _team() -> list[cairnloop.Actor]:
    staff = Member.objects.filter(is_staff=True, groups__name="Support").order_by("pk")
    team = [cairnloop.Actor.operator(str(member.pk), name=member.get_full_name()) for member in staff]
    return team or [cairnloop.Actor.operator("replay", name="Replay")]


def _reply(conversation: str, text: str, *, by: cairnloop.Actor, seen: int, client_id: str) -> int:
    key = Conversation.objects.values_list("pk", flat=True).get(public_id=conversation)
    reply = cairnloop.post_reply(conversation_id=key, text=text, by=by, seen_sequence=seen, client_id=client_id)
    assert reply.public_sequence is not None, "a reply is there to be seen"
    return reply.public_sequence


def _stored(conversation: str, after: int) -> list[Stored]:
    rows = Message.objects.filter(conversation__public_id=conversation, sequence__gt=after).order_by("sequence")
    return [Stored(*row) for row in rows.values_list("sequence", "public_sequence", "role", "text")]
