from __future__ import annotations

import os
import subprocess
import sys

import pytest
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from cairnloop.retrieval import warming
from cairnloop.retrieval.embedding import EmbeddingFailed
from cairnloop.web.routing import websocket_urlpatterns
from tests import factories
from tests.retrieval.support import ConceptEmbedder
from tests.web.conftest import browser_of
from tests.web.test_live import _nothing_left_open  # noqa: F401  # a fixture

HERE = "tests.retrieval.test_warming"
prepared: list[int] = []


class Prepared(ConceptEmbedder):
    def prepare(self) -> None:
        prepared.append(os.getpid())


class Unpreparable(ConceptEmbedder):
    def prepare(self) -> None:
        raise EmbeddingFailed("canary-reason")


@pytest.fixture(autouse=True)
def _cold(monkeypatch):
    monkeypatch.setattr(warming, "_begun_in", 0)
    prepared.clear()


class TestWarmUp:
    def test_prepares_the_embedder_once_in_a_process_beside_everything_else(self, settings):
        settings.CAIRNLOOP = {"EMBEDDER": f"{HERE}.Prepared"}
        warming.warm_up().join()
        assert warming.warm_up() is None
        assert prepared == [os.getpid()]

    def test_that_fails_is_said_without_a_reason_and_disturbs_nobody(self, settings, caplog):
        settings.CAIRNLOOP = {"EMBEDDER": f"{HERE}.Unpreparable"}
        warming.warm_up().join()
        assert "could not be prepared: EmbeddingFailed" in caplog.text
        assert "canary" not in caplog.text

    @pytest.mark.parametrize("path", ["", "cairnloop.nowhere.Embedder"])
    def test_needs_no_embedder_and_no_right_setting(self, settings, path):
        settings.CAIRNLOOP = {"EMBEDDER": path}
        warming.warm_up().join()
        assert prepared == []

    def test_happens_in_no_management_command(self):
        code = (
            "import django; django.setup()\n"
            "from django.core.management import call_command; call_command('check')\n"
            "import threading; print([each.name for each in threading.enumerate()])"
        )
        names = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.hosts.plain.settings", "PYTHONPATH": "src:."}
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=names)
        assert "MainThread" in told.stdout
        assert "cairnloop-warm-up" not in told.stdout


@pytest.mark.django_db(transaction=True)
class TestWhoBegins:
    @pytest.mark.usefixtures("_nothing_left_open")
    @pytest.mark.parametrize("server", [None, ("127.0.0.1", 80)])
    async def test_is_an_operators_page_on_a_server_that_runs(self, settings, server):
        settings.CAIRNLOOP = {"EMBEDDER": f"{HERE}.Prepared"}
        browser = await sync_to_async(
            lambda: browser_of(factories.make_operator("ada", first_name="Ada", last_name="Brandt"))
        )()
        cookie = f"sessionid={browser.cookies['sessionid'].value}".encode()
        own = [(b"host", b"testserver"), (b"origin", b"http://testserver"), (b"cookie", cookie)]
        application = AuthMiddlewareStack(URLRouter(websocket_urlpatterns("support/")))
        socket = WebsocketCommunicator(application, "support/live/", headers=own)
        socket.scope["server"] = server
        connected, _ = await socket.connect(timeout=5)
        assert connected
        assert warming._begun_in == (os.getpid() if server else 0)
        await socket.disconnect()
