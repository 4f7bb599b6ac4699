"""The dashboard's WebSocket path."""

from __future__ import annotations

from django.urls import URLPattern, path

from cairnloop.web.live import LiveConsumer


def websocket_urlpatterns(prefix: str) -> list[URLPattern]:
    """Return the dashboard's route below `prefix`."""
    return [path(f"{prefix}live/", LiveConsumer.as_asgi(), name="live-socket")]
