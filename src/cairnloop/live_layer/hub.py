"""What one event loop knows: its channels, and which of them are in which group."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from cairnloop.live_layer.box import HINTS, Box
from cairnloop.live_layer.line import Connection, Line
from cairnloop.live_layer.named import NamedMail
from cairnloop.live_layer.wire import OWNER, decode, new_key, owner_of

logger = logging.getLogger("cairnloop.live_layer")


class Hub:
    """Sorts what the line hears into boxes. Only its own event loop may touch it."""

    def __init__(
        self,
        *,
        prefix: str,
        connect: Callable[[], Awaitable[Connection]],
        capacity: Callable[[str], int],
        expiry: float,
        group_expiry: float,
    ) -> None:
        self.owner = new_key()
        self.prefix, self.capacity, self.expiry, self.group_expiry = prefix, capacity, expiry, group_expiry
        self.own_topic, self.live_topic, self.named_topic = map(self.topic, (self.owner, "live", "named"))
        self.boxes: dict[str, Box] = {}
        self.groups: dict[str, dict[str, float]] = {}
        self.line = Line(connect, hear=self.hear, catch_up=self.catch_up)
        self.named = NamedMail(
            line=self.line,
            owner=self.owner,
            topic=self.named_topic,
            boxes=self.boxes,
            capacity=capacity,
            expiry=expiry,
        )
        self.next_sweep = time.monotonic() + expiry
        self.last_flush = ""

    def topic(self, name: str) -> str:
        return f"{self.prefix}_{name}"

    def box(self, channel: str) -> Box:
        if channel not in self.boxes:
            self.sweep()
            self.boxes[channel] = Box(self.capacity(channel), self.expiry)
        return self.boxes[channel]

    async def receive(self, channel: str) -> str:
        box = self.box(channel)
        box.readers += 1
        try:
            self.line.want(self.own_topic, self.live_topic if "!" in channel else self.named_topic)
            if "!" not in channel:
                self.named.ask(channel)
            return await box.get()
        finally:
            box.readers -= 1
            self.tidy(channel)

    async def send_named(self, channel: str, body: str) -> None:
        # Listening too: this process holds the message until another one claims it.
        self.line.want(self.own_topic, self.named_topic)
        await self.named.send(channel, new_key(), body)

    async def join(self, group: str, channel: str) -> None:
        self.add(group, channel)
        try:
            await self.line.listen(self.own_topic, self.live_topic, *([] if "!" in channel else [self.named_topic]))
        except BaseException:
            self.leave(group, channel)
            raise

    def add(self, group: str, channel: str) -> None:
        self.box(channel).groups.add(group)
        self.groups.setdefault(group, {})[channel] = time.monotonic()

    def leave(self, group: str, channel: str) -> None:
        members = self.groups.get(group, {})
        if members.pop(channel, None) is None:
            return
        if not members:
            del self.groups[group]
        self.boxes[channel].groups.discard(group)
        self.tidy(channel)

    def members(self, group: str) -> list[str]:
        """Return a group's channels. A membership ends after `group_expiry`, unless somebody is reading."""
        oldest = time.monotonic() - self.group_expiry
        for channel, added in list(self.groups.get(group, {}).items()):
            if added < oldest and not self.boxes[channel].readers:
                self.leave(group, channel)
        return list(self.groups.get(group, {}))

    def hear(self, payload: str) -> None:
        """Act on one notification, whoever sent it."""
        self.sweep()
        try:
            kind, key, name, rest = payload.split(" ", 3)
            self.act(kind, key, name, rest)
        except (ValueError, TypeError, RecursionError):
            logger.warning("A notification that the live layer did not send was ignored.")

    def act(self, kind: str, key: str, name: str, rest: str) -> None:
        if kind in ("group", "send", "offer"):
            decode(rest)  # Refuse here what a reader would fail on.
        if kind == "group":
            self.deliver(name, key, rest)
        elif kind == "send" and owner_of(name) == self.owner:
            self.box(name).put(rest)
        elif kind == "offer":
            self.named.hold(name, key, rest)
        elif kind == "claim":
            self.settle(name, key, by=rest)
        elif kind == "call" and OWNER.fullmatch(rest) and rest != self.owner:
            self.named.repeat(name, to=self.topic(rest))
        elif kind == "join" and owner_of(rest) == self.owner:
            self.add(name, rest)
        elif kind == "leave":
            self.leave(name, rest)
        elif kind == "flush" and key != self.last_flush:
            self.last_flush = key
            self.clear()

    def deliver(self, group: str, key: str, body: str) -> None:
        for channel in self.members(group):
            if "!" not in channel:
                self.named.hold(channel, key, body)
            elif not self.boxes[channel].put(body) and group.startswith(HINTS):
                self.boxes[channel].overflow()

    def settle(self, channel: str, key: str, *, by: str) -> None:
        body = self.named.settle(channel, key)
        if body is not None and by == self.owner:
            self.box(channel).put(body)
        self.named.claim(channel)

    def catch_up(self) -> None:
        """Start over after a gap: what was sent meanwhile is lost, so whoever gets hints must re-read."""
        self.named.clear()
        for channel, box in list(self.boxes.items()):
            if box.gets_hints():
                box.miss()
            if "!" not in channel and box.readers:
                self.named.ask(channel)

    def sweep(self) -> None:
        """Drop what expired, now and then: channels nobody reads any more would otherwise stay."""
        now = time.monotonic()
        if now < self.next_sweep:
            return
        self.next_sweep = now + self.expiry
        for group in list(self.groups):
            self.members(group)
        for channel, box in list(self.boxes.items()):
            box.prune()
            self.tidy(channel)
        self.named.prune()

    def tidy(self, channel: str) -> None:
        if channel in self.boxes and self.boxes[channel].is_idle():
            del self.boxes[channel]

    async def flush(self) -> None:
        self.last_flush = key = new_key()
        await asyncio.gather(
            self.line.post(self.live_topic, f"flush {key} - -"),
            self.line.post(self.named_topic, f"flush {key} - -"),
        )
        self.clear()

    def clear(self) -> None:
        self.groups.clear()
        self.named.clear()
        for channel, box in list(self.boxes.items()):
            box.clear()
            self.tidy(channel)
