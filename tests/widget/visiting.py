"""A small widget for tests: the same visit over a socket and over HTTP, checking order while it listens."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

PATIENCE = 10
Frame = dict[str, Any]


def eventually(happened: Callable[[], object]) -> None:
    """Wait until something holds that no frame tells."""
    for _ in range(500):
        if happened():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


class Refusal(Exception):
    """The server did not let the visitor in."""

    def __init__(self, status: int, retry_after: str | None, problem: Frame) -> None:
        super().__init__(f"{status} {problem.get('code')}")
        self.status = status
        self.retry_after = retry_after
        self.problem = problem


class Visit:
    """What every transport shares: what was received so far, checked for gaps, doubles and order."""

    ready: Frame

    def __init__(self) -> None:
        self.threads: dict[str, list[Frame]] = defaultdict(list)
        self.positions: dict[str, int] = {}
        self.states: dict[str, tuple[str, str]] = {}
        self.heard: list[Frame] = []
        self.listed: list[Frame] = []
        """The first page of the list, as it was told last."""
        self.unread: dict[str, int] = {}
        """How many answers are unread in which conversation, as it was told last."""

    def take(self, frame: Frame) -> Frame:
        self.heard.append(frame)
        if frame["type"] == "messages":
            conversation = frame["conversation"]
            assert frame["after"] == self.positions.get(conversation, 0), "a page that does not fit the last one"
            for message in frame["messages"]:
                expected = self.positions.get(conversation, 0) + 1
                assert message["sequence"] == expected, "a message twice, out of order, or a gap"
                self.positions[conversation] = message["sequence"]
                self.threads[conversation].append(message)
        if frame["type"] in ("ready", "conversations") and "before" not in frame:
            self.listed = frame["conversations"]
            lines = [*frame["conversations"], *frame["unread"]]
            self.unread = {line["conversation"]: line["unread"] for line in lines if line["unread"]}
        if frame["type"] in ("messages", "status"):
            self.states[frame["conversation"]] = (frame["status"], frame["rating"])
        return frame

    def texts(self, conversation: str) -> list[str]:
        return [message["text"] for message in self.threads[conversation]]

    def say(self, text: str, *, client_id: str, conversation: str | None = None) -> Frame:
        frame = {"type": "message", "client_id": client_id, "text": text, "conversation": conversation}
        return self.ask(frame, "ack")

    def join(self, conversation: str, after: int = 0) -> Frame:
        self.positions[conversation] = after
        return self.ask({"type": "join", "conversation": conversation, "after": after}, "messages")

    def see(self, conversation: str, sequence: int) -> None:
        """Say what the customer was shown; nothing answers that, so the next answer tells that it was heard."""
        self.tell({"type": "seen", "conversation": conversation, "sequence": sequence})
        self.ask({"type": "ping"}, "pong")

    def tell(self, frame: Frame) -> None:
        raise NotImplementedError

    def ask(self, frame: Frame, answer: str) -> Frame:
        raise NotImplementedError

    def wait_until(self, happened: Callable[[], object]) -> None:
        raise NotImplementedError


class SocketVisit(Visit):
    """A visit over a WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        super().__init__()
        self.connection = connection
        self.ready = self.next()

    def next(self, timeout: float = PATIENCE) -> Frame:
        return self.take(json.loads(self.connection.recv(timeout)))

    def send(self, frame: Frame | str | bytes) -> None:
        self.connection.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    def tell(self, frame: Frame) -> None:
        self.send(frame)

    def ask(self, frame: Frame | str | bytes, answer: str) -> Frame:
        self.send(frame)
        while True:
            heard = self.next()
            is_about_another = isinstance(frame, dict) and heard.get("client_id") != frame.get("client_id")
            if heard["type"] == answer or (heard["type"] == "error" and not is_about_another):
                return heard

    def wait_until(self, happened: Callable[[], object]) -> None:
        while not happened():
            self.next()

    def close(self) -> None:
        self.connection.close()

    def cut(self) -> None:
        """Break the connection without a goodbye, as a train in a tunnel does."""
        with contextlib.suppress(OSError):
            self.connection.socket.shutdown(2)
        self.connection.socket.close()


class HttpVisit(Visit):
    """A visit by HTTP: a request for every frame, and one for every look."""

    def __init__(self, door: HttpDoor, token: str, headers: dict[str, str]) -> None:
        super().__init__()
        self.door = door
        self.headers = {"Authorization": f"Bearer {token}", **headers}
        self.ready = self.ask({"type": "list"}, "ready")

    def tell(self, frame: Frame) -> None:
        assert self.door.request("POST", "frames/", self.headers, json.dumps(frame)) == []

    def ask(self, frame: Frame | str | bytes, answer: str) -> Frame:
        body = json.dumps(frame) if isinstance(frame, dict) else frame
        answers = self.door.request("POST", "frames/", self.headers, body)
        for each in answers:
            self.take(each)
        found = next(each for each in answers if each["type"] in (answer, "error"))
        if found["type"] == "messages" and found["more"]:
            self.look(found["conversation"])
        if found["type"] == "ack":
            self.positions.setdefault(found["conversation"], 0)
        return found

    def look(self, conversation: str) -> None:
        more = True
        while more:
            query = urlencode({"conversation": conversation, "after": self.positions[conversation]})
            [page] = self.door.request("GET", f"updates/?{query}", self.headers)
            self.take(page)
            more = page.get("more", False)

    def wait_until(self, happened: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < deadline, "it did not happen"
            for each in self.door.request("GET", "updates/", self.headers):
                self.take(each)
            for conversation in list(self.positions):
                self.look(conversation)

    def close(self) -> None:
        pass


class Door(Protocol):
    """Where visitors come in."""

    name: str

    def enter(
        self, token: str, *, origin: str | None = None, language: str = "", headers: dict[str, str] | None = None
    ) -> Any: ...

    def leave(self) -> None: ...


class SocketDoor:
    """Lets visitors in by WebSocket."""

    name = "socket"

    def __init__(self, address: str) -> None:
        self.address = address
        self.connections = contextlib.ExitStack()

    def enter(self, token: str, **how: Any) -> SocketVisit:
        encoded = base64.urlsafe_b64encode(token.encode()).rstrip(b"=").decode()
        return self.knock(["cairnloop.v1", f"cl-token.{encoded}"], **how)

    def knock(
        self,
        subprotocols: list[str],
        *,
        origin: str | None = None,
        language: str = "",
        headers: dict[str, str] | None = None,
    ) -> SocketVisit:
        try:
            connecting = connect(
                f"ws://{self.address}/support/widget/socket/?lang={language}",
                subprotocols=subprotocols,  # type: ignore[arg-type]
                origin=origin,  # type: ignore[arg-type]
                additional_headers=headers,
                open_timeout=PATIENCE,
                close_timeout=PATIENCE,
                compression=None,
                proxy=None,
            )
            connection = self.connections.enter_context(connecting)
        except InvalidStatus as refused:
            response = refused.response
            raise Refusal(
                response.status_code, response.headers.get("Retry-After"), json.loads(response.body)[0]
            ) from None
        return SocketVisit(connection)

    def leave(self) -> None:
        self.connections.close()


class HttpDoor:
    """Lets visitors in by HTTP."""

    def __init__(self, address: str, name: str = "http") -> None:
        self.address = address
        self.name = name

    def enter(
        self, token: str, *, origin: str | None = None, language: str = "", headers: dict[str, str] | None = None
    ) -> HttpVisit:
        self.language = language
        return HttpVisit(self, token, {**({"Origin": origin} if origin else {}), **(headers or {})})

    def request(self, method: str, path: str, headers: dict[str, str], body: str | bytes | None = None) -> list[Frame]:
        split = urlsplit(f"/support/widget/{path}")
        query = f"{split.query}&lang={self.language}".lstrip("&")
        connection = http.client.HTTPConnection(self.address, timeout=PATIENCE)
        try:
            data = body.encode() if isinstance(body, str) else body
            connection.request(method, f"{split.path}?{query}", data, headers)
            response = connection.getresponse()
            frames = json.loads(response.read())
        finally:
            connection.close()
        first = frames[0] if frames else {}
        if first.get("code") in ("refused", "foreign_origin", "too_many_attempts"):
            raise Refusal(response.status, response.headers.get("Retry-After"), first)
        if first.get("type") == "error":
            assert response.status >= 400
            assert response.headers.get("Retry-After") == (
                str(first["retry_after"]) if "retry_after" in first else None
            )
        return list(frames)

    def leave(self) -> None:
        pass
