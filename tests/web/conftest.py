"""Browsers of people: what they are shown, with and without htmx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from cairnloop.hooks.operator_access import StaffAccess
from tests import factories
from tests.serving import serving

HTMX = {"HX-Request": "true"}


def browser_of(user: Any) -> Client:
    """A signed-in browser."""
    client = Client()
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    """The answer on one line, for looking up sentences."""
    return " ".join(response.content.decode().split())


class NamesNobody(StaffAccess):
    """A host whose session does not say who acts."""

    def operator(self, *, user: Any) -> None:
        return None


class ShowsOnlyLin(StaffAccess):
    """A host that shows each operator some customers only."""

    def visible(self, *, user: Any, queryset: Any) -> Any:
        return super().visible(user=user, queryset=queryset).owned_by(factories.LIN.ref)


class Breaks(StaffAccess):
    """A host whose rules have a bug."""

    def can_enter(self, *, user: Any) -> bool:
        raise RuntimeError("lin@example.com")


class BreaksInside(StaffAccess):
    """A host whose finer rules have a bug."""

    def operator(self, *, user: Any) -> None:
        raise RuntimeError("lin@example.com")

    def visible(self, *, user: Any, queryset: Any) -> Any:
        raise RuntimeError("lin@example.com")


@pytest.fixture
def access(settings: Any) -> Any:
    """Use another OperatorAccess of this file."""

    def use(name: str) -> None:
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": f"tests.web.conftest.{name}"}

    return use


@pytest.fixture
def browser(ada: Any) -> Client:
    """Ada's browser."""
    return browser_of(ada)


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    """host:port of the plain host with its static files and sockets, for a real browser."""
    from tests.web.site import application

    with serving(application) as address:
        yield address
