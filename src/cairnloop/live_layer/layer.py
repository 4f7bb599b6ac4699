"""What Channels calls."""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from cairnloop.live_layer.hub import Hub
from cairnloop.live_layer.line import SEND, SENDING, Connection
from cairnloop.live_layer.wire import decode, encode, fitting, new_key, owner_of

# Without these, a server that vanished without a goodbye would be noticed only after hours.
ALIVE = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


class PostgresChannelLayer(BaseChannelLayer):  # type: ignore[misc]  # Channels ships no types.
    """Channels, groups and flush over one PostgreSQL connection in each process (exactly: each event loop).

    CHANNEL_LAYERS = {"default": {"BACKEND": "cairnloop.live_layer.PostgresChannelLayer"}}

    `alias` must lead straight to the server: LISTEN does not work through a pooler in transaction mode.
    A process that only sends group messages never listens.
    """

    extensions = ["groups", "flush"]

    def __init__(
        self,
        *,
        alias: str = "default",
        prefix: str = "cairnloop",
        expiry: float = 60,
        group_expiry: float = 86_400,
        capacity: int = 100,
        channel_capacity: Mapping[str | re.Pattern[str], int] | None = None,
    ) -> None:
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,39}", prefix):
            raise ImproperlyConfigured(
                "The live layer's prefix must be 1 to 40 lower-case letters, digits or underscores."
            )
        capacities = self.compile_capacities(channel_capacity or {})
        super().__init__(expiry=expiry, capacity=capacity, channel_capacity=capacities)
        self.alias = alias
        self.prefix = prefix
        self.group_expiry = group_expiry
        self._hubs: dict[asyncio.AbstractEventLoop, Hub] = {}
        self._new_hub = threading.Lock()

    def notify(self, groups_and_messages: Sequence[tuple[str, dict[str, Any]]], *, using: str | None = None) -> None:
        """Send group messages through Django's own connection, in one statement; needs no event loop.

        Inside a transaction PostgreSQL delivers them after its commit, and not at all after a rollback.
        """
        payloads = [self._group_payload(group, message) for group, message in groups_and_messages]
        if not payloads:
            return
        with connections[using or self.alias].cursor() as cursor:
            cursor.execute(SEND, [[f"{self.prefix}_live"] * len(payloads), payloads])

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Put a message on a channel. Raises ChannelFull, MessageTooLarge or LiveLayerUnavailable.

        Whether another process's own channel is full cannot be known here: the message is then dropped there.
        """
        self.require_valid_channel_name(channel)
        body, hub, owner = fitting(encode(message)), self._hub(), owner_of(channel)
        if "!" not in channel:
            await hub.send_named(channel, body)
        elif owner == hub.owner:
            if not hub.box(channel).put(body):
                raise ChannelFull(channel)
        elif owner:
            await hub.line.post(hub.topic(owner), fitting(f"send - {channel} {body}"))

    async def receive(self, channel: str) -> dict[str, Any]:
        """Wait for the next message on a channel; a cancelled wait loses nothing."""
        self.require_valid_channel_name(channel)
        hub = self._hub()
        if "!" in channel and owner_of(channel) != hub.owner:
            raise ValueError("Only the process and event loop that made this channel may receive on it.")
        return decode(await hub.receive(channel))

    async def new_channel(self, prefix: str = "specific") -> str:
        """Return a new name for a channel that only this event loop receives on."""
        return f"{prefix}.{self._hub().owner}!{secrets.token_hex(12)}"

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel to a group. What is sent to the group after this returned reaches the channel."""
        self._require_valid_names(group, channel)
        hub, owner = self._hub(), owner_of(channel)
        if "!" not in channel or owner == hub.owner:
            await hub.join(group, channel)
        elif owner:
            await hub.line.post(hub.topic(owner), f"join - {group} {channel}")

    async def group_discard(self, group: str, channel: str) -> None:
        """Remove a channel from a group, if it is in it."""
        self._require_valid_names(group, channel)
        hub, owner = self._hub(), owner_of(channel)
        if "!" not in channel or owner == hub.owner:
            hub.leave(group, channel)
        elif owner:
            await hub.line.post(hub.topic(owner), f"leave - {group} {channel}")

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send a message to every channel in a group; a member that is full does not get it."""
        payload = self._group_payload(group, message)
        hub = self._hub()
        await hub.line.post(hub.live_topic, payload)

    async def flush(self) -> None:
        """Forget all messages and all groups, in every process. For tests."""
        await self._hub().flush()

    async def close(self) -> None:
        """Close this event loop's connection and forget its channels."""
        hub = self._hubs.pop(asyncio.get_running_loop(), None)
        if hub:
            await hub.line.close()

    def _require_valid_names(self, group: str, channel: str) -> None:
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)

    def _group_payload(self, group: str, message: dict[str, Any]) -> str:
        self.require_valid_group_name(group)
        # The key also keeps PostgreSQL from folding equal messages of one transaction into one.
        return fitting(f"group {new_key()} {group} {encode(message)}")

    def _hub(self) -> Hub:
        loop = asyncio.get_running_loop()
        if hub := self._hubs.get(loop):
            return hub
        with self._new_hub:
            for gone in [each for each in list(self._hubs) if each.is_closed()]:
                self._hubs.pop(gone).line.discard()
            self._hubs[loop] = Hub(
                prefix=self.prefix,
                connect=self._connect,
                capacity=self.get_capacity,
                expiry=self.expiry,
                group_expiry=self.group_expiry,
            )
        return self._hubs[loop]

    async def _connect(self) -> Connection:
        wrapper = connections[self.alias]
        if wrapper.vendor != "postgresql":
            raise ImproperlyConfigured(f"The live layer needs PostgreSQL, which {self.alias!r} is not.")
        params = {**ALIVE, **wrapper.get_connection_params(), "application_name": SENDING}
        for only_for_django in ("cursor_factory", "context"):
            params.pop(only_for_django, None)
        return await Connection.connect(**params, autocommit=True)
