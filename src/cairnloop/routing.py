"""Every WebSocket route of Cairnloop, for the host's `URLRouter`."""

from __future__ import annotations

from django.urls import URLPattern

from cairnloop.web import routing as web
from cairnloop.widget import routing as widget


def websocket_urlpatterns(prefix: str = "support/") -> list[URLPattern]:
    """Return the routes below `prefix`, the path under which the host includes `cairnloop.urls`."""
    return [*web.websocket_urlpatterns(prefix), *widget.websocket_urlpatterns(prefix)]
