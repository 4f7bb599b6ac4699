"""A real uvicorn in a thread of the test process, over the test database."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from cairnloop.core import live


@contextmanager
def serving(application: Any) -> Iterator[str]:
    """Serve it on a free port, and give host:port; in the end nothing of it stays open."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(
            application,
            log_level="critical",
            lifespan="off",
            ws_per_message_deflate=False,
            # A request cut off here leaves its connection and its body to the garbage collector, which charges another
            # test with them; a socket that a failed test left open must not keep the server for ever.
            timeout_graceful_shutdown=30,
        )
        server = uvicorn.Server(config)

        async def serve() -> None:
            # Tests may exchange the layer of the process meanwhile; this one has the connection.
            layer = live.layer()
            await server.serve(sockets=[listening])
            await layer.close()

        thread = threading.Thread(target=asyncio.run, args=(serve(),))
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
