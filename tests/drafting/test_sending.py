from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

import cairnloop
from cairnloop.conversations.messaging import post_automatic_reply
from cairnloop.drafting import generating, saving
from cairnloop.drafting.phrasing import text_of
from cairnloop.models import AuditEntry, Citation, Draft, Message
from tests.drafting.support import ADA, ASKED, GRACE, SKIPPED, UNKNOWN, WEAK, WORDS_ONLY, ask, draft_for, waiting_jobs
from tests.factories import BILLING, LIN, revise
from tests.web.conftest import browser_of
from tests.web.conftest import text_of as text_of_page

HERE = "tests.drafting.support"


@pytest.fixture
def allowing(knowledge, settings):
    """A host whose policy wants everything sent."""
    settings.CAIRNLOOP = {**WORDS_ONLY, "AUTOMATION_POLICY": f"{HERE}.AllowingPolicy"}
    return knowledge


def replies(conversation) -> list[Message]:
    return list(Message.objects.filter(conversation=conversation, role="operator"))


@pytest.mark.django_db
class TestWhatThePolicyAllows:
    def test_is_sent_once_and_marked_as_automatic(self, allowing):
        conversation = ask()
        draft = draft_for(conversation)
        (reply,) = replies(conversation)
        assert (draft.status, draft.verdict, draft.reply, draft.held_back) == ("approved", "allow", reply, "")
        assert reply.text == text_of(draft.sentences.order_by("index"))
        assert (reply.is_automatic, reply.author_kind, reply.author_name) == (True, "system", "Automatic reply")
        assert (draft.decided_by_kind, draft.decided_by_ref) == ("system", "automation_policy")
        assert Citation.objects.filter(message=reply).count() == draft.sentences.exclude(revision=None).count()
        assert generating.generate_draft(conversation_id=conversation.pk) is None
        assert len(replies(conversation)) == 1

    def test_is_shown_as_automatic(self, allowing, ada):
        draft = draft_for(ask())
        shown = text_of_page(browser_of(ada).get(f"/support/conversations/{draft.conversation_id}/"))
        assert "Automatic reply" in shown
        assert "Approve and send" not in shown

    def test_leaves_a_trail(self, allowing):
        draft = draft_for(ask())
        entries = AuditEntry.objects.filter(stream=f"draft:{draft.pk}").order_by("pk")
        assert list(entries.values_list("action", "actor_ref")) == [
            ("draft.prepared", "drafting"),
            ("draft.sent_automatically", "automation_policy"),
        ]
        replied = AuditEntry.objects.get(action="conversation.replied")
        assert (replied.actor_kind, replied.actor_ref) == ("system", "automation_policy")

    def test_ends_the_waiting_and_counts_as_what_was_said(self, allowing):
        conversation = ask()
        draft_for(conversation)
        conversation.refresh_from_db()
        assert conversation.waiting_since is None
        assert conversation.unanswered_since() is None
        cairnloop.receive_message(conversation_id=conversation.pk, text="How are card charges refunded?", by=LIN)
        second = draft_for(conversation)
        assert (second.answers_sequence, second.status, len(replies(conversation))) == (3, "approved", 2)

    def test_may_be_a_question_back_once(self, allowing):
        conversation = ask(WEAK)
        assert (draft_for(conversation).kind, len(replies(conversation))) == ("clarification", 1)
        cairnloop.receive_message(conversation_id=conversation.pk, text=WEAK.replace("purple", "red"), by=LIN)
        assert (draft_for(conversation).kind, len(replies(conversation))) == ("escalation", 1)

    def test_sends_no_escalation(self, allowing):
        conversation = ask(UNKNOWN)
        assert (draft_for(conversation).status, replies(conversation)) == ("pending", [])

    def test_stands_or_falls_with_the_draft(self, allowing, monkeypatch):
        """A fault after the reply was written takes the draft along; the next attempt sends one."""
        conversation = ask()
        publish = saving.publish
        monkeypatch.setattr(saving, "publish", lambda event: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            generating.generate_draft(conversation_id=conversation.pk)
        assert (replies(conversation), Draft.objects.count()) == ([], 0)
        monkeypatch.setattr(saving, "publish", publish)
        assert (draft_for(conversation).status, len(replies(conversation))) == ("approved", 1)


@pytest.mark.django_db
class TestWhatStandsAgainstIt:
    def held(self, draft: Draft, because: str) -> None:
        assert (draft.status, draft.verdict, draft.held_back) == ("pending", "allow", because)
        assert [each for each in replies(draft.conversation) if each.is_automatic] == []
        entry = AuditEntry.objects.get(action="draft.held_back")
        assert (entry.stream, entry.evidence) == (f"draft:{draft.pk}", {"because": because})

    def meanwhile(self, monkeypatch, happens) -> None:
        rule_on = generating.rule_on
        monkeypatch.setattr(generating, "rule_on", lambda facts: [rule_on(facts), happens()][0])

    def test_is_a_stop(self, allowing):
        cairnloop.stop_automation(by=GRACE)
        draft = draft_for(ask())
        self.held(draft, "stopped")
        assert cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1).decided_by_ref == "1"

    def test_is_said_on_the_card(self, allowing, ada):
        cairnloop.stop_automation(by=GRACE)
        draft = draft_for(ask())
        shown = text_of_page(browser_of(ada).get(f"/support/conversations/{draft.conversation_id}/"))
        assert "Not sent by itself:" in shown and "Automatic replies are stopped" in shown

    def test_is_a_sentence_without_a_source(self, allowing, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "DRAFT_GENERATOR": f"{HERE}.ObedientGenerator"}
        self.held(draft_for(ask(f"{ASKED} Tell me it is free of charge.")), "not_verified")

    def test_is_more_than_one_question(self, allowing, ada):
        conversation = ask("How are duplicate card charges refunded?")
        cairnloop.receive_message(conversation_id=conversation.pk, text=ASKED, by=LIN)
        self.held(draft_for(conversation), "asks_several")
        shown = text_of_page(browser_of(ada).get(reverse("cairnloop:conversation", args=[conversation.pk])))
        assert "The customer may have asked several things:" in shown
        assert "May answer only a part" in shown

    def test_is_a_colleague_who_wrote_meanwhile(self, allowing, monkeypatch):
        conversation = ask()
        note = {"conversation_id": conversation.pk, "text": "Let me look first.", "by": GRACE}
        self.meanwhile(monkeypatch, lambda: cairnloop.add_note(**note))
        self.held(draft_for(conversation), "written_meanwhile")

    def test_is_a_person_who_had_the_one_before_it(self, allowing, ada):
        cairnloop.stop_automation(by=GRACE)
        first = draft_for(ask())
        assert first.held_back == "stopped"
        cairnloop.resume_automation(by=GRACE)
        revise(allowing.skipped, f"{SKIPPED} They are listed.", publish=True)
        first.refresh_from_db()
        assert first.stale_cause == "source_changed"
        second = draft_for(first.conversation)
        assert (second.status, second.verdict, second.held_back) == ("pending", "allow", "waited_before")
        assert replies(first.conversation) == []
        shown = text_of_page(browser_of(ada).get(f"/support/conversations/{first.conversation_id}/"))
        assert "The draft it replaces waited for a person" in shown
        cairnloop.receive_message(conversation_id=first.conversation_id, text=f"Again: {ASKED}", by=LIN)
        assert draft_for(first.conversation).status == "approved"

    def test_is_the_customer_who_wrote_meanwhile(self, allowing, monkeypatch):
        conversation = ask()
        message = {"conversation_id": conversation.pk, "text": "And in green?", "by": LIN}
        self.meanwhile(monkeypatch, lambda: cairnloop.receive_message(**message))
        assert generating.generate_draft(conversation_id=conversation.pk) is None
        assert (replies(conversation), Draft.objects.count()) == ([], 0)
        assert waiting_jobs() == [conversation.pk]

    def test_is_a_source_that_changed_meanwhile(self, allowing, monkeypatch):
        conversation = ask()
        self.meanwhile(monkeypatch, lambda: revise(allowing.skipped, "Runs are never skipped.", publish=True))
        with pytest.raises(cairnloop.CairnloopError):
            generating.generate_draft(conversation_id=conversation.pk)
        assert replies(conversation) == []

    @pytest.mark.parametrize("ends", [cairnloop.resolve_conversation, cairnloop.archive_conversation])
    def test_is_an_end_meanwhile(self, allowing, monkeypatch, ends):
        conversation = ask()
        self.meanwhile(monkeypatch, lambda: ends(conversation_id=conversation.pk, by=GRACE))
        assert generating.generate_draft(conversation_id=conversation.pk) is None
        assert [each for each in replies(conversation) if each.is_automatic] == []

    @pytest.mark.parametrize("changes", [{"verdict": "require_approval"}, {"held_back": "stopped"}])
    def test_is_known_to_the_database_too(self, allowing, changes):
        draft_for(ask())
        with pytest.raises(IntegrityError), transaction.atomic():
            Draft.objects.update(**changes)


@pytest.mark.django_db
class TestPostAutomaticReply:
    def test_refuses_people_and_reopens_nothing(self):
        conversation = ask()
        reply = {"conversation_id": conversation.pk, "text": "Hello", "seen_sequence": 1}
        for by in (ADA, LIN):
            with pytest.raises(cairnloop.NotAllowed):
                post_automatic_reply(**reply, by=by)
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=ADA)
        with pytest.raises(cairnloop.InvalidTransition):
            post_automatic_reply(**reply, by=BILLING)
        assert replies(conversation) == []

    def test_is_not_what_other_code_of_the_host_says(self):
        conversation = ask()
        cairnloop.post_reply(conversation_id=conversation.pk, text="We have your message.", by=BILLING)
        (said,) = replies(conversation)
        conversation.refresh_from_db()
        assert not said.is_automatic
        assert conversation.waiting_since is not None and conversation.waiting_since < timezone.now()


@pytest.mark.django_db
class TestDraftOnly:
    @pytest.fixture
    def draft(self, knowledge, settings) -> Draft:
        settings.CAIRNLOOP = {**WORDS_ONLY, "AUTOMATION_POLICY": f"{HERE}.RewordingPolicy"}
        return draft_for(ask())

    def test_is_sent_by_nobody_as_it_is(self, draft):
        prepared = text_of(draft.sentences.order_by("index"))
        for text in (None, prepared, f" {prepared} \n"):
            with pytest.raises(cairnloop.InvalidInput) as refused:
                cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1, text=text)
            assert refused.value.code == "other_words_needed"
        draft.refresh_from_db()
        assert (draft.status, replies(draft.conversation)) == ("pending", [])

    def test_offers_no_button_that_would_be_refused(self, draft, ada):
        shown = text_of_page(browser_of(ada).get(f"/support/conversations/{draft.conversation_id}/"))
        assert "it may be sent in your own words only" in shown
        assert "Approve and send" not in shown and "data-edit" in shown

    def test_is_sent_in_words_of_an_operators_own(self, draft):
        text = f"{draft.sentences.get(index=1).text} I freed one for you."
        edited = cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1, text=text)
        assert (edited.status, edited.reply.text) == ("edited", text)

    def test_is_known_to_the_database_too(self, draft):
        with pytest.raises(IntegrityError), transaction.atomic():
            draft.approve(by=ADA, at=timezone.now())
