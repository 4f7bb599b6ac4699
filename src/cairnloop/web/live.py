"""The dashboard's WebSocket: names travel here, HTML is fetched through normal permissions."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings as host_settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.utils.module_loading import import_string

from cairnloop.core import live
from cairnloop.core.live import INBOX
from cairnloop.origins import Handshake, is_same_origin, own_origin
from cairnloop.retrieval.warming import warm_up
from cairnloop.web.access import Access
from cairnloop.web.live_topics import TopicRefused, versions_of

logger = logging.getLogger("cairnloop.live")

P = ParamSpec("P")
R = TypeVar("R")

REFUSED = 4403
UNREADABLE = 4400
FRAME_BYTES = 4_096
LOOK_AGAIN_SECONDS = 60
"""How long a session or permission that ended keeps hearing names."""
GATHER_SECONDS = 0.5
"""The inbox is told about a burst of changes once."""

# Threads of our own, few: a slow query here must not make every other socket of the process wait.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="cairnloop-live")


async def off_loop(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run synchronous work in one of the live line's threads."""
    work = database_sync_to_async(
        functools.partial(function, *args, **kwargs), thread_sensitive=False, executor=_threads
    )
    result: R = await work()
    return result


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """One page of an operator. It says what it watches and hears which of that changed, never how.

    Client: `{"watch": ["inbox", "conversation.42"]}`, replacing what was watched before. Server:
    `{"watching": {topic: version}}`, then `{"topic": …, "what": "changed" | "typing" | "missed", …}`.
    """

    channel_layer_alias = live.ALIAS

    def __init__(self) -> None:
        super().__init__()
        self.watched: set[str] = set()
        self.changed: set[int] = set()
        self.telling: asyncio.Task[None] | None = None
        self.looking: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the connection, and leave no group and no task behind however it ends."""
        live.layer()
        try:
            await super().__call__(scope, receive, send)
        finally:
            for task in (self.telling, self.looking):
                if task is not None:
                    task.cancel()
            await self._watch(set())

    async def connect(self) -> None:
        """Accept operators on the host's own pages; everybody else is refused."""
        if not _is_own_origin(self.scope) or not await self._may_enter():
            await self.close(REFUSED)
            return
        await self.accept()
        if self.scope.get("server"):
            # Whoever has a page open may search next. Where no server runs, as in tests, nobody will.
            warm_up()
        self.looking = asyncio.create_task(self._look_again())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Watch what the page asks for, if its operator may; otherwise close."""
        wanted = _topics_in(text_data)
        if wanted is None:
            await self.close(UNREADABLE)
            return
        try:
            await self._versions(wanted)
            # Subscribed before the versions are read: whatever commits in between is in them or is hinted at.
            await self._watch(wanted)
            versions = await self._versions(wanted)
        except TopicRefused:
            await self.close(REFUSED)
            return
        await self._say({"watching": dict(versions)})

    async def live_hint(self, message: dict[str, Any]) -> None:
        """Something changed; the inbox is told after a moment, together with whatever else did."""
        topic = message.get("topic")
        if topic not in self.watched:
            return
        if topic != INBOX:
            await self._say({name: value for name, value in message.items() if name != "type"})
            return
        self.changed.add(int(message["conversation_id"]))
        if self.telling is None:
            self.telling = asyncio.create_task(self._tell_inbox())

    async def live_missed(self, message: dict[str, Any]) -> None:
        """Hints were lost: the page has to look at everything again."""
        for topic in sorted(self.watched):
            await self._say({"topic": topic, "what": "missed"})

    async def _tell_inbox(self) -> None:
        """Name what changed, as far as this operator may see it."""
        await asyncio.sleep(GATHER_SECONDS)
        changed, self.changed, self.telling = self.changed, set(), None
        try:
            visible = await off_loop(_visible_ids, self.scope["user"], changed)
        except Exception as error:
            logger.warning("changes could not be named: %s", type(error).__name__)
            await self._say({"topic": INBOX, "what": "missed"})
            return
        await self._say({"topic": INBOX, "what": "changed", "ids": visible})

    async def _look_again(self) -> None:
        """Close once the session ended, access was withdrawn, or a watched conversation went out of sight."""
        while True:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            try:
                allowed = await self._may_enter()
                await self._versions(self.watched)
            except TopicRefused:
                allowed = False
            except Exception as error:
                logger.warning("a live connection could not be looked at again: %s", type(error).__name__)
                continue
            if not allowed:
                await self.close(REFUSED)
                return

    async def _may_enter(self) -> bool:
        # Without AuthMiddlewareStack around it there is no session, and nobody to let in.
        session_key = getattr(self.scope.get("session"), "session_key", None)
        user = await off_loop(_user_of, session_key)
        self.scope["user"] = user
        return await off_loop(lambda: user.is_authenticated and Access(user).may_enter())

    async def _versions(self, topics: set[str]) -> Mapping[str, str]:
        return await off_loop(lambda: versions_of(topics, access=Access(self.scope["user"])))

    async def _watch(self, wanted: set[str]) -> None:
        for topic in self.watched - wanted:
            await self.channel_layer.group_discard(live.group_of(topic), self.channel_name)
        for topic in wanted - self.watched:
            await self.channel_layer.group_add(live.group_of(topic), self.channel_name)
        self.watched = wanted

    async def _say(self, words: Mapping[str, Any]) -> None:
        await self.send(text_data=json.dumps(words))


def _user_of(session_key: str | None) -> Any:
    """Return whom a session belongs to at this moment: the scope only knows who it was when the socket opened."""
    request = HttpRequest()
    request.session = import_string(f"{host_settings.SESSION_ENGINE}.SessionStore")(session_key)
    return get_user(request)


def _visible_ids(user: Any, ids: set[int]) -> list[int]:
    return sorted(Access(user).visible().filter(pk__in=ids).values_list("pk", flat=True))


def _topics_in(text: str | None) -> set[str] | None:
    """Return what a frame asks to watch; None for whatever is not such a frame."""
    if text is None or len(text) > FRAME_BYTES:
        return None
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    topics = frame.get("watch") if isinstance(frame, dict) else None
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        return None
    return set(topics)


def _is_own_origin(scope: Mapping[str, Any]) -> bool:
    """True for a page of the host itself; other sites' pages carry the operator's cookie too."""
    handshake = Handshake(scope)
    return is_same_origin(handshake.headers.get("Origin", ""), own_origin(handshake))
