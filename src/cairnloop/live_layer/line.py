"""The one connection of an event loop: sends what is posted, hears what is wanted, comes back when lost."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from typing import Any

import psycopg
from psycopg import sql

logger = logging.getLogger("cairnloop.live_layer")

SEND = "SELECT pg_notify(topic, payload) FROM unnest(%s::text[], %s::text[]) AS sent (topic, payload)"
BATCH = 100
SENDER_LINGERS_SECONDS = 5
RETRY_FIRST_SECONDS = 0.1
RETRY_LONGEST_SECONDS = 5.0
SENDING, LISTENING = "cairnloop live sender", "cairnloop live"
"""Names of the connection in pg_stat_activity."""

Connection = psycopg.AsyncConnection[Any]
Sent = asyncio.Future[None]


class LiveLayerUnavailable(ConnectionError):
    """PostgreSQL could not be reached, so the message may not have been sent. Try again."""


class Line:
    """Opens its connection for the first message posted or topic wanted; keeps it as long as it listens."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        *,
        hear: Callable[[str], None],
        catch_up: Callable[[], None],
    ) -> None:
        self.connect, self.hear, self.catch_up = connect, hear, catch_up
        self.wanted: set[str] = set()
        self.heard: set[str] = set()
        self.outbox: deque[tuple[str, str, Sent]] = deque()
        self.listeners: list[Sent] = []
        self.work = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.connection: Connection | None = None
        self.interrupted = False
        self.failures = 0

    def post(self, topic: str, payload: str) -> Sent:
        """Queue one notification. Await the result to know that it was sent, or leave it."""
        sent = _promise()
        self.outbox.append((topic, payload, sent))
        self._start()
        return sent

    def want(self, *topics: str) -> None:
        """Listen to the topics from now on, as soon as there is a connection."""
        self.wanted.update(topics)
        if not self.wanted <= self.heard:
            self._start()

    async def listen(self, *topics: str) -> None:
        """Listen to the topics, and return when PostgreSQL delivers them. Raises LiveLayerUnavailable."""
        self.want(*topics)
        if self.wanted <= self.heard:
            return
        listening = _promise()
        self.listeners.append(listening)
        await listening

    async def close(self) -> None:
        self.wanted.clear()
        if self.task:
            self.task.cancel()
            await asyncio.wait([self.task])
        self._lose(ConnectionAbortedError())

    def discard(self) -> None:
        """Close the connection of an event loop that is gone."""
        if self.connection:
            self.connection.pgconn.finish()

    def _start(self) -> None:
        self.work.set()
        if self.task is None or self.task.done():
            # A context of its own: not that of whichever request came first.
            own = contextvars.Context()
            self.task = asyncio.get_running_loop().create_task(self._run(), name=LISTENING, context=own)

    async def _run(self) -> None:
        # A loop that shuts down cancels its tasks, which closes the connection here.
        while self.outbox or self.wanted:
            try:
                self.connection = await self.connect()
                try:
                    await self._serve(self.connection)
                finally:
                    await self.connection.close()
            except Exception as error:
                # Whatever it was, readers wait, and nobody above could decide to go on.
                self._lose(error)
                if self.wanted:
                    await self._pause(error)

    async def _serve(self, connection: Connection) -> None:
        connection.add_notify_handler(lambda notification: self.hear(notification.payload))
        while True:
            self.work.clear()
            self._drain(connection)
            if missing := self.wanted - self.heard:
                await connection.execute(_listen_to(missing))
                self.heard |= missing
                self._found()
            elif self.outbox:
                await self._send(connection)
            elif not await self._wait(connection):
                return

    async def _send(self, connection: Connection) -> None:
        topics, payloads, promises = zip(*islice(self.outbox, BATCH), strict=True)
        await connection.execute(SEND, [list(topics), list(payloads)])
        # PostgreSQL reports a session's own notifications before it is ready again: hear them first.
        self._drain(connection)
        for sent in promises:
            self.outbox.popleft()
            _keep(sent)

    def _drain(self, connection: Connection) -> None:
        # libpq may have read notifications together with an answer; the socket then has nothing to show.
        while notification := connection.pgconn.notifies():
            self.hear(notification.extra.decode())

    async def _wait(self, connection: Connection) -> bool:
        """Wait for work or notifications; False when a line that only sends had none for a while."""
        loop, socket = asyncio.get_running_loop(), connection.fileno()
        loop.add_reader(socket, self.work.set)
        try:
            async with asyncio.timeout(None if self.wanted else SENDER_LINGERS_SECONDS):
                await self.work.wait()
        except TimeoutError:
            return False
        finally:
            if not loop.is_closed():
                loop.remove_reader(socket)
        connection.pgconn.consume_input()
        return True

    def _found(self) -> None:
        if not self.wanted <= self.heard:
            return
        self.failures = 0
        if self.interrupted:
            self.interrupted = False
            logger.info("The live connection is back.")
            self.catch_up()
        for listening in self.listeners:
            _keep(listening)
        self.listeners.clear()

    def _lose(self, error: Exception) -> None:
        self.interrupted = self.interrupted or bool(self.heard)
        self.heard.clear()
        for promise in [*self.listeners, *(sent for _, _, sent in self.outbox)]:
            _break(promise, error)
        self.listeners.clear()
        self.outbox.clear()

    async def _pause(self, error: Exception) -> None:
        longest = min(RETRY_LONGEST_SECONDS, RETRY_FIRST_SECONDS * 2 ** min(self.failures, 10))
        self.failures += 1
        seconds = longest * random.uniform(0.5, 1)  # noqa: S311 - keeps processes apart, protects nothing.
        logger.warning("No live connection (%s); trying again in %.1f s.", type(error).__name__, seconds)
        await asyncio.sleep(seconds)


def _promise() -> Sent:
    promise: Sent = asyncio.get_running_loop().create_future()
    # Looked at here already, so that a failure nobody waits for makes no noise.
    promise.add_done_callback(lambda done: done.cancelled() or done.exception())
    return promise


def _keep(promise: Sent) -> None:
    if not promise.done():
        promise.set_result(None)


def _break(promise: Sent, error: Exception) -> None:
    if promise.done():
        return
    unavailable = LiveLayerUnavailable(
        f"PostgreSQL could not be reached ({type(error).__name__}); the message may be lost. Try again."
    )
    unavailable.__cause__ = error
    promise.set_exception(unavailable)


def _listen_to(topics: Iterable[str]) -> sql.Composed:
    statements = [sql.SQL("LISTEN {}").format(sql.Identifier(topic)) for topic in sorted(topics)]
    naming = sql.SQL("SET application_name TO {}").format(sql.Literal(LISTENING))
    return sql.SQL("; ").join([*statements, naming])
