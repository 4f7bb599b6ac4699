from __future__ import annotations

import pytest
from django.test.utils import override_settings

import cairnloop
from cairnloop.models import AuditEntry, Message
from tests.factories import LIN, actor_of, make_conversation
from tests.web.conversation.conftest import said, url, words_of, writes

pytestmark = pytest.mark.django_db

HERE = "tests.web.conversation.hooks"
BOTH = pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
KINDS = pytest.mark.parametrize(
    ("name", "role"),
    [("conversation-reply", "operator"), ("conversation-note", "internal_note")],
    ids=["reply", "note"],
)


def sends(desk, conversation, name="conversation-reply", *, text="I see both charges.", seen=1, id="op-1", htmx=False):
    return desk.act(name, conversation, text=text, seen_sequence=seen, client_id=id, htmx=htmx)


def form_of(response, kind="reply"):
    """What the returned form would send."""
    form = response.content.decode().split(f'id="{kind}-form"')[1].split("</form>")[0]
    text = form.split("</textarea>")[0].rsplit(">", 1)[1].removeprefix("\n")
    values = {name: form.split(f'name="{name}" value="')[1].split('"')[0] for name in ("seen_sequence", "client_id")}
    return {"text": text, **values}


class TestSending:
    @KINDS
    def test_leads_plain_forms_back_to_the_page_that_shows_it(self, desk, ada, conversation, name, role):
        response = sends(desk, conversation, name)
        assert response.status_code == 303
        assert said(conversation)[1:] == [(2, role, "I see both charges.")]
        page = words_of(desk.get(response["Location"]))
        assert '<div class="cl-msg-text cl-prose"><p>I see both charges.</p>' in page
        assert ("Reply sent." if role == "operator" else "Note added.") in page

    @KINDS
    def test_gives_htmx_an_empty_form_and_the_message(self, desk, conversation, name, role):
        response = sends(desk, conversation, name, htmx=True)
        kind = "reply" if role == "operator" else "note"
        part = words_of(response)
        assert response.status_code == 200
        assert said(conversation)[1:] == [(2, role, "I see both charges.")]
        assert '<div hx-swap-oob="beforeend:#timeline"><article class="cl-msg" id="message-2"' in part
        assert 'id="conversation-header" data-sequence="2"' in part
        returned = form_of(response, kind)
        assert returned["text"] == ""
        assert returned["seen_sequence"] == "2"
        assert returned["client_id"] != "op-1"

    def test_shows_the_same_message_with_and_without_htmx(self, desk, conversation):
        part = sends(desk, conversation, htmx=True).content.decode()
        page = desk.look("conversation", conversation).content.decode()
        message = '<article class="cl-msg" id="message-2"' + part.split('<article class="cl-msg" id="message-2"')[1]
        assert message.split("</article>")[0] in page

    def test_marks_own_words_so_that_the_browser_lets_go_of_them(self, desk, grace, conversation):
        sends(desk, conversation, id="op-mine")
        cairnloop.add_note(conversation_id=conversation.pk, text="Hm.", by=actor_of(grace), client_id="op-hers")
        page = words_of(desk.look("conversation", conversation))
        assert 'data-client-id="op-mine"' in page
        assert "op-hers" not in page

    @BOTH
    def test_writes_once_however_often_it_is_sent(self, desk, conversation, htmx):
        for _ in range(3):
            assert sends(desk, conversation, htmx=htmx).status_code in (200, 303)
        assert len(said(conversation)) == 2

    def test_gives_every_form_an_id_of_its_own(self, desk, conversation):
        forms = [form_of(desk.look("conversation", conversation))["client_id"] for _ in range(2)]
        assert forms[0] != forms[1]

    def test_answers_a_resolved_conversation_by_reopening_it(self, desk, ada, conversation):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        assert "Sending reopens this conversation." in words_of(desk.look("conversation", conversation))
        sends(desk, conversation, seen=2)
        conversation.refresh_from_db()
        assert conversation.status == "open"


class TestAStaleReply:
    @BOTH
    @KINDS
    def test_is_not_sent_and_keeps_its_text(self, desk, conversation, name, role, htmx):
        writes(conversation, "Never mind the refund.")
        response = sends(desk, conversation, name, text="The <refund> is\nunder way.", htmx=htmx)
        kind = "reply" if role == "operator" else "note"
        page = words_of(response)
        assert response.status_code == 409
        assert [row[1] for row in said(conversation)] == ["customer", "customer"]
        assert AuditEntry.objects.filter(action__in=["conversation.replied", "conversation.note_added"]).count() == 0
        assert "Not sent: Lin Zhao wrote again." in page
        assert "Your text is kept." in page
        assert "Never mind the refund." in page
        assert "New since you last looked" in page
        returned = form_of(response, kind)
        assert returned == {"text": "The &lt;refund&gt; is\nunder way.", "seen_sequence": "2", "client_id": "op-1"}

    @BOTH
    def test_can_be_sent_again_as_it_came_back(self, desk, conversation, htmx):
        writes(conversation, "Never mind the refund.")
        returned = form_of(sends(desk, conversation, htmx=htmx))
        again = desk.act("conversation-reply", conversation, htmx=htmx, **returned)
        assert again.status_code in (200, 303)
        assert said(conversation)[-1] == (3, "operator", "I see both charges.")

    def test_is_told_to_htmx_to_swap(self, desk, conversation):
        writes(conversation, "Never mind.")
        assert sends(desk, conversation, htmx=True)["HX-Reswap"] == "outerHTML"

    def test_names_a_colleague(self, desk, grace, conversation):
        cairnloop.add_note(conversation_id=conversation.pk, text="I take this.", by=actor_of(grace))
        page = words_of(sends(desk, conversation))
        assert "Not sent: Grace Owusu wrote again." in page
        assert "I take this." in page

    def test_counts_nobody_when_several_wrote(self, desk, grace, conversation):
        cairnloop.add_note(conversation_id=conversation.pk, text="I take this.", by=actor_of(grace))
        writes(conversation, "Hello?")
        assert "Not sent: there are new messages." in words_of(sends(desk, conversation))

    def test_does_not_mind_what_one_wrote_oneself(self, desk, ada, conversation):
        cairnloop.add_note(conversation_id=conversation.pk, text="Mine.", by=actor_of(ada))
        assert sends(desk, conversation).status_code == 303


class TestAReplyThatCannotBeAccepted:
    @BOTH
    @pytest.mark.parametrize(
        ("text", "error"),
        [
            ("", "Nothing is written yet."),
            (" \n ", "The message is empty."),
            ("x" * 10_001, "10,000 are allowed"),
            ("nul \x00 here", "cannot be stored"),
        ],
        ids=["nothing", "blank", "long", "nul"],
    )
    def test_comes_back_with_the_reason_beside_the_field(self, desk, conversation, text, error, htmx):
        response = sends(desk, conversation, text=text, htmx=htmx)
        page = words_of(response)
        assert response.status_code == 422
        assert len(said(conversation)) == 1
        assert 'aria-invalid="true" aria-describedby="reply-error"' in page
        assert error in page.split('id="reply-error"')[1].split("</p>")[0]
        assert form_of(response)["text"].strip() == text.strip()

    @BOTH
    @pytest.mark.parametrize(
        "broken", [{"seen_sequence": ""}, {"seen_sequence": "x"}, {"seen_sequence": "-1"}, {"client_id": "no spaces"},
                   {"client_id": ""}, {"seen_sequence": str(2**40)}]
    )  # fmt: skip
    def test_is_kept_when_the_form_was_incomplete(self, desk, conversation, broken, htmx):
        fields = {"text": "Kept.", "seen_sequence": 1, "client_id": "op-1"} | broken
        response = desk.act("conversation-reply", conversation, htmx=htmx, **fields)
        assert response.status_code == 422
        assert len(said(conversation)) == 1
        assert "Not sent: the form was incomplete." in words_of(response)
        assert form_of(response)["text"] == "Kept."

    @BOTH
    def test_is_kept_when_the_conversation_was_archived_meanwhile(self, desk, ada, conversation, htmx):
        cairnloop.archive_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        response = sends(desk, conversation, htmx=htmx)
        assert response.status_code == 409
        assert len(said(conversation)) == 1
        assert "Reopen it before writing" in words_of(response)
        assert form_of(response)["text"] == "I see both charges."

    @BOTH
    def test_is_not_lost_behind_an_earlier_version_of_itself(self, desk, conversation, htmx):
        sends(desk, conversation, text="First words.")
        response = sends(desk, conversation, text="Other words.", htmx=htmx)
        assert response.status_code == 409
        assert [row[2] for row in said(conversation)][1:] == ["First words."]
        returned = form_of(response)
        assert returned["text"] == "Other words."
        assert returned["client_id"] != "op-1"
        assert desk.act("conversation-reply", conversation, **returned).status_code == 303
        assert [row[2] for row in said(conversation)][1:] == ["First words.", "Other words."]


class TestWhoMayWrite:
    def nothing_happened(self, conversation):
        return Message.objects.filter(conversation=conversation).count() == 1

    @BOTH
    @KINDS
    def test_not_strangers(self, client, conversation, name, role, htmx):
        headers = {"HX-Request": "true"} if htmx else {}
        response = client.post(
            url(name, conversation), {"text": "Hi", "seen_sequence": 1, "client_id": "x"}, headers=headers
        )
        where = response.headers["HX-Redirect"] if htmx else words_of(response)
        assert "/login/?next=" in where
        assert self.nothing_happened(conversation)

    @BOTH
    @KINDS
    def test_not_readers_nor_outsiders(self, reader, outsider, conversation, name, role, htmx):
        for desk in (reader, outsider):
            assert sends(desk, conversation, name, htmx=htmx).status_code == 403
        assert self.nothing_happened(conversation)

    @BOTH
    @KINDS
    @override_settings(CAIRNLOOP={"OPERATOR_ACCESS": f"{HERE}.Nobody"})
    def test_not_somebody_without_an_operator_identity(self, desk, conversation, name, role, htmx):
        assert sends(desk, conversation, name, htmx=htmx).status_code == 403
        assert self.nothing_happened(conversation)

    @KINDS
    @override_settings(CAIRNLOOP={"OPERATOR_ACCESS": f"{HERE}.NorthbeamOnly"})
    def test_not_to_conversations_one_may_not_see(self, desk, name, role):
        hidden = make_conversation(account_ref="other")
        assert sends(desk, hidden, name).status_code == 404
        assert self.nothing_happened(hidden)

    @override_settings(CAIRNLOOP={"OPERATOR_ACCESS": f"{HERE}.RepliesOnly"})
    def test_only_what_the_host_allows(self, desk, conversation):
        page = words_of(desk.look("conversation", conversation))
        assert 'id="reply-form"' in page
        assert 'id="note-form"' not in page
        assert sends(desk, conversation, "conversation-note").status_code == 403
        assert sends(desk, conversation).status_code == 303

    def test_not_by_following_a_link(self, desk, conversation):
        assert desk.get(url("conversation-reply", conversation)).status_code == 405

    def test_not_from_a_foreign_page(self, ada, conversation):
        from tests.web.conversation.conftest import Desk

        desk = Desk(enforce_csrf_checks=True)
        desk.force_login(ada)
        assert sends(desk, conversation).status_code == 403
        assert self.nothing_happened(conversation)


class TestNotes:
    def test_never_reach_the_customer(self, desk, conversation):
        sends(desk, conversation, "conversation-note", text="A true duplicate.")
        shown = cairnloop.models.Message.objects.filter(conversation=conversation).shown_to_customer()
        assert [message.text for message in shown] == ["Two charges for March, one invoice."]

    def test_may_be_added_to_archived_conversations(self, desk, ada, conversation):
        cairnloop.archive_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        assert sends(desk, conversation, "conversation-note").status_code == 303

    def test_do_not_end_the_customers_waiting(self, desk, conversation):
        sends(desk, conversation, "conversation-note")
        conversation.refresh_from_db()
        assert conversation.waiting_since is not None


class TestMarkdown:
    def test_is_rendered_for_operators_and_kept_as_written(self, desk, conversation):
        sends(desk, conversation, text="Two steps:\n\n1. Open **CI**\n2. Choose `Re-run`")
        page = words_of(desk.look("conversation", conversation))
        assert "<li>Open <strong>CI</strong></li>" in page
        assert "<code>Re-run</code>" in page
        assert said(conversation)[-1][2].startswith("Two steps:\n\n1. Open **CI**")
        assert LIN.name in page
