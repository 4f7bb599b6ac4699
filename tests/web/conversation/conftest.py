from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import cairnloop
from cairnloop.models import Conversation, Message
from tests.factories import LIN

HOSTILE = [
    json.loads(line)["payload"] for line in (Path(__file__).parent / "data" / "hostile.jsonl").read_text().splitlines()
]


class Desk(Client):
    """An operator's browser: plain requests, or the ones htmx makes."""

    def look(self, name: str, conversation: Conversation, *, htmx: bool = False, **query: Any) -> Any:
        return self.get(url(name, conversation), query, headers={"HX-Request": "true"} if htmx else {})

    def act(self, name: str, conversation: Conversation, *, htmx: bool = False, **fields: Any) -> Any:
        return self.post(url(name, conversation), fields, headers={"HX-Request": "true"} if htmx else {})


def url(name: str, conversation: Conversation) -> str:
    return reverse(f"cairnloop:{name}", args=[conversation.pk])


def words_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def said(conversation: Conversation) -> list[tuple[int, str, str]]:
    rows = Message.objects.filter(conversation=conversation).order_by("sequence")
    return list(rows.values_list("sequence", "role", "text"))


def writes(conversation: Conversation, *texts: str) -> None:
    for text in texts:
        cairnloop.receive_message(conversation_id=conversation.pk, text=text, by=LIN)


@pytest.fixture
def desk(ada: Any) -> Desk:
    """Ada's browser."""
    desk = Desk()
    desk.force_login(ada)
    return desk


@pytest.fixture
def reader(db: None) -> Desk:
    """The browser of someone who may look, but not act."""
    from tests import factories

    desk = Desk()
    desk.force_login(factories.make_operator("rita", first_name="Rita", last_name="Sol", permissions="view"))
    return desk


@pytest.fixture
def outsider(noor: Any) -> Desk:
    """Noor's browser: staff, without access to support."""
    desk = Desk()
    desk.force_login(noor)
    return desk
