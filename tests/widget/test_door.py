"""Who is let in, the same over every transport."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

import cairnloop
from cairnloop.core import telemetry
from cairnloop.models import AuditEntry, Conversation
from cairnloop.widget import consumers
from cairnloop.widget.door import CUSTOMERS_BEHIND_AN_ADDRESS
from tests.factories import LIN
from tests.widget.visiting import Door, HttpDoor, Refusal, SocketDoor, eventually

pytestmark = pytest.mark.django_db(transaction=True)
STRANGE = "tests.widget.strange_verifiers"


def refused(door: Door, token: str, **how: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        door.enter(token, **how)
    assert not Conversation.objects.exists()
    assert not AuditEntry.objects.exists()
    return caught.value


def status_of_refusal(door: Door) -> int:
    """A handshake is refused with 403; HTTP can say that a token is missing or over."""
    return 403 if door.name == "socket" else 401


class TestAVisitor:
    def test_is_let_in_with_a_signed_token(self, door: Door, lin_token: str) -> None:
        assert door.enter(lin_token).ready["config"]["visitor"] == "Lin Zhao"

    @pytest.mark.parametrize("token", ["", "anything", "demo:cust-lin", "é", "x" * 6_000])
    def test_is_refused_without_one(self, door: Door, token: str) -> None:
        refusal = refused(door, token) if token.isascii() else refused(door, token.encode().decode("latin-1"))
        assert refusal.status == status_of_refusal(door)
        assert refusal.problem["code"] == "refused"

    def test_is_refused_with_an_expired_one(self, door: Door) -> None:
        token = cairnloop.sign_widget_token(customer_ref=LIN.ref, now=time.time() - 3_601)
        assert refused(door, token).problem["code"] == "refused"

    def test_is_refused_with_one_signed_by_another_key(
        self, door: Door, lin_token: str, configure: Callable[..., None]
    ) -> None:
        configure(widget_secret="another key")
        assert refused(door, lin_token).problem["code"] == "refused"

    def test_is_refused_while_the_host_has_no_verifier(self, door: Door, lin_token: str, settings: Any) -> None:
        settings.CAIRNLOOP = {}
        seen: list[dict[str, str]] = []
        with telemetry.observed(lambda event, value, labels: seen.append(dict(labels))):
            assert refused(door, lin_token).problem["code"] == "refused"
        assert seen == [{"reason": "no_verifier"}]

    def test_is_let_in_by_name_only_where_the_demo_verifier_was_chosen(
        self, door: Door, configure: Callable[..., None]
    ) -> None:
        configure(widget_verifier="cairnloop.widget.verifiers.DemoVerifier")
        assert door.enter("demo:cust-lin:Lin Zhao").ready["config"]["visitor"] == "Lin Zhao"

    @pytest.mark.parametrize(
        "verifier",
        [
            "Raises",
            "KnowsNobody",
            "ReturnsSomethingElse",
            "ReturnsAnExpiredProof",
            "ForgetsTheTimeZone",
            "ReturnsAnEndlessReference",
            "ReturnsAReferenceNobodyCanSee",
            "ReturnsWhatCannotBeStored",
        ],
    )
    def test_is_refused_when_the_verifier_does_not_clearly_say_yes(
        self, door: Door, verifier: str, configure: Callable[..., None], caplog: pytest.LogCaptureFixture
    ) -> None:
        configure(widget_verifier=f"{STRANGE}.{verifier}")
        with caplog.at_level(logging.DEBUG, logger="cairnloop.widget"):
            assert refused(door, "secret-token").status == status_of_refusal(door)
        assert "secret-token" not in caplog.text

    def test_may_have_a_name_longer_than_we_keep(self, door: Door, configure: Callable[..., None]) -> None:
        configure(widget_verifier=f"{STRANGE}.ReturnsAnEndlessName")
        visit = door.enter("any")
        opened = visit.say("One", client_id="a1")["conversation"]
        assert visit.say("Two", client_id="a2", conversation=opened)["type"] == "ack"
        assert Conversation.objects.get().customer_name == "L" * 200


class TestAnOrigin:
    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", "file://"])
    def test_of_someone_else_is_refused(self, door: Door, lin_token: str, origin: str) -> None:
        refusal = refused(door, lin_token, origin=origin)
        assert (refusal.status, refusal.problem["code"]) == (403, "foreign_origin")

    def test_of_the_host_itself_is_welcome(self, door: Any, lin_token: str) -> None:
        door.enter(lin_token, origin=f"http://{door.address}")

    @pytest.mark.parametrize(
        "change", ["https://{host}:{port}", "http://{host}:1{port}", "http://{host}", "//{host}:{port}"]
    )
    def test_that_differs_in_scheme_or_port_is_someone_elses(self, door: Any, lin_token: str, change: str) -> None:
        host, port = door.address.split(":")
        refusal = refused(door, lin_token, origin=change.format(host=host, port=port))
        assert (refusal.status, refusal.problem["code"]) == (403, "foreign_origin")

    def test_behind_a_proxy_that_ends_tls_is_the_hosts_own_in_the_scheme_visitors_see(
        self, door: Any, lin_token: str, settings: Any
    ) -> None:
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_TLS", "on")
        door.enter(lin_token, origin=f"https://{door.address}", headers={"X-Tls": "on"})
        refused(door, lin_token, origin=f"http://{door.address}", headers={"X-Tls": "on"})
        refused(door, lin_token, origin=f"https://{door.address}", headers={"X-Tls": "off"})
        if door.name != "wsgi":  # There it is the server's own business.
            refused(door, lin_token, origin=f"https://{door.address}", headers={"X_Tls": "on"})

    def test_is_the_hosts_own_with_the_port_a_browser_leaves_out(
        self, door: Any, lin_token: str, settings: Any
    ) -> None:
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_TLS", "on")
        settings.USE_X_FORWARDED_HOST = True
        settings.ALLOWED_HOSTS = ["app.acme.example", "127.0.0.1"]
        proxied = {"X-Tls": "on", "X-Forwarded-Host": "app.acme.example:443"}
        door.enter(lin_token, origin="https://app.acme.example", headers=proxied)
        refused(door, lin_token, origin="https://app.acme.example:80", headers=proxied)
        refused(door, lin_token, origin="http://app.acme.example", headers=proxied)

    def test_named_in_the_settings_is_welcome(self, door: Door, lin_token: str, configure: Callable[..., None]) -> None:
        configure(widget_origins=["https://www.acme.example"])
        door.enter(lin_token, origin="https://www.acme.example")
        refused(door, lin_token, origin="http://www.acme.example")

    def test_is_told_to_the_verifier(self, door: Any, configure: Callable[..., None]) -> None:
        configure(widget_verifier=f"{STRANGE}.AsksForTheOrigin")
        origin = f"http://{door.address}"
        assert door.enter("any", origin=origin).ready["config"]["visitor"] == origin


class TestAnAddress:
    def test_is_asked_to_wait_after_too_many_refused_attempts(self, door: Door, configure: Callable[..., None]) -> None:
        configure(widget_connections_per_minute=2)
        for _ in range(2):
            assert refused(door, "wrong").problem["code"] == "refused"
        refusal = refused(door, "wrong")
        assert (refusal.status, refusal.problem["code"]) == (429, "too_many_attempts")
        assert int(refusal.retry_after or 0) == refusal.problem["retry_after"] >= 1

    def test_with_many_bad_tokens_never_shuts_out_a_good_one(
        self, door: Door, lin_token: str, mateus_token: str, configure: Callable[..., None]
    ) -> None:
        configure(widget_connections_per_minute=2)
        for _ in range(5):
            refused(door, "wrong")
        for token in (lin_token, mateus_token):
            visit = door.enter(token)
            assert visit.say("One", client_id="a1")["type"] == "ack"

    def test_opens_many_connections_but_not_endlessly_many(
        self, socket_door: SocketDoor, configure: Callable[..., None]
    ) -> None:
        configure(widget_connections_per_minute=1)
        for number in range(CUSTOMERS_BEHIND_AN_ADDRESS):
            token = cairnloop.sign_widget_token(customer_ref=f"cust-{number}")
            socket_door.enter(token).close()
        refusal = refused(socket_door, cairnloop.sign_widget_token(customer_ref="one too many"))
        assert (refusal.status, refusal.problem["code"]) == (429, "too_many_connections")
        assert int(refusal.retry_after or 0) == refusal.problem["retry_after"] >= 1

    def test_is_not_believed_from_a_header_the_caller_wrote(
        self, asgi_address: str, transactional_db: None, configure: Callable[..., None]
    ) -> None:
        from django.test import Client

        configure(widget_connections_per_minute=1)
        statuses = [
            Client()
            .post(
                "/support/widget/frames/",
                b'{"type": "list"}',
                content_type="application/json",
                headers={"Authorization": "Bearer wrong", "X-Forwarded-For": f"10.0.0.{number}"},
            )
            .status_code
            for number in range(2)
        ]
        assert statuses == [401, 429]


class TestACustomer:
    def test_opens_many_connections_but_not_endlessly_many(
        self, socket_door: SocketDoor, lin_token: str, mateus_token: str, configure: Callable[..., None]
    ) -> None:
        configure(widget_connections_per_minute=2)
        for _ in range(2):
            socket_door.enter(lin_token)
        for _ in range(CUSTOMERS_BEHIND_AN_ADDRESS * 2):
            refusal = refused(socket_door, lin_token)
            assert (refusal.status, refusal.problem["code"]) == (429, "too_many_connections")
        # What was refused to one customer is not missing to those who share the address.
        assert socket_door.enter(mateus_token).say("One", client_id="a1")["type"] == "ack"

    def test_keeps_many_connections_open_but_not_endlessly_many(
        self, socket_door: SocketDoor, lin_token: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consumers, "CONNECTIONS_AT_ONCE", 2)
        first, _ = socket_door.enter(lin_token), socket_door.enter(lin_token)
        assert refused(socket_door, lin_token).problem["code"] == "too_many_connections"
        first.cut()
        eventually(lambda: consumers._open[LIN.ref] < 2)
        socket_door.enter(lin_token)
        socket_door.leave()
        eventually(lambda: LIN.ref not in consumers._open)

    def test_who_polls_is_not_counted_by_connections(
        self, asgi_address: str, transactional_db: None, lin_token: str, configure: Callable[..., None]
    ) -> None:
        configure(widget_connections_per_minute=1)
        visit = HttpDoor(asgi_address).enter(lin_token)
        for _ in range(3):
            assert visit.ask({"type": "list"}, "ready")["type"] == "ready"


@pytest.mark.parametrize("digits", [13, 5_000])
def test_no_number_is_too_long_to_be_refused(
    asgi_address: str, transactional_db: None, lin_token: str, digits: int
) -> None:
    visit = HttpDoor(asgi_address).enter(lin_token)
    asked = f"updates/?conversation={'a' * 22}&after={'9' * digits}"
    [answer] = visit.door.request("GET", asked, visit.headers)
    assert answer["code"] == "frame_malformed"
