from __future__ import annotations

import logging

import pytest
from django.test.utils import override_settings

from tests.factories import make_conversation
from tests.web.conversation.conftest import url, words_of

pytestmark = pytest.mark.django_db

HERE = "tests.web.conversation.hooks"
PLACES = pytest.mark.parametrize("inline", [False, True], ids=["panel", "page"])


def provided_by(name):
    return override_settings(CAIRNLOOP={"CONTEXT_PROVIDER": f"{HERE}.{name}"})


def panel_of(desk, conversation, *, inline):
    if inline:
        response = desk.look("conversation", conversation, details=1)
    else:
        response = desk.look("conversation-customer", conversation, htmx=True)
    assert response.status_code == 200
    page = words_of(response)
    assert ("<html" in page) == inline
    return page.split('<div id="customer">')[1].split("Details</h2>")[0]


class TestCustomerPanel:
    @PLACES
    @provided_by("Facts")
    def test_shows_sections_as_people_read_them(self, desk, conversation, inline):
        panel = panel_of(desk, conversation, inline=inline)
        for words in (
            "lin.zhao@northbeam.example",
            "<h2>Trailmark account</h2>",
            "<dt>Plan</dt><dd>Team, monthly</dd>",
            "<dt>Active</dt><dd>Yes</dd>",
            '<dt>Trial ends</dt><dd class="cl-soft">–</dd>',
            "<dt>Last charge on</dt><dd>March 10, 2026</dd>",
            "<dt>Repositories</dt><dd>main, nav-core</dd>",
            "<dt>Paid</dt><dd>14</dd>",
            "<dt>Bots</dt><dd>2</dd>",
        ):
            assert words in panel

    @PLACES
    @provided_by("Facts")
    def test_masks_secrets_and_never_shows_raw_terms_or_markup(self, desk, conversation, inline):
        panel = panel_of(desk, conversation, inline=inline)
        assert '<dt>Api key</dt><dd class="cl-soft">Hidden</dd>' in panel
        assert "sk_live" not in panel
        assert '<dt>Raw</dt><dd class="cl-soft">Cannot be shown</dd>' in panel
        assert "object at" not in panel
        assert "<script>" not in panel
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in panel

    @PLACES
    @provided_by("Silence")
    def test_says_when_the_host_knows_nothing(self, desk, conversation, inline):
        panel = panel_of(desk, conversation, inline=inline)
        assert "Your project has no facts about this customer. You can reply without them." in panel
        assert "unavailable" not in panel
        assert "Lin Zhao" in panel

    @PLACES
    @pytest.mark.parametrize("provider", ["Failure", "BrokenQuery", "WrongAnswer"])
    def test_says_when_the_host_fails_and_goes_on(self, desk, conversation, caplog, provider, inline):
        with provided_by(provider), caplog.at_level(logging.WARNING, logger="cairnloop.web"):
            panel = panel_of(desk, conversation, inline=inline)
        assert "Customer context is unavailable" in panel
        assert "You can reply without it." in panel
        assert "Try again" in panel
        assert "hunter2" not in panel
        assert "ContextProvider failed" in caplog.text
        assert "hunter2" not in caplog.text

    @PLACES
    @pytest.mark.parametrize("provider", ["Silence", "Failure"])
    def test_speaks_of_replies_only_to_those_who_may_write_them(self, reader, conversation, provider, inline):
        with provided_by(provider):
            panel = panel_of(reader, conversation, inline=inline)
        assert "Your project" in panel
        assert "reply" not in panel

    @provided_by("Facts")
    def test_leads_to_the_page_without_htmx(self, desk, conversation):
        response = desk.look("conversation-customer", conversation)
        assert response.status_code == 302
        assert response["Location"] == f"{url('conversation', conversation)}?details=1#details"

    @provided_by("Unreachable")
    def test_asks_nobody_for_those_who_may_not_look(self, client, desk, outsider, conversation):
        assert client.get(url("conversation-customer", conversation)).status_code == 302
        assert outsider.look("conversation-customer", conversation, htmx=True).status_code == 403
        with override_settings(
            CAIRNLOOP={
                "OPERATOR_ACCESS": f"{HERE}.NorthbeamOnly",
                "CONTEXT_PROVIDER": f"{HERE}.Unreachable",
            }
        ):
            hidden = make_conversation(account_ref="other")
            assert desk.look("conversation-customer", hidden, htmx=True).status_code == 404
