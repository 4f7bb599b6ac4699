"""Channels that any process may read, such as "tasks": each message reaches exactly one reader.

A message is offered to every process that uses such channels, and a process with a waiting reader sends a
claim. PostgreSQL shows all listeners the same notifications in the same order, so all agree which was first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice

from channels.exceptions import ChannelFull

from cairnloop.live_layer.box import Box
from cairnloop.live_layer.line import Line, LiveLayerUnavailable
from cairnloop.live_layer.wire import fitting

Offers = dict[str, tuple[float, str]]


class NamedMail:
    """What is on offer as far as one event loop knows; bounded by each channel's capacity."""

    def __init__(
        self,
        *,
        line: Line,
        owner: str,
        topic: str,
        boxes: dict[str, Box],
        capacity: Callable[[str], int],
        expiry: float,
    ) -> None:
        self.line, self.owner, self.topic, self.boxes = line, owner, topic, boxes
        self.capacity, self.expiry = capacity, expiry
        self.offers: dict[str, Offers] = {}
        self.claims: set[str] = set()
        self.settled: dict[str, float] = {}

    async def send(self, channel: str, key: str, body: str) -> None:
        payload = fitting(f"offer {key} {channel} {body}")
        if len(self.offered(channel)) >= self.capacity(channel):
            raise ChannelFull(channel)
        sent = self.line.post(self.topic, payload)
        self.hold(channel, key, body)
        try:
            await sent
        except LiveLayerUnavailable:
            self.offers.get(channel, {}).pop(key, None)
            raise

    def ask(self, channel: str) -> None:
        """Claim what is on offer; when nothing is, call for what was sent before this process listened."""
        if self.offered(channel):
            self.claim(channel)
        elif not self.boxes[channel].items:
            self.line.post(self.topic, f"call - {channel} {self.owner}")

    def hold(self, channel: str, key: str, body: str) -> None:
        """Keep an offer until someone claims it or it expires."""
        offered = self.offered(channel)
        if key in self.settled or key in offered or len(offered) >= self.capacity(channel):
            return
        self.offers.setdefault(channel, offered)[key] = (time.monotonic() + self.expiry, body)
        self.claim(channel)

    def claim(self, channel: str) -> None:
        """Claim one message for each reader that has none coming."""
        box, offered = self.boxes.get(channel), self.offered(channel)
        if box is None:
            return
        unclaimed = [key for key in offered if key not in self.claims]
        without = box.readers - len(box.items) - (len(offered) - len(unclaimed))
        for key in islice(unclaimed, max(0, without)):
            self.claims.add(key)
            self.line.post(self.topic, f"claim {key} {channel} {self.owner}")

    def settle(self, channel: str, key: str) -> str | None:
        """Close an offer with its first claim; return the message if it was still on offer."""
        # Remembered, because another copy of the offer may still be under way.
        self.settled[key] = time.monotonic() + 2 * self.expiry
        self.claims.discard(key)
        offer = self.offers.get(channel, {}).pop(key, None)
        return offer[1] if offer else None

    def repeat(self, channel: str, *, to: str) -> None:
        """Offer everything to one newcomer, who heard every claim made since it called."""
        for key, (_, body) in self.offered(channel).items():
            self.line.post(to, f"offer {key} {channel} {body}")

    def offered(self, channel: str) -> Offers:
        now = time.monotonic()
        fresh = {key: offer for key, offer in self.offers.pop(channel, {}).items() if offer[0] > now}
        if fresh:
            self.offers[channel] = fresh
        return fresh

    def prune(self) -> None:
        now = time.monotonic()
        self.settled = {key: until for key, until in self.settled.items() if until > now}
        for channel in list(self.offers):
            self.offered(channel)

    def clear(self) -> None:
        self.offers.clear()
        self.claims.clear()
