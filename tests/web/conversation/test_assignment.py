from __future__ import annotations

import pytest

import cairnloop
from tests.factories import actor_of
from tests.web.conversation.conftest import words_of

pytestmark = pytest.mark.django_db

BOTH = pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])


def assigns(desk, conversation, *, to, instead_of="", htmx=False):
    response = desk.act("conversation-assignment", conversation, to=to, instead_of=instead_of, htmx=htmx)
    conversation.refresh_from_db()
    return response


def header_of(desk, response):
    page = words_of(response if response.status_code != 303 else desk.get(response["Location"]))
    return page.split('id="conversation-header"')[1].split("</h1>")[1].split("</div>")[0]


class TestAssignment:
    @BOTH
    def test_takes_it(self, desk, ada, conversation, htmx):
        response = assigns(desk, conversation, to="me", htmx=htmx)
        assert conversation.assignee_ref == str(ada.pk)
        header = header_of(desk, response)
        assert "Ada Brandt" in header
        assert "Give back" in header
        assert "Assign to me" not in header

    @BOTH
    def test_gives_it_back(self, desk, ada, conversation, htmx):
        assigns(desk, conversation, to="me")
        response = assigns(desk, conversation, to="nobody", instead_of=str(ada.pk), htmx=htmx)
        assert conversation.assignee_ref == ""
        header = header_of(desk, response)
        assert "Unassigned" in header
        assert "Assign to me" in header

    @BOTH
    def test_is_refused_when_a_colleague_was_faster(self, desk, grace, conversation, htmx):
        cairnloop.assign_conversation(conversation_id=conversation.pk, to=actor_of(grace), by=actor_of(grace))
        response = assigns(desk, conversation, to="me", htmx=htmx)
        assert response.status_code == 409
        assert conversation.assignee_ref == str(grace.pk)
        assert "Someone changed this first. The page shows who has it now." in words_of(response)
        assert "Grace Owusu" in header_of(desk, response)

    def test_takes_over_from_a_colleague_who_was_named(self, desk, ada, grace, conversation):
        cairnloop.assign_conversation(conversation_id=conversation.pk, to=actor_of(grace), by=actor_of(grace))
        assert assigns(desk, conversation, to="me", instead_of=str(grace.pk)).status_code == 303
        assert conversation.assignee_ref == str(ada.pk)

    def test_says_nothing_bad_when_it_is_mine_already(self, desk, ada, conversation):
        assigns(desk, conversation, to="me")
        assert assigns(desk, conversation, to="me", instead_of="").status_code == 303
        assert conversation.assignee_ref == str(ada.pk)

    @pytest.mark.parametrize("to", ["", "grace", "system"])
    def test_goes_to_nobody_else(self, desk, conversation, to):
        assert assigns(desk, conversation, to=to).status_code == 422
        assert conversation.assignee_ref == ""
