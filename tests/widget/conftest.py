"""Real servers on free ports over the test database: one with sockets, one that only knows WSGI."""

from __future__ import annotations

import socketserver
import threading
import wsgiref.simple_server
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application

import cairnloop
from tests.factories import LIN, MATEUS
from tests.serving import serving
from tests.widget.visiting import Door, HttpDoor, SocketDoor


@pytest.fixture(autouse=True)
def _site(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.widget.site"
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(scope="module")
def asgi_address(django_db_setup: None) -> Iterator[str]:
    """host:port of a uvicorn that serves sockets and HTTP."""
    from tests.widget.site import application

    with serving(application) as address:
        yield address


class _ThreadingServer(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class _QuietHandler(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def wsgi_address(django_db_setup: None) -> Iterator[str]:
    """host:port of a server that knows nothing but WSGI."""
    application = get_wsgi_application()
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, application, _ThreadingServer, _QuietHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def socket_door(asgi_address: str, transactional_db: None) -> Iterator[SocketDoor]:
    door = SocketDoor(asgi_address)
    yield door
    door.leave()


@pytest.fixture(params=["socket", "http", "wsgi"])
def door(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Door]:
    """Every test that asks for it runs over a socket, over HTTP, and over HTTP in a host without sockets."""
    if request.param == "socket":
        yield request.getfixturevalue("socket_door")
        return
    address = request.getfixturevalue("wsgi_address" if request.param == "wsgi" else "asgi_address")
    yield HttpDoor(address, request.param)


@pytest.fixture
def lin_token() -> str:
    return cairnloop.sign_widget_token(customer_ref=LIN.ref, name=LIN.name, account_ref="northbeam")


@pytest.fixture
def mateus_token() -> str:
    return cairnloop.sign_widget_token(customer_ref=MATEUS.ref, name=MATEUS.name)


@pytest.fixture
def lin(door: Door, lin_token: str) -> Any:
    """Lin, who has come in."""
    return door.enter(lin_token)


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """Change settings of Cairnloop for one test."""

    def change(**values: object) -> None:
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, **{name.upper(): value for name, value in values.items()}}

    return change
