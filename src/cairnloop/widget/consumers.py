"""The widget's WebSocket: let in, hand frames to the desk, and pass on what is new."""

from __future__ import annotations

import asyncio
import base64
import binascii
import functools
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import timezone

from cairnloop.core import live
from cairnloop.core.errors import CairnloopError, InvalidInput, NotFound
from cairnloop.hooks.widget_verifier import Visitor
from cairnloop.origins import Handshake, own_origin
from cairnloop.widget import frames
from cairnloop.widget.desk import Desk, Thread, Unavailable, problem
from cairnloop.widget.door import (
    Refused,
    TooManyAttempts,
    TooManyConnections,
    admit,
    count_connection,
)

logger = logging.getLogger("cairnloop.widget")

P = ParamSpec("P")
R = TypeVar("R")

SUBPROTOCOL = "cairnloop.v1"
TOKEN_PREFIX = "cl-token."
PROOF_ENDED = 4401
FOLLOW_LIMIT = 20
"""How many conversations one connection follows; the one joined first makes room."""
PLACES_LIMIT = 100
"""Of how many conversations one connection remembers how much was handed over."""
NEWS_SECONDS = 1.0
"""How often at most a connection is sent its list anew."""
CONNECTIONS_AT_ONCE = 50
"""How many connections of one customer a process keeps open."""

# Threads of our own: one slow verifier or query must not make every other socket of the process wait, and no
# more database connections are opened than there are threads.
_open: Counter[str] = Counter()
"""Open connections by customer; nobody without one is in it."""
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="cairnloop-widget")


async def off_loop(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run synchronous work in one of the widget's threads."""
    work = functools.partial(function, *args, **kwargs)
    result: R = await database_sync_to_async(work, thread_sensitive=False, executor=_threads)()
    return result


class WidgetConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """One visitor's connection. Frames and hints are handled one at a time: nothing is handed over twice."""

    channel_layer_alias = live.ALIAS

    def __init__(self) -> None:
        super().__init__()
        self.desk: Desk | None = None
        self.turn = asyncio.Lock()
        """Held from reading to sending, so that what is sent last was also read last."""
        self.threads: dict[str, Thread] = {}
        """What this connection follows, by topic."""
        self.places: dict[str, int] = {}
        """How much of each conversation was handed over when it was last followed, or is said to have arrived."""
        self.unmet: set[str] = set()
        """The conversations to be followed as soon as that works again."""
        self.topic = ""
        """Where everything of the customer is hinted at, once the connection is accepted."""
        self.listed = 0
        """A digest of the list as it was last sent."""
        self.has_news = False
        self.telling: asyncio.Task[None] | None = None
        self.expiry: asyncio.TimerHandle | None = None
        self.closing: asyncio.Future[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the connection, and leave no group and no timer behind however it ends."""
        live.layer()
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.expiry is not None:
                self.expiry.cancel()
            if self.telling is not None:
                self.telling.cancel()
                await asyncio.gather(self.telling, return_exceptions=True)
            for topic in list(self.threads):
                await self._leave(topic)
            if self.desk is not None:
                await self._forget(self.desk)

    async def connect(self) -> None:
        """Accept verified visitors and tell them what they may go on with; refuse everybody else."""
        if SUBPROTOCOL not in self.scope["subprotocols"]:
            return await self._deny(403, Refused())
        try:
            visitor = await off_loop(_visitor_of, self.scope)
        except TooManyAttempts as refused:
            return await self._deny(429, refused)
        except Refused as refused:
            return await self._deny(403, refused)
        except Exception as error:
            # The class only: a message may carry the token.
            logger.error("a widget handshake failed: %s", type(error).__name__)
            return await self._deny(503, Unavailable())
        if _open[visitor.customer_ref] >= CONNECTIONS_AT_ONCE:
            return await self._deny(429, TooManyConnections(retry_after=60))
        _open[visitor.customer_ref] += 1
        self.desk = Desk(visitor=visitor, language=_language_of(self.scope))
        self.topic = live.customer_topic(visitor.customer_ref)
        # Subscribed before reading: whatever commits in between is either listed or hinted at.
        await self.channel_layer.group_add(live.group_of(self.topic), self.channel_name)
        await self.accept(subprotocol=SUBPROTOCOL)
        self._close_when_the_proof_ends(visitor)
        await self._relay(self.desk.answer, frames.ListConversations(type="list"))
        return None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer one frame; whatever it is, the connection stays open."""
        desk = self.desk
        if desk is None or self.closing is not None:
            return None
        data = (bytes_data or b"") if text_data is None else text_data
        frame = _parsed(data)
        if isinstance(frame, frames.Join):
            problem = await self._follow(desk, frame)
            return await self._say([problem] if problem else [])
        answers = await self._relay(desk.answer, frame or data)
        for answer in answers:
            if isinstance(answer, frames.Ack) and not self._follows(answer.conversation):
                await self._follow_again(desk, answer.conversation)
        if isinstance(frame, frames.Ping):
            # Hints can be lost on the way; a ping bounds how long that goes unnoticed.
            await self.live_missed({})
        return None

    async def live_hint(self, message: dict[str, Any]) -> None:
        """Something happened in a conversation this connection follows, or in another one of the customer."""
        topic = str(message.get("topic"))
        if self.desk is None:
            return
        if topic == self.topic:
            is_followed = live.thread_topic(message["conversation_id"]) in self.threads
            # What was read in another tab is nothing to hand over: only the list says so.
            if message.get("what") == "read" or not is_followed:
                self._tell_news(self.desk)
                await self._follow_unmet(self.desk)
        if topic not in self.threads:
            return
        if message.get("what") != "typing":
            await self._hand_over(self.desk, topic)
        elif message.get("by") != "customer":
            await self._say([frames.Typing(conversation=self.threads[topic].public_id)])

    async def live_missed(self, message: dict[str, Any]) -> None:
        """Hints were lost: look everywhere."""
        if self.desk is None:
            return
        for topic in list(self.threads):
            await self._hand_over(self.desk, topic)
        await self._follow_unmet(self.desk)
        self._tell_news(self.desk)

    def _tell_news(self, desk: Desk) -> None:
        """Send the list if it has changed: at once, and then as often as NEWS_SECONDS allows."""
        self.has_news = True
        if self.telling is None or self.telling.done():
            self.telling = asyncio.ensure_future(self._keep_telling(desk))

    async def _keep_telling(self, desk: Desk) -> None:
        while self.has_news:
            self.has_news = False
            async with self.turn:
                news = await off_loop(desk.news)
                await self._say(each for each in news if _digest(each) != self.listed)
            await asyncio.sleep(NEWS_SECONDS)

    async def _forget(self, desk: Desk) -> None:
        customer_ref = desk.visitor.customer_ref
        _open[customer_ref] -= 1
        if not _open[customer_ref]:
            del _open[customer_ref]
        await self.channel_layer.group_discard(live.group_of(self.topic), self.channel_name)

    def _follows(self, public_id: str) -> bool:
        return any(thread.public_id == public_id for thread in self.threads.values())

    async def _follow(self, desk: Desk, frame: frames.Join) -> frames.Problem | None:
        followed = await off_loop(desk.follow, frame)
        if not isinstance(followed, Thread):
            # What it followed until now would be handed over beside what the join asks for.
            for topic in [each for each, thread in self.threads.items() if thread.public_id == frame.conversation]:
                await self._leave(topic)
            self._remember(frame.conversation, after=frame.after)
            if followed.code != NotFound.code:
                self.unmet.add(frame.conversation)
            return followed
        self._remember(frame.conversation, after=frame.after)
        self.unmet.discard(frame.conversation)
        topic = live.thread_topic(followed.id)
        if topic not in self.threads:
            while len(self.threads) >= FOLLOW_LIMIT:
                await self._leave(next(iter(self.threads)))
            # Subscribed before reading: whatever commits in between is either read or hinted at.
            await self.channel_layer.group_add(live.group_of(topic), self.channel_name)
        self.threads[topic] = followed
        await self._hand_over(desk, topic)
        return None

    async def _follow_again(self, desk: Desk, public_id: str) -> None:
        """Follow without having been asked just now, so that nobody is told if it does not work yet."""
        after = self.places.get(public_id, 0)
        await self._follow(desk, frames.Join(type="join", conversation=public_id, after=after))

    async def _follow_unmet(self, desk: Desk) -> None:
        for public_id in list(self.unmet):
            self.unmet.discard(public_id)
            await self._follow_again(desk, public_id)

    def _remember(self, public_id: str, *, after: int) -> None:
        self.places.pop(public_id, None)
        self.places[public_id] = after
        while len(self.places) > PLACES_LIMIT:
            forgotten = next(iter(self.places))
            del self.places[forgotten]
            self.unmet.discard(forgotten)

    async def _hand_over(self, desk: Desk, topic: str) -> None:
        """Send everything the connection has not been given yet, page by page."""
        more = True
        while more:
            news = await self._relay(desk.catch_up, self.threads[topic])
            more = any(isinstance(each, frames.Messages) and each.more for each in news)
            if any(isinstance(each, frames.Problem) for each in news):
                await self._leave(topic)

    async def _leave(self, topic: str) -> None:
        thread = self.threads.pop(topic)
        self._remember(thread.public_id, after=thread.after)
        await self.channel_layer.group_discard(live.group_of(topic), self.channel_name)

    async def _relay(
        self, work: Callable[P, list[frames.ServerFrame]], *args: P.args, **kwargs: P.kwargs
    ) -> list[frames.ServerFrame]:
        """Send what the desk answers, and return it."""
        async with self.turn:
            answers = await off_loop(work, *args, **kwargs)
            await self._say(answers)
        return answers

    async def _say(self, answers: Iterable[frames.ServerFrame]) -> None:
        for answer in answers:
            if self.closing is None:
                self.listed = _digest(answer) or self.listed
                await self.send(text_data=frames.frame_json(answer))

    async def _deny(self, status: int, refused: CairnloopError) -> None:
        """Refuse the handshake, with a reason where the server can carry one."""
        if "websocket.http.response" not in self.scope.get("extensions", {}):
            await self.close()
            return
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        if isinstance(refused, TooManyAttempts):
            headers.append((b"retry-after", str(refused.retry_after).encode()))
        body = frames.frames_json([problem(refused)]).encode()
        await self.base_send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await self.base_send({"type": "websocket.http.response.body", "body": body})

    def _close_when_the_proof_ends(self, visitor: Visitor) -> None:
        if visitor.expires_at is None:
            return
        seconds = max(0.0, (visitor.expires_at - timezone.now()).total_seconds())
        self.expiry = asyncio.get_running_loop().call_later(seconds, self._end)

    def _end(self) -> None:
        self.closing = asyncio.ensure_future(self.close(code=PROOF_ENDED))


def _digest(frame: frames.ServerFrame) -> int:
    """A number that differs when the first page of the list does; 0 for other frames."""
    if isinstance(frame, frames.Ready) or (isinstance(frame, frames.Conversations) and frame.before is None):
        return hash((*frame.conversations, None, *(frame.unread or ()))) or 1
    return 0


def _parsed(data: str | bytes) -> frames.ClientFrame | None:
    try:
        return frames.parse_frame(data)
    except InvalidInput:
        return None


def _visitor_of(scope: Any) -> Visitor:
    handshake = Handshake(scope)
    address = (scope.get("client") or ("", 0))[0]
    visitor = admit(
        token=_token_in(scope["subprotocols"]),
        origin=handshake.headers.get("Origin", ""),
        own_origin=own_origin(handshake),
        address=address,
    )
    count_connection(visitor, address=address)
    return visitor


def _token_in(subprotocols: Iterable[str]) -> str:
    """The token travels as a subprotocol: a browser sends no other header, and URLs end up in access logs."""
    named = [name for name in subprotocols if name.startswith(TOKEN_PREFIX)]
    encoded = named[0].removeprefix(TOKEN_PREFIX) if named else ""
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _language_of(scope: Any) -> str:
    query: dict[str, list[str]] = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return query.get("lang", [""])[0]
