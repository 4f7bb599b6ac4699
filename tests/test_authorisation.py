"""Every door against every kind of caller. A URL or socket without a rule here fails the suite."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import get_resolver, resolve, reverse

import cairnloop
from cairnloop.hooks.operator_access import StaffAccess
from cairnloop.models import AuditEntry, Conversation, Message
from cairnloop.routing import websocket_urlpatterns
from tests import factories
from tests.factories import LIN, MATEUS, make_conversation

SIGN_IN, ABSENT, FORBIDDEN, UNPROVEN = 302, 404, 403, 401


def is_done(response: Any) -> bool:
    """True for what a page or a write answers when allowed; a redirect leads on, and not to the sign-in."""
    return response.status_code in {200, 204} or (
        response.status_code in {302, 303} and not response.url.startswith(settings.LOGIN_URL)
    )


@dataclass(frozen=True)
class Rule:
    """What one URL answers each caller: a page of all, or something of one conversation."""

    method: str = "get"
    of_conversation: bool = False
    writes: bool = False
    data: Callable[[Conversation], dict[str, Any]] = lambda conversation: {}


def _reply(conversation: Conversation) -> dict[str, Any]:
    return {"text": "On it.", "seen_sequence": conversation.sequence, "client_id": "matrix-1"}


def _seen(conversation: Conversation) -> dict[str, Any]:
    return {"seen_sequence": conversation.sequence}


READ = Rule(of_conversation=True)
RULES: dict[str, Rule] = {
    "home": Rule(),
    "inbox": Rule(),
    "inbox-changes": Rule(),
    "rail-badge": Rule(),
    "live-state": Rule(),
    "inbox-preview": READ,
    "conversation": READ,
    "conversation-timeline": READ,
    "conversation-customer": READ,
    "inbox-assignment": Rule("post", True, True, lambda _: {"to": "me"}),
    "inbox-resolution": Rule("post", True, True, _seen),
    "inbox-reopening": Rule("post", True, True),
    "conversation-reply": Rule("post", True, True, _reply),
    "conversation-note": Rule("post", True, True, _reply),
    "conversation-typing": Rule("post", True, True),
    "conversation-assignment": Rule("post", True, True, lambda _: {"to": "me"}),
    "conversation-resolution": Rule("post", True, True, _seen),
    "conversation-reopening": Rule("post", True, True),
    "conversation-archiving": Rule("post", True, True),
}
"""The operators' URLs. Customers' URLs prove themselves by token and are ruled in TestTheWidgetsDoors."""
WIDGET_DOORS = {"widget-frames", "widget-updates"}
SOCKETS = {"live/", "widget/socket/"}
NEEDS_CLOSED = {"inbox-reopening", "conversation-reopening"}


class HidesOthers(StaffAccess):
    """An access rule of a host with teams: one's own customers only."""

    def visible(self, *, user: Any, queryset: Any) -> Any:
        return super().visible(user=user, queryset=queryset).filter(customer_ref=LIN.ref)


class NamesNobody(StaffAccess):
    """A host whose session does not say who acts."""

    def operator(self, *, user: Any) -> None:
        return None


def url_names() -> set[str]:
    found = set()
    pending = [get_resolver()]
    while pending:
        for pattern in pending.pop().url_patterns:
            if hasattr(pattern, "url_patterns"):
                pending.append(pattern)
            elif "cairnloop" in (pattern.lookup_str or ""):
                found.add(pattern.name)
    return found


class TestTheMatrix:
    def test_has_a_rule_for_every_url(self):
        assert url_names() == set(RULES) | WIDGET_DOORS

    def test_has_a_rule_for_every_socket(self):
        routes = {str(pattern.pattern).removeprefix("support/") for pattern in websocket_urlpatterns("support/")}
        assert routes == SOCKETS


def call(client: Client, name: str, conversation: Conversation) -> Any:
    rule = RULES[name]
    url = reverse(f"cairnloop:{name}", args=[conversation.pk] if rule.of_conversation else [])
    if rule.method == "get":
        return client.get(url)
    return client.post(url, rule.data(conversation))


def world() -> tuple[Any, ...]:
    """Everything a refused caller must not have changed."""
    return (
        list(Conversation.objects.order_by("pk").values()),
        list(Message.objects.order_by("pk").values()),
        AuditEntry.objects.count(),
    )


@pytest.fixture
def lins(db: None) -> Conversation:
    return make_conversation()


@pytest.fixture
def mateus_own(db: None) -> Conversation:
    return make_conversation(customer_ref=MATEUS.ref, customer_name=MATEUS.name)


def client_of(user: Any) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def host_customer() -> Any:
    """A user of the host who is a customer, signed in to the same site."""
    user = factories.make_operator("lin", first_name="Lin", last_name="Zhao", permissions="")
    get_user_model().objects.filter(pk=user.pk).update(is_staff=False)
    return get_user_model().objects.get(pk=user.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(RULES))
class TestOperatorsDoors:
    def test_send_strangers_to_sign_in(self, name, lins):
        before = world()
        response = call(Client(), name, lins)
        assert response.status_code == SIGN_IN
        assert response.url.startswith(settings.LOGIN_URL)
        assert world() == before

    def test_stay_shut_for_customers_of_the_host(self, name, lins):
        before = world()
        response = call(client_of(host_customer()), name, lins)
        assert response.status_code == FORBIDDEN
        assert lins.subject not in response.content.decode()
        assert world() == before

    def test_stay_shut_for_staff_without_access(self, name, lins, noor):
        before = world()
        response = call(client_of(noor), name, lins)
        assert response.status_code == FORBIDDEN
        assert lins.subject not in response.content.decode()
        assert world() == before

    def test_open_for_operators(self, name, lins, ada):
        if name in NEEDS_CLOSED:
            cairnloop.archive_conversation(conversation_id=lins.pk, by=factories.actor_of(ada))
            lins.refresh_from_db()
        assert is_done(call(client_of(ada), name, lins))

    def test_let_a_reader_read_and_nothing_else(self, name, lins):
        reader = factories.make_operator("vera", first_name="Vera", last_name="Ngo", permissions="view")
        before = world()
        response = call(client_of(reader), name, lins)
        if RULES[name].writes:
            assert response.status_code == FORBIDDEN
            assert world() == before
        else:
            assert is_done(response)

    def test_refuse_writes_when_nobody_is_named(self, name, lins, ada, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": f"{__name__}.NamesNobody"}
        before = world()
        response = call(client_of(ada), name, lins)
        if RULES[name].writes:
            assert response.status_code == FORBIDDEN
            assert world() == before
        else:
            assert is_done(response)

    def test_hide_what_is_out_of_sight(self, name, mateus_own, ada, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": f"{__name__}.HidesOthers"}
        before = world()
        response = call(client_of(ada), name, mateus_own)
        if RULES[name].of_conversation:
            unknown = Conversation(pk=mateus_own.pk + 1_000, sequence=1)
            assert response.status_code == ABSENT
            assert call(client_of(ada), name, unknown).status_code == ABSENT
            assert world() == before
        else:
            assert mateus_own.customer_name not in response.content.decode()

    def test_refuse_the_wrong_method(self, name, lins, ada):
        rule = RULES[name]
        url = reverse(f"cairnloop:{name}", args=[lins.pk] if rule.of_conversation else [])
        before = world()
        other = client_of(ada).get(url) if rule.method == "post" else client_of(ada).post(url)
        assert other.status_code in {405, 302, 303} if rule.method == "post" else other.status_code == 405
        assert world() == before

    def test_refuse_writes_forged_by_another_site(self, name, lins, ada):
        if not RULES[name].writes:
            return
        client = Client(enforce_csrf_checks=True)
        client.force_login(ada)
        before = world()
        assert call(client, name, lins).status_code == FORBIDDEN
        assert world() == before

    def test_send_their_own_content_policy(self, name, lins, ada):
        if RULES[name].writes:
            return
        response = call(client_of(ada), name, lins)
        assert "default-src 'self'" in response.headers.get("Content-Security-Policy", "")
        assert "unsafe-inline" not in response.headers["Content-Security-Policy"]


def bearer(customer: cairnloop.Actor | None) -> dict[str, str]:
    if customer is None:
        return {}
    return {"Authorization": f"Bearer {cairnloop.sign_widget_token(customer_ref=customer.ref)}"}


FRAMES: dict[str, Callable[[Conversation], dict[str, Any]]] = {
    "join": lambda c: {"type": "join", "conversation": c.public_id},
    "message": lambda c: {"type": "message", "client_id": "m-1", "text": "Hi", "conversation": c.public_id},
    "typing": lambda c: {"type": "typing", "conversation": c.public_id},
    "rating": lambda c: {"type": "rating", "conversation": c.public_id, "rating": "positive"},
}


@pytest.mark.django_db
class TestTheWidgetsDoors:
    @pytest.fixture(autouse=True)
    def fresh_cache(self):
        from django.core.cache import cache

        cache.clear()

    def post(self, frame: dict[str, Any], customer: cairnloop.Actor | None, client: Client | None = None) -> Any:
        return (client or Client()).post(
            reverse("cairnloop:widget-frames"),
            json.dumps(frame),
            content_type="application/json",
            headers=bearer(customer),
        )

    @pytest.mark.parametrize("kind", sorted(FRAMES))
    def test_refuse_whoever_proves_nothing(self, kind, lins, ada):
        before = world()
        assert self.post(FRAMES[kind](lins), None).status_code == UNPROVEN
        assert self.post(FRAMES[kind](lins), None, client_of(ada)).status_code == UNPROVEN
        assert world() == before

    @pytest.mark.parametrize("kind", sorted(FRAMES))
    def test_hide_a_conversation_of_someone_else(self, kind, lins):
        cairnloop.resolve_conversation(conversation_id=lins.pk, by=factories.BILLING)
        before = world()
        foreign = self.post(FRAMES[kind](lins), MATEUS)
        unknown = self.post(FRAMES[kind](Conversation(public_id="a" * 26)), MATEUS)
        assert foreign.status_code == unknown.status_code == ABSENT
        assert foreign.content.replace(lins.public_id.encode(), b"") == unknown.content.replace(b"a" * 26, b"")
        assert world() == before

    @pytest.mark.parametrize("kind", sorted(FRAMES))
    def test_open_for_the_customer(self, kind, lins):
        cairnloop.resolve_conversation(conversation_id=lins.pk, by=factories.BILLING)
        assert self.post(FRAMES[kind](lins), LIN).status_code == 200

    @pytest.mark.parametrize(("customer", "status"), [(None, UNPROVEN), (MATEUS, ABSENT), (LIN, 200)])
    def test_show_updates_to_their_owner_only(self, lins, customer, status):
        url = reverse("cairnloop:widget-updates")
        response = Client().get(url, {"conversation": lins.public_id, "after": 0}, headers=bearer(customer))
        assert response.status_code == status
        assert ("Two charges" in response.content.decode()) == (status == 200)

    def test_list_only_ones_own(self, lins, mateus_own):
        said = self.post({"type": "list"}, LIN).content.decode()
        assert lins.public_id in said
        assert mateus_own.public_id not in said

    def test_refuse_everyone_while_the_host_has_no_verifier(self, lins, settings):
        headers = bearer(LIN)
        settings.CAIRNLOOP = {}
        response = Client().get(reverse("cairnloop:widget-updates"), {"conversation": lins.public_id}, headers=headers)
        assert response.status_code == UNPROVEN


def live_socket(user: Any, *, origin: bytes) -> ApplicationCommunicator:
    """The operators' socket, as the host's session stack would hand it over."""
    session = client_of(user).session if user is not None else SessionStore()
    scope = {
        "type": "websocket",
        "path": "/support/live/",
        "headers": [(b"origin", origin), (b"host", b"testserver")],
        "subprotocols": [],
        "session": session,
    }
    return ApplicationCommunicator(URLRouter(websocket_urlpatterns("support/")), scope)


@pytest.mark.django_db(transaction=True)
class TestTheOperatorsSocket:
    async def connected(self, user: Any, *, origin: bytes = b"http://testserver") -> tuple[bool, Any]:
        socket = await database_sync_to_async(live_socket)(user, origin=origin)
        await socket.send_input({"type": "websocket.connect"})
        answer = await socket.receive_output(timeout=5)
        return answer["type"] == "websocket.accept", socket

    async def leave(self, socket: ApplicationCommunicator) -> None:
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait(timeout=5)

    @pytest.fixture
    def people(self, settings):
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
        return {
            "ada": factories.make_operator("ada", first_name="Ada", last_name="Brandt"),
            "noor": factories.make_operator("noor", first_name="Noor", last_name="Haddad", permissions=""),
            "customer": host_customer(),
            "stranger": None,
        }

    @pytest.mark.parametrize(
        ("who", "accepted"), [("ada", True), ("noor", False), ("customer", False), ("stranger", False)]
    )
    async def test_opens_for_operators_only(self, people, who, accepted):
        opened, socket = await self.connected(people[who])
        assert opened is accepted
        await self.leave(socket)

    async def test_refuses_pages_of_other_sites(self, people):
        opened, socket = await self.connected(people["ada"], origin=b"https://evil.example")
        assert not opened
        await self.leave(socket)

    async def test_closes_on_a_topic_out_of_sight(self, people, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": f"{__name__}.HidesOthers"}
        hidden = await database_sync_to_async(make_conversation)(customer_ref=MATEUS.ref)
        opened, socket = await self.connected(people["ada"])
        assert opened
        wish = json.dumps({"watch": [f"conversation.{hidden.pk}"]})
        await socket.send_input({"type": "websocket.receive", "text": wish})
        assert (await socket.receive_output(timeout=5))["type"] == "websocket.close"
        await self.leave(socket)


class TestMountedDeep:
    def test_reverse_and_resolve_agree(self):
        for name, rule in RULES.items():
            url = reverse(f"cairnloop:{name}", args=[7] if rule.of_conversation else [])
            assert resolve(url).url_name == name
