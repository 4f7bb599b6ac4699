"""Trailmark with sockets: pages, static files, and Cairnloop's live connections in one process."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trailmark.settings")
pages = get_asgi_application()

# Only now: routes import models, and models need Django to be set up.
from cairnloop.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        # Keeps the example free of a build step; behind a front server that has the files, leave it out.
        "http": ASGIStaticFilesHandler(pages),
        "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns("support/"))),
    }
)
