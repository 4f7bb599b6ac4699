"""One channel's queue: bounded, in order, and never more than one `live.missed` in it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque

from cairnloop.live_layer.wire import MISSED

HINTS = "cairnloop."
"""Members of groups whose name starts so are told to re-read when a message could not reach them."""


class Box:
    """The messages waiting for the readers of one channel, and the groups it is in."""

    __slots__ = ("capacity", "expiry", "groups", "items", "missed", "readers", "waiters")

    def __init__(self, capacity: int, expiry: float) -> None:
        self.capacity = capacity
        self.expiry = expiry
        self.items: deque[tuple[float, str]] = deque()
        self.waiters: deque[asyncio.Future[None]] = deque()
        self.groups: set[str] = set()
        self.readers = 0
        self.missed = False

    def put(self, body: str) -> bool:
        """Append a message; False when the channel is full."""
        self.prune()
        if len(self.items) >= self.capacity:
            return False
        self.items.append((time.monotonic() + self.expiry, body))
        self.wake()
        return True

    async def get(self) -> str:
        """Wait for the next message. Cancelling the wait takes nothing out."""
        while True:
            self.prune()
            if self.missed:
                self.missed = False
                return MISSED
            if self.items:
                return self.items.popleft()[1]
            await self._woken()

    def prune(self) -> None:
        """Drop what nobody read in time; a reader of hints will be told."""
        now = time.monotonic()
        while self.items and self.items[0][0] <= now:
            self.items.popleft()
            self.missed = self.missed or self.gets_hints()

    def overflow(self) -> None:
        """Trade everything that waits for one word: re-read."""
        self.items.clear()
        self.miss()

    def miss(self) -> None:
        self.missed = True
        self.wake()

    def wake(self) -> None:
        while self.waiters:
            waiter = self.waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def gets_hints(self) -> bool:
        return any(group.startswith(HINTS) for group in self.groups)

    def clear(self) -> None:
        self.items.clear()
        self.groups.clear()
        self.missed = False

    def is_idle(self) -> bool:
        return not (self.items or self.readers or self.groups)

    async def _woken(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            with contextlib.suppress(ValueError):
                self.waiters.remove(waiter)
            # We may have been woken just before: pass it on, or a second reader sleeps beside a message.
            if self.missed or self.items:
                self.wake()
            raise
