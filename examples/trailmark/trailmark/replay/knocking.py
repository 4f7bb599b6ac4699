"""Does anybody open? Asked once, before hundreds of customers wait for it."""

from __future__ import annotations

from websockets.exceptions import InvalidURI, WebSocketException

import cairnloop
from trailmark.replay.customer import connection


class ShutOut(Exception):
    """The widget's socket does not open here; the message says why, and what to do."""


async def knock(url: str, *, run: str) -> None:
    """Come in at the widget's socket as a customer would, and leave. Raises ShutOut; nothing is stored."""
    token = cairnloop.sign_widget_token(customer_ref=f"replay:{run}:knock", name="Somebody at the door")
    try:
        async with connection(url, token=token):
            pass
    except InvalidURI as error:
        raise ShutOut(f"{url} is no address of a socket: it begins with ws:// or wss://.") from error
    except (OSError, WebSocketException) as error:
        raise ShutOut(
            f"No customer can come in at {url}: {error or type(error).__name__}. Nothing was sent. "
            "Start the demo with `make demo`; if it listens elsewhere, set PORT, or name the socket with --url."
        ) from error
