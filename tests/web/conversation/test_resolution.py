from __future__ import annotations

import pytest
from django.test.utils import override_settings
from django.urls import reverse

import cairnloop
from cairnloop.models import AuditEntry, Conversation
from tests.factories import MATEUS, actor_of, make_conversation
from tests.web.conversation.conftest import Desk, said, url, words_of, writes

pytestmark = pytest.mark.django_db

HERE = "tests.web.conversation.hooks"
BOTH = pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])


def where_to(response):
    return response.headers.get("Location") or response.headers.get("HX-Redirect")


def status_of(conversation):
    return Conversation.objects.get(pk=conversation.pk).status


def resolves(desk, conversation, *, seen=1, htmx=False):
    return desk.act("conversation-resolution", conversation, seen_sequence=seen, htmx=htmx)


def archives(desk, conversation, *, seen=1, htmx=False):
    return desk.act("conversation-archiving", conversation, seen_sequence=seen, htmx=htmx)


class TestResolve:
    @BOTH
    def test_goes_on_to_whoever_has_waited_longest(self, desk, ada, grace, conversation, htmx):
        taken = make_conversation(subject="Grace has this", customer_ref="c1")
        cairnloop.assign_conversation(conversation_id=taken.pk, to=actor_of(grace), by=actor_of(grace))
        longest = make_conversation(subject="Waits longest", customer_ref="c2")
        make_conversation(subject="Waits less", customer_ref="c3")
        response = resolves(desk, conversation, htmx=htmx)
        assert response.status_code == (200 if htmx else 303)
        assert status_of(conversation) == "resolved"
        assert where_to(response) == url("conversation", longest)
        page = words_of(desk.get(where_to(response)))
        assert "Resolved “Charged twice for March”. This is the next one." in page

    @BOTH
    def test_goes_back_to_the_inbox_when_nobody_waits(self, desk, conversation, htmx):
        response = resolves(desk, conversation, htmx=htmx)
        assert where_to(response) == reverse("cairnloop:inbox")
        assert status_of(conversation) == "resolved"

    @override_settings(CAIRNLOOP={"OPERATOR_ACCESS": f"{HERE}.NorthbeamOnly"})
    def test_never_goes_on_to_what_one_may_not_see(self, desk, conversation):
        make_conversation(account_ref="other")
        assert where_to(resolves(desk, conversation)) == reverse("cairnloop:inbox")

    def test_can_be_undone_from_where_one_lands(self, desk, conversation):
        following = make_conversation(subject="The next", customer_ref="c2")
        page = words_of(desk.get(where_to(resolves(desk, conversation))))
        assert "<h1>The next</h1>" in page
        undo = url("conversation-reopening", conversation)
        assert f'action="{undo}"' in page.split('id="toasts"')[1]
        response = desk.post(undo)
        assert response.status_code == 303
        assert where_to(response) == url("conversation", conversation)
        assert status_of(conversation) == "open"
        assert status_of(following) == "open"

    @BOTH
    def test_is_refused_with_what_was_missed(self, desk, conversation, htmx):
        writes(conversation, "Wait, one more thing.")
        response = resolves(desk, conversation, htmx=htmx)
        page = words_of(response)
        assert response.status_code == 409
        assert status_of(conversation) == "open"
        assert [row[1] for row in said(conversation)] == ["customer", "customer"]
        assert "Not resolved: there are new messages. Read them, then decide." in page
        assert "Wait, one more thing." in page
        assert "New since you last looked" in page
        assert 'name="seen_sequence" value="2"' in page

    @BOTH
    def test_says_so_when_a_colleague_was_faster(self, desk, grace, conversation, htmx):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(grace))
        response = resolves(desk, conversation, htmx=htmx)
        page = words_of(response)
        assert response.status_code == 409
        assert "Someone changed this first." in page
        assert "Grace Owusu resolved this" in page
        assert f'action="{url("conversation-reopening", conversation)}"' in page
        assert f'action="{url("conversation-resolution", conversation)}"' not in page

    @pytest.mark.parametrize("seen", ["", "x", "-4"])
    def test_is_refused_without_what_its_writer_has_seen(self, desk, conversation, seen):
        assert resolves(desk, conversation, seen=seen).status_code == 409
        assert status_of(conversation) == "open"


class TestReopen:
    @BOTH
    @pytest.mark.parametrize("verb", [cairnloop.resolve_conversation, cairnloop.archive_conversation])
    def test_takes_it_up_again(self, desk, ada, conversation, verb, htmx):
        verb(conversation_id=conversation.pk, by=actor_of(ada))
        response = desk.act("conversation-reopening", conversation, htmx=htmx)
        assert status_of(conversation) == "open"
        assert response.status_code == (200 if htmx else 303)
        page = words_of(response if htmx else desk.get(where_to(response)))
        assert "Open again." in page
        assert f'action="{url("conversation-resolution", conversation)}"' in page
        assert 'id="reply-form"' in page

    @BOTH
    def test_says_so_when_it_is_open_already(self, desk, conversation, htmx):
        response = desk.act("conversation-reopening", conversation, htmx=htmx)
        assert response.status_code == 409
        assert "Someone changed this first." in words_of(response)


class TestArchive:
    @BOTH
    def test_puts_it_away(self, desk, conversation, htmx):
        response = archives(desk, conversation, htmx=htmx)
        assert status_of(conversation) == "archived"
        assert response.status_code == (200 if htmx else 303)
        page = words_of(response if htmx else desk.get(where_to(response)))
        assert "Archived. A new message from Lin Zhao brings it back." in page
        assert 'id="reply-form"' not in page

    @BOTH
    def test_says_so_when_it_is_put_away_already(self, desk, ada, conversation, htmx):
        cairnloop.archive_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        response = archives(desk, conversation, htmx=htmx)
        assert response.status_code == 409
        assert "Someone changed this first." in words_of(response)

    @BOTH
    def test_is_refused_once_the_customer_wrote_again(self, desk, conversation, htmx):
        writes(conversation, "It is urgent now.")
        response = archives(desk, conversation, htmx=htmx)
        assert (response.status_code, status_of(conversation)) == (409, "open")
        page = words_of(response)
        assert "Not archived: there are new messages." in page
        assert "It is urgent now." in page

    @pytest.mark.parametrize("seen", ["", "x", "-4"])
    def test_is_refused_without_what_its_writer_has_seen(self, desk, conversation, seen):
        assert archives(desk, conversation, seen=seen).status_code == 409
        assert status_of(conversation) == "open"


class TestNextInQueue:
    def test_is_offered_while_somebody_else_waits(self, desk, conversation):
        assert 'data-key="j"' not in words_of(desk.look("conversation", conversation))
        following = make_conversation(customer_ref=MATEUS.ref)
        page = words_of(desk.look("conversation", conversation))
        assert f'href="{url("conversation", following)}" data-key="j"' in page


class TestWhoMayDecide:
    NAMES = ("conversation-resolution", "conversation-reopening", "conversation-archiving", "conversation-assignment")

    @pytest.fixture
    def before(self, conversation):
        return AuditEntry.objects.count()

    def refused(self, desk, conversation, name, expected, before, *, htmx):
        response = desk.act(name, conversation, seen_sequence=1, to="me", htmx=htmx)
        assert response.status_code == expected
        conversation.refresh_from_db()
        assert (conversation.status, conversation.assignee_ref) == ("open", "")
        assert AuditEntry.objects.count() == before

    @BOTH
    @pytest.mark.parametrize("name", NAMES)
    def test_not_readers_nor_outsiders(self, reader, outsider, conversation, before, name, htmx):
        self.refused(reader, conversation, name, 403, before, htmx=htmx)
        self.refused(outsider, conversation, name, 403, before, htmx=htmx)

    @BOTH
    @pytest.mark.parametrize("name", NAMES)
    def test_not_strangers(self, db, conversation, before, name, htmx):
        self.refused(Desk(), conversation, name, 200 if htmx else 302, before, htmx=htmx)

    @pytest.mark.parametrize("name", NAMES)
    @override_settings(CAIRNLOOP={"OPERATOR_ACCESS": f"{HERE}.Nobody"})
    def test_not_somebody_without_an_operator_identity(self, desk, conversation, before, name):
        self.refused(desk, conversation, name, 403, before, htmx=False)

    @pytest.mark.parametrize("name", NAMES)
    @override_settings(CAIRNLOOP={"OPERATOR_ACCESS": f"{HERE}.RepliesOnly"})
    def test_only_what_the_host_allows(self, desk, conversation, before, name):
        assert url(name, conversation) not in words_of(desk.look("conversation", conversation))
        self.refused(desk, conversation, name, 403, AuditEntry.objects.count(), htmx=False)

    @pytest.mark.parametrize("name", NAMES)
    @override_settings(CAIRNLOOP={"OPERATOR_ACCESS": f"{HERE}.NorthbeamOnly"})
    def test_not_with_conversations_one_may_not_see(self, desk, name):
        hidden = make_conversation(account_ref="other")
        self.refused(desk, hidden, name, 404, AuditEntry.objects.count(), htmx=False)

    @pytest.mark.parametrize("name", NAMES)
    def test_not_by_following_a_link(self, desk, conversation, name):
        assert desk.look(name, conversation).status_code == 405
