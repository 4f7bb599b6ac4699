"""A channel layer that remembers what was sent."""

from __future__ import annotations

from typing import Any

from channels.layers import BaseChannelLayer


class RecordingLayer(BaseChannelLayer):
    def __init__(self, **config: Any) -> None:
        super().__init__()
        self.sent: list[tuple[str, dict[str, Any]]] = []

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.sent.append((group, message))
