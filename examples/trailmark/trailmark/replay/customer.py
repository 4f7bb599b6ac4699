"""A customer's widget without a browser: the real WebSocket, and what a good client does when it breaks."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

HEARTBEAT_SECONDS = 5.0
SILENCE_SECONDS = 15.0
"""Without any frame for so long, the connection is taken for dead."""
OPEN_SECONDS = 10.0
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 3.0
PASSING = frozenset({"rate_limited", "unavailable", "not_stored"})
"""Refusals that end by themselves: the same message is sent again."""


class MessageRefused(Exception):
    """The server will never accept this message."""


class PatienceLost(Exception):
    """Nothing happened for so long that something must be wrong."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message as it arrived on the customer's screen, with its place in the customer's own counting."""

    sequence: int
    role: str
    text: str
    at: float


@dataclass(slots=True)
class _Unsent:
    text: str
    since: float
    acknowledged: asyncio.Future[int]


@dataclass(slots=True)
class Screen:
    """What a customer has been shown, and what went wrong on the way there."""

    messages: list[Delivered] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The sequence up to which everything has arrived."""
        return self.messages[-1].sequence if self.messages else 0

    def show(self, message: dict[str, Any]) -> None:
        """Add a message; one that comes twice or too late is a flaw, and is not added."""
        sequence = message["sequence"]
        if sequence <= self.last:
            self.flaws.append(f"message {sequence} was delivered again, after message {self.last}")
            return
        self.messages.append(Delivered(sequence, message["role"], message["text"], time.perf_counter()))


def connection(url: str, *, token: str) -> connect:
    """Return a connection to the widget's socket, to be entered: the token travels as a subprotocol."""
    encoded = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
    return connect(
        url,
        subprotocols=[Subprotocol("cairnloop.v1"), Subprotocol(f"cl-token.{encoded}")],
        open_timeout=OPEN_SECONDS,
        close_timeout=1,
        compression=None,
        proxy=None,
    )


class Customer:
    """One customer with one conversation. Use as `async with`; while it is open it stays connected.

    A message is sent again, under the same client id, until the server has acknowledged it. After a lost
    connection it resumes behind the last message that was shown.
    """

    def __init__(self, *, url: str, token: Callable[[], str], patience_seconds: float = 90) -> None:
        self.url = url
        self.screen = Screen()
        self.conversation: str | None = None
        self.reconnects = 0
        self.ack_seconds: list[float] = []
        self._token = token
        self._patience_seconds = patience_seconds
        self._unsent: dict[str, _Unsent] = {}
        self._socket: ClientConnection | None = None
        self._news = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._stay_connected())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def say(self, text: str, *, client_id: str) -> int:
        """Send a message; return its sequence once acknowledged. Raises MessageRefused or PatienceLost."""
        unsent = _Unsent(text, time.perf_counter(), asyncio.get_running_loop().create_future())
        self._unsent[client_id] = unsent
        try:
            if self._socket is not None:
                await self._send_message(self._socket, client_id)
            async with asyncio.timeout(self._patience_seconds):
                return await asyncio.shield(unsent.acknowledged)
        except TimeoutError:
            raise PatienceLost(f"no acknowledgement within {self._patience_seconds:.0f} s") from None
        finally:
            self._unsent.pop(client_id, None)

    async def has_been_shown(self, sequence: int) -> Delivered:
        """Return the message with this sequence once it is on the screen. Raises PatienceLost."""
        try:
            async with asyncio.timeout(self._patience_seconds), self._news:
                await self._news.wait_for(lambda: self.screen.last >= sequence)
        except TimeoutError:
            raise PatienceLost(f"message {sequence} was not delivered within {self._patience_seconds:.0f} s") from None
        return next(message for message in self.screen.messages if message.sequence >= sequence)

    async def _stay_connected(self) -> None:
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                async with connection(self.url, token=self._token()) as socket:
                    wait = FIRST_WAIT_SECONDS
                    await self._resume(socket)
                    await self._listen(socket)
            except (OSError, WebSocketException):
                pass
            finally:
                self._socket = None
            self.reconnects += 1
            # Not all at the same moment, when a server comes back and hundreds are waiting.
            await asyncio.sleep(wait * random.uniform(0.5, 1))
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    async def _resume(self, socket: ClientConnection) -> None:
        """Ask for what was missed, and say again what nobody has acknowledged."""
        if self.conversation is not None:
            await self._send(socket, type="join", conversation=self.conversation, after=self.screen.last)
        self._socket = socket
        for client_id in list(self._unsent):
            await self._send_message(socket, client_id)

    async def _listen(self, socket: ClientConnection) -> None:
        heard_at = time.monotonic()
        while time.monotonic() - heard_at < SILENCE_SECONDS:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    frame = json.loads(await socket.recv())
            except TimeoutError:
                # The answer also brings whatever hint got lost.
                await self._send(socket, type="ping")
                continue
            heard_at = time.monotonic()
            await self._take(frame)

    async def _take(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "messages" if self.conversation in (None, frame["conversation"]):
                self.conversation = frame["conversation"]
                for message in frame["messages"]:
                    self.screen.show(message)
                async with self._news:
                    self._news.notify_all()
            case "ack":
                self.conversation = frame["conversation"]
                unsent = self._unsent.get(frame["client_id"])
                if unsent is not None and not unsent.acknowledged.done():
                    self.ack_seconds.append(time.perf_counter() - unsent.since)
                    unsent.acknowledged.set_result(frame["sequence"])
            case "error":
                self._take_refusal(frame)

    def _take_refusal(self, frame: dict[str, Any]) -> None:
        client_id = frame.get("client_id")
        if client_id is None and frame["code"] not in PASSING:
            self.screen.flaws.append(f"the server refused a frame: {frame['code']}")
        unsent = self._unsent.get(client_id or "")
        if unsent is None or unsent.acknowledged.done():
            return
        if frame["code"] not in PASSING:
            unsent.acknowledged.set_exception(MessageRefused(frame["code"]))
            return
        loop = asyncio.get_running_loop()
        loop.call_later(frame.get("retry_after") or 1, lambda: loop.create_task(self._again(str(client_id))))

    async def _again(self, client_id: str) -> None:
        if self._socket is not None and client_id in self._unsent:
            with suppress(WebSocketException):
                await self._send_message(self._socket, client_id)

    async def _send_message(self, socket: ClientConnection, client_id: str) -> None:
        frame = {"type": "message", "client_id": client_id, "text": self._unsent[client_id].text}
        if self.conversation is not None:
            frame["conversation"] = self.conversation
        # A connection that breaks here is noticed by the listener, which connects anew and sends it again.
        with suppress(WebSocketException):
            await self._send(socket, **frame)

    async def _send(self, socket: ClientConnection, **frame: object) -> None:
        await socket.send(json.dumps(frame))
