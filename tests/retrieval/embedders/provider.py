"""A provider of embeddings on this machine: it speaks the wire protocol of OpenAI, well or badly as one asks."""

from __future__ import annotations

import base64
import json
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "sk-canary-key-7431"
HOSTILE = "canary-body-9182 <script>"

Answer = tuple[int, str]


def vectors_for(asked: dict[str, Any], *, drop: int = 0, make: Callable[[int, int], list[float]] | None = None) -> str:
    """The body of a good answer, in the encoding that was asked for."""
    make = make or (lambda at, size: [1.0 if place == at % size else 0.25 for place in range(size)])
    size = asked.get("dimensions", 8)
    data = []
    for at in range(len(asked["input"]) - drop):
        numbers = make(at, size)
        packed = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
        embedding = packed if asked.get("encoding_format") == "base64" else numbers
        data.append({"object": "embedding", "index": at, "embedding": embedding})
    usage = {"prompt_tokens": 3, "total_tokens": 3}
    return json.dumps({"object": "list", "data": data, "model": asked["model"], "usage": usage})


class Provider:
    """Notes what it is asked, and answers by the script; the last entry goes on for ever."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.script: list[Callable[[dict[str, Any]], Answer]] = [lambda asked: (200, vectors_for(asked))]
        self.headers: dict[str, str] = {}
        provider = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                provider.asked.append(asked)
                provider.keys.append(self.headers["Authorization"])
                status, body = provider.script[min(len(provider.asked), len(provider.script)) - 1](asked)
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **provider.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def end(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.server.server_close()


def refused(status: int) -> Callable[[dict[str, Any]], Answer]:
    """An error whose text nobody may repeat."""
    return lambda asked: (status, json.dumps({"error": {"message": f"{HOSTILE} {asked['input']}", "code": HOSTILE}}))


def slow(asked: dict[str, Any]) -> Answer:
    """A good answer that comes too late."""
    time.sleep(1.5)
    return 200, vectors_for(asked)
