from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.db import connections
from django.test import Client

import cairnloop
from cairnloop.core import live
from cairnloop.core.transactions import command
from cairnloop.web import live as web_live
from cairnloop.web.routing import websocket_urlpatterns
from tests.factories import LIN, MATEUS, actor_of, make_conversation
from tests.web.conftest import browser_of

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "support/live/"
OWN = [(b"host", b"testserver"), (b"origin", b"http://testserver")]


def cookie_of(browser: Client) -> list[tuple[bytes, bytes]]:
    return [(b"cookie", f"sessionid={browser.cookies['sessionid'].value}".encode())]


@pytest.fixture(autouse=True)
async def _nothing_left_open(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The communicator keeps Channels from closing database connections; here they are closed where they are."""
    threads = ThreadPoolExecutor(max_workers=1)
    monkeypatch.setattr(web_live, "_threads", threads)
    yield
    await live.layer().close()
    await sync_to_async(connections.close_all)()
    threads.submit(connections.close_all).result()
    threads.shutdown()


@pytest.fixture
def socket_of() -> Callable[..., Any]:
    """Open the dashboard's socket with these headers, and close it in the end."""

    @asynccontextmanager
    async def opened(*headers: tuple[bytes, bytes], wrapped: bool = True) -> AsyncIterator[Any]:
        routes = URLRouter(websocket_urlpatterns("support/"))
        application = AuthMiddlewareStack(routes) if wrapped else routes
        socket = WebsocketCommunicator(application, PATH, headers=list(headers))
        socket.answer = await socket.connect(timeout=5)
        yield socket
        await socket.disconnect()

    return opened


@pytest.fixture
def ada_browser(ada: Any) -> Client:
    return browser_of(ada)


async def watch(socket: Any, *topics: str) -> dict[str, str]:
    await socket.send_json_to({"watch": list(topics)})
    return (await socket.receive_json_from(timeout=5))["watching"]


in_database = database_sync_to_async


class TestWhoMayConnect:
    async def test_an_operator_on_a_page_of_this_site(self, socket_of, ada_browser):
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            assert socket.answer == (True, None)

    async def test_nobody_unknown(self, socket_of):
        async with socket_of(*OWN) as socket:
            assert socket.answer == (False, 4403)

    async def test_nobody_without_access(self, socket_of, noor):
        browser = await in_database(browser_of)(noor)
        async with socket_of(*OWN, *cookie_of(browser)) as socket:
            assert socket.answer == (False, 4403)

    @pytest.mark.parametrize(
        "origin", [b"https://evil.example", b"null", b"", b"http://testserver.evil.example", b"file://"]
    )
    async def test_no_page_of_another_site(self, socket_of, ada_browser, origin):
        headers = [(b"host", b"testserver"), (b"origin", origin), *cookie_of(ada_browser)]
        async with socket_of(*headers) as socket:
            assert socket.answer == (False, 4403)

    @pytest.mark.parametrize("origin", [b"https://testserver", b"http://testserver:8080", b"//testserver"])
    async def test_no_page_of_another_scheme_or_port(self, socket_of, ada_browser, origin):
        headers = [(b"host", b"testserver"), (b"origin", origin), *cookie_of(ada_browser)]
        async with socket_of(*headers) as socket:
            assert socket.answer == (False, 4403)

    async def test_an_operator_behind_a_proxy_that_ends_tls(self, socket_of, ada_browser, settings):
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_TLS", "on")
        settings.USE_X_FORWARDED_HOST = True
        settings.ALLOWED_HOSTS = ["app.acme.example"]
        proxied = [(b"host", b"inner"), (b"x-tls", b"on"), (b"x-forwarded-host", b"app.acme.example:443")]
        for origin, is_let_in in [(b"https://app.acme.example", True), (b"http://app.acme.example", False)]:
            async with socket_of(*proxied, (b"origin", origin), *cookie_of(ada_browser)) as socket:
                assert socket.answer[0] is is_let_in

    async def test_nobody_who_does_not_say_where_they_come_from(self, socket_of, ada_browser):
        async with socket_of((b"host", b"testserver"), *cookie_of(ada_browser)) as socket:
            assert socket.answer == (False, 4403)

    async def test_nobody_at_a_host_that_is_not_ours(self, socket_of, ada_browser):
        headers = [(b"host", b"evil.example"), (b"origin", b"http://evil.example"), *cookie_of(ada_browser)]
        async with socket_of(*headers) as socket:
            assert socket.answer == (False, 4403)

    async def test_nobody_where_the_host_left_out_sessions(self, socket_of, ada_browser):
        async with socket_of(*OWN, *cookie_of(ada_browser), wrapped=False) as socket:
            assert socket.answer == (False, 4403)


class TestWhatMayBeWatched:
    async def test_the_inbox_and_visible_conversations(self, socket_of, ada_browser, conversation):
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            versions = await watch(socket, "inbox", f"conversation.{conversation.pk}")
            assert set(versions) == {"inbox", f"conversation.{conversation.pk}"}
            cairnloop_says = in_database(cairnloop.receive_message)
            await cairnloop_says(conversation_id=conversation.pk, text="Hello?", by=LIN)
            assert await watch(socket, "inbox", f"conversation.{conversation.pk}") != versions

    @pytest.mark.parametrize(
        "topics",
        [
            ["conversation.999999"], ["inbox", "conversation.999999"], ["thread.1"], ["conversation."],
            ["conversation.-1"], ["conversation.1.1"], ["audit"], [""],
            [f"conversation.{'9' * 30}"], ["conversation.²"],
        ],
    )  # fmt: skip
    async def test_nothing_else(self, socket_of, ada_browser, topics):
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await socket.send_json_to({"watch": topics})
            assert await socket.receive_output(timeout=5) == {"type": "websocket.close", "code": 4403}

    async def test_nothing_invisible(self, socket_of, ada_browser, access):
        access("ShowsOnlyLin")
        hidden = await in_database(make_conversation)(customer_ref=MATEUS.ref)
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await socket.send_json_to({"watch": [f"conversation.{hidden.pk}"]})
            assert await socket.receive_output(timeout=5) == {"type": "websocket.close", "code": 4403}

    async def test_not_too_much(self, socket_of, ada_browser):
        rows = [await in_database(make_conversation)() for _ in range(21)]
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            assert len(await watch(socket, *[f"conversation.{row.pk}" for row in rows[:20]])) == 20
            await socket.send_json_to({"watch": [f"conversation.{row.pk}" for row in rows]})
            assert await socket.receive_output(timeout=5) == {"type": "websocket.close", "code": 4403}

    @pytest.mark.parametrize(
        "frame",
        ["x", "[]", "{}", "null", '{"watch": "inbox"}', '{"watch": [1]}', '{"watch": [["inbox"]]}', "[" * 4_000,
         '{"watch": ["' + "a" * 5_000 + '"]}'],
    )  # fmt: skip
    async def test_nothing_unreadable(self, socket_of, ada_browser, frame):
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await socket.send_to(text_data=frame)
            assert await socket.receive_output(timeout=5) == {"type": "websocket.close", "code": 4400}

    async def test_nothing_binary(self, socket_of, ada_browser):
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await socket.send_to(bytes_data=b'{"watch": ["inbox"]}')
            assert await socket.receive_output(timeout=5) == {"type": "websocket.close", "code": 4400}


class TestWhatIsHeard:
    async def test_a_name_and_nothing_of_what_was_written(self, socket_of, ada_browser, conversation):
        topic = f"conversation.{conversation.pk}"
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await watch(socket, topic)
            await in_database(cairnloop.receive_message)(conversation_id=conversation.pk, text="My secret", by=LIN)
            assert await socket.receive_json_from(timeout=5) == {"topic": topic, "what": "changed"}

    async def test_typing_with_whatever_names_it_carries(self, socket_of, ada_browser, conversation):
        topic = live.conversation_topic(conversation.pk)
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await watch(socket, topic)
            await in_database(live.hint)(topic, what="typing", by="customer")
            assert await socket.receive_json_from(timeout=5) == {"topic": topic, "what": "typing", "by": "customer"}

    async def test_a_burst_in_the_inbox_once_and_only_what_is_visible(self, socket_of, ada_browser, access):
        access("ShowsOnlyLin")
        shown = [await in_database(make_conversation)() for _ in range(3)]
        hidden = await in_database(make_conversation)(customer_ref=MATEUS.ref)
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await watch(socket, "inbox")
            for row in [*shown, hidden, shown[0]]:
                by = cairnloop.Actor.customer(row.customer_ref)
                await in_database(cairnloop.receive_message)(conversation_id=row.pk, text="Hello?", by=by)
            heard = await socket.receive_json_from(timeout=5)
            assert heard == {"topic": "inbox", "what": "changed", "ids": [row.pk for row in shown]}
            assert await socket.receive_nothing(timeout=web_live.GATHER_SECONDS * 2)

    async def test_nothing_of_what_was_rolled_back(self, socket_of, ada_browser, conversation):
        @command
        def interrupted() -> None:
            cairnloop.receive_message(conversation_id=conversation.pk, text="Hello?", by=LIN)
            raise KeyError("host")

        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await watch(socket, "inbox", f"conversation.{conversation.pk}")
            with pytest.raises(KeyError):
                await in_database(interrupted)()
            assert await socket.receive_nothing(timeout=web_live.GATHER_SECONDS * 2)

    async def test_nothing_any_more_of_what_is_no_longer_watched(self, socket_of, ada_browser, conversation):
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await watch(socket, f"conversation.{conversation.pk}")
            await watch(socket)
            await in_database(cairnloop.receive_message)(conversation_id=conversation.pk, text="Hello?", by=LIN)
            assert await socket.receive_nothing(timeout=0.5)

    async def test_that_something_was_missed(self, socket_of, ada_browser, conversation):
        topic = f"conversation.{conversation.pk}"
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await watch(socket, topic, "inbox")
            await live.layer().group_send(live.group_of(topic), {"type": "live.missed"})
            heard = [await socket.receive_json_from(timeout=5) for _ in range(2)]
            assert heard == [{"topic": topic, "what": "missed"}, {"topic": "inbox", "what": "missed"}]


class TestWhoMayStay:
    @pytest.fixture(autouse=True)
    def _soon(self, monkeypatch):
        monkeypatch.setattr(web_live, "LOOK_AGAIN_SECONDS", 0.05)

    async def assert_put_out(self, socket):
        assert await socket.receive_output(timeout=5) == {"type": "websocket.close", "code": 4403}

    async def test_nobody_who_signed_out(self, socket_of, ada_browser):
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await watch(socket, "inbox")
            await in_database(ada_browser.logout)()
            await self.assert_put_out(socket)

    async def test_nobody_who_lost_the_permission(self, socket_of, ada_browser, ada):
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await watch(socket, "inbox")
            await in_database(ada.user_permissions.clear)()
            await self.assert_put_out(socket)

    async def test_nobody_whose_password_was_changed(self, socket_of, ada_browser, ada):
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await watch(socket, "inbox")
            ada.set_password("another")
            await in_database(ada.save)()
            await self.assert_put_out(socket)

    async def test_nobody_beside_a_conversation_that_went_out_of_sight(self, socket_of, ada_browser, access):
        access("ShowsOnlyLin")
        conversation = await in_database(make_conversation)()
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await watch(socket, f"conversation.{conversation.pk}")
            conversation.customer_ref = MATEUS.ref
            await in_database(conversation.save)()
            await self.assert_put_out(socket)

    async def test_everyone_else(self, socket_of, ada_browser, conversation, grace):
        async with socket_of(*OWN, *cookie_of(ada_browser)) as socket:
            await watch(socket, "inbox")
            await asyncio.sleep(0.2)
            await in_database(cairnloop.assign_conversation)(
                conversation_id=conversation.pk, to=actor_of(grace), by=actor_of(grace)
            )
            assert (await socket.receive_json_from(timeout=5))["ids"] == [conversation.pk]
