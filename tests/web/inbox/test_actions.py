from __future__ import annotations

import pytest
from django.urls import reverse

import cairnloop
from cairnloop.models import AuditEntry
from tests import factories
from tests.factories import LIN, actor_of
from tests.web.conftest import HTMX, browser_of, text_of

pytestmark = pytest.mark.django_db


def act(browser, name, conversation, headers=None, **fields):
    return browser.post(reverse(f"cairnloop:inbox-{name}", args=[conversation.pk]), fields, headers=headers or {})


class TestAssign:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_gives_it_to_me(self, browser, ada, conversation, headers):
        response = act(browser, "assignment", conversation, headers, instead_of="")
        conversation.refresh_from_db()
        assert (conversation.assignee_ref, conversation.assignee_name) == (str(ada.pk), "Ada Brandt")
        if headers:
            assert f'id="inbox-row-{conversation.pk}" hx-swap-oob="true"' in text_of(response)
            assert "Assigned to you." in text_of(response)
        else:
            assert response.url == "/support/inbox/"
            assert "Assigned to you." in text_of(browser.get(response.url))

    def test_does_not_take_it_from_whoever_was_quicker(self, browser, grace, conversation):
        cairnloop.assign_conversation(conversation_id=conversation.pk, to=actor_of(grace), by=actor_of(grace))
        response = act(browser, "assignment", conversation, HTMX, instead_of="")
        conversation.refresh_from_db()
        assert conversation.assignee_ref == actor_of(grace).ref
        assert "Someone took this first." in text_of(response)
        assert 'aria-label="Grace Owusu"' in text_of(response)

    def test_takes_it_over_from_whom_the_row_showed(self, browser, ada, grace, conversation):
        cairnloop.assign_conversation(conversation_id=conversation.pk, to=actor_of(grace), by=actor_of(grace))
        act(browser, "assignment", conversation, HTMX, instead_of=actor_of(grace).ref)
        conversation.refresh_from_db()
        assert conversation.assignee_ref == str(ada.pk)


class TestResolve:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_resolves_and_offers_to_undo(self, browser, conversation, headers):
        response = act(browser, "resolution", conversation, headers, seen_sequence=1)
        conversation.refresh_from_db()
        assert conversation.status == "resolved"
        shown = text_of(response if headers else browser.get(response.url))
        assert f"Resolved #{conversation.pk}." in shown
        assert f'action="{reverse("cairnloop:inbox-reopening", args=[conversation.pk])}"' in shown

    @pytest.mark.parametrize("seen", ["1", "", "x", "-1", "9" * 30])
    def test_refuses_when_the_row_did_not_show_the_last_message(self, browser, conversation, seen):
        cairnloop.receive_message(conversation_id=conversation.pk, text="One more thing.", by=LIN)
        recorded = AuditEntry.objects.count()
        response = act(browser, "resolution", conversation, HTMX, seen_sequence=seen)
        conversation.refresh_from_db()
        assert conversation.status == "open"
        assert AuditEntry.objects.count() == recorded
        assert "Not resolved: there are new messages." in text_of(response)
        assert "One more thing." in text_of(response)

    def test_says_so_when_someone_resolved_it_first(self, browser, grace, conversation):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(grace))
        conversation.refresh_from_db()
        response = act(browser, "resolution", conversation, HTMX, seen_sequence=conversation.sequence)
        assert "Someone changed this first." in text_of(response)

    def test_needs_the_permission(self, conversation):
        reader = factories.make_operator("rae", first_name="Rae", last_name="Kim", permissions="view")
        response = act(browser_of(reader), "resolution", conversation, HTMX, seen_sequence=1)
        conversation.refresh_from_db()
        assert response.status_code == 403
        assert conversation.status == "open"


class TestReopen:
    def test_takes_a_resolution_back(self, browser, ada, conversation):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        response = act(browser, "reopening", conversation, HTMX)
        conversation.refresh_from_db()
        assert conversation.status == "open"
        assert "Open again." in text_of(response)

    def test_says_so_when_it_is_open_already(self, browser, conversation):
        assert "Someone changed this first." in text_of(act(browser, "reopening", conversation, HTMX))


class TestWhereAFormReturnsTo:
    @pytest.mark.parametrize(
        ("wanted", "url"),
        [
            ("/support/inbox/?waiting=us", "/support/inbox/?waiting=us"),
            ("https://evil.example/", "/support/inbox/"),
            ("//evil.example/", "/support/inbox/"),
            ("javascript:alert(1)", "/support/inbox/"),
            ("", "/support/inbox/"),
        ],
    )
    def test_is_a_page_of_this_site(self, browser, conversation, wanted, url):
        assert act(browser, "assignment", conversation, next=wanted).url == url

    def test_is_refused_without_a_csrf_token(self, ada, conversation):
        strict = browser_of(ada)
        strict.handler.enforce_csrf_checks = True
        assert act(strict, "assignment", conversation).status_code == 403
        conversation.refresh_from_db()
        assert conversation.assignee_ref == ""
