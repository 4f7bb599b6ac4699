"""The widget's WebSocket path."""

from __future__ import annotations

from django.urls import URLPattern, path

from cairnloop.widget.consumers import WidgetConsumer


def websocket_urlpatterns(prefix: str) -> list[URLPattern]:
    """Return the widget's route below `prefix`."""
    return [path(f"{prefix}widget/socket/", WidgetConsumer.as_asgi(), name="widget-socket")]
