"""The dashboard in the other host; run with that host's settings by `tests/hosts/test_deep.py`."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import cairnloop
from cairnloop.models import AuditEntry, Conversation
from tests.factories import LIN, make_conversation, make_operator
from tests.web.conftest import HTMX, browser_of

pytestmark = pytest.mark.django_db

MOUNT = "/acme/eu/internal/tools/help/"
ADDRESSES = re.compile(r'(?:href|action|hx-get|hx-post|data-[a-z-]*url|data-socket|data-home|data-inbox)="(/[^"]*)"')


@pytest.fixture
def ada(db: None) -> Any:
    return make_operator("ada@acme.example", first_name="Ada", last_name="Brandt")


class TestTheDashboard:
    def test_greets_someone_who_has_no_user_name(self, ada):
        assert ", Ada</h1>" in browser_of(ada).get(reverse("cairnloop:home")).content.decode()

    @pytest.mark.parametrize("name", ["home", "inbox", "search", "rail-badge", "inbox-preview", "conversation"])
    def test_links_only_below_its_mount(self, ada, name):
        row = make_conversation()
        arguments = [] if name in ("home", "inbox", "search", "rail-badge") else [row.pk]
        page = browser_of(ada).get(reverse(f"cairnloop:{name}", args=arguments)).content.decode()
        found = ADDRESSES.findall(page)
        assert found
        assert all(address.startswith((MOUNT, "/static/")) for address in found)

    def test_polls_where_there_are_no_sockets(self, ada):
        page = browser_of(ada).get(reverse("cairnloop:home")).content.decode()
        assert "data-uses-sockets" not in page
        assert browser_of(ada).get(reverse("cairnloop:live-state"), {"topic": "inbox"}).status_code == 200

    def test_sends_whoever_is_unknown_to_the_hosts_own_door(self):
        assert Client().get(MOUNT).status_code == 302

    def test_acts_and_takes_back_inside_the_hosts_transaction(self, ada):
        row, browser = make_conversation(), browser_of(ada)
        resolved = browser.post(
            reverse("cairnloop:inbox-resolution", args=[row.pk]), {"seen_sequence": 1}, headers=HTMX
        )
        assert resolved.status_code == 200
        assert Conversation.objects.get(pk=row.pk).status == "resolved"
        browser.post(reverse("cairnloop:inbox-reopening", args=[row.pk]), headers=HTMX)
        assert Conversation.objects.get(pk=row.pk).status == "open"

    @pytest.mark.django_db(transaction=True)
    def test_leaves_nothing_half_written_when_it_refuses(self, ada):
        row, browser = make_conversation(), browser_of(ada)
        cairnloop.receive_message(conversation_id=row.pk, text="One more thing.", by=LIN)
        recorded = AuditEntry.objects.count()
        browser.post(reverse("cairnloop:inbox-resolution", args=[row.pk]), {"seen_sequence": 1})
        assert Conversation.objects.get(pk=row.pk).status == "open"
        assert AuditEntry.objects.count() == recorded
