from __future__ import annotations

import random
import threading

import pytest
from django.db import IntegrityError, connection, transaction

import cairnloop
from cairnloop.drafting.phrasing import text_of
from cairnloop.models import AuditEntry, Citation, Draft, DraftSentence, Message
from tests.drafting.support import (
    ADA,
    ASKED,
    GRACE,
    SKIPPED,
    UNKNOWN,
    WORDS_ONLY,
    KnowledgeBase,
    ask,
    draft_for,
    waiting_jobs,
)
from tests.factories import BILLING, LIN, revise


@pytest.fixture
def draft(knowledge) -> Draft:
    return draft_for(ask())


def replies(draft: Draft) -> list[Message]:
    return list(Message.objects.filter(conversation=draft.conversation, role="operator"))


def prepared_text(draft: Draft) -> str:
    return text_of(draft.sentences.order_by("index"))


@pytest.mark.django_db
class TestApproveDraft:
    def test_posts_one_reply_in_the_operators_name_with_its_sources(self, draft):
        approved = cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1)
        (reply,) = replies(draft)
        assert (approved.status, approved.reply, approved.decided_by_ref) == ("approved", reply, "1")
        assert (reply.text, reply.author_ref) == (prepared_text(draft), "1")
        quoted = draft.sentences.exclude(revision=None).values_list("revision_id", "start", "end")
        assert set(Citation.objects.values_list("revision_id", "start", "end")) == set(quoted)
        assert AuditEntry.objects.get(action="draft.approved").evidence["sequence"] == reply.sequence
        draft.conversation.refresh_from_db()
        assert draft.conversation.waiting_since is None

    def test_is_refused_the_second_time(self, draft):
        cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1)
        with pytest.raises(cairnloop.InvalidTransition):
            cairnloop.approve_draft(draft_id=draft.pk, by=GRACE, seen_sequence=2)
        with pytest.raises(cairnloop.InvalidTransition):
            cairnloop.discard_draft(draft_id=draft.pk, by=GRACE, reason="wrong")
        assert len(replies(draft)) == 1

    def test_is_refused_to_stale_eyes(self, draft):
        cairnloop.add_note(conversation_id=draft.conversation_id, text="Do not send.", by=GRACE)
        with pytest.raises(cairnloop.StaleView) as refused:
            cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1)
        assert refused.value.missed == (2,)
        draft.refresh_from_db()
        assert (draft.status, draft.reply, replies(draft)) == ("pending", None, [])
        assert not AuditEntry.objects.filter(action="draft.approved").exists()

    @pytest.mark.parametrize("seen", [None, "1", True, 1.0])
    def test_is_refused_to_who_saw_nothing(self, draft, seen):
        with pytest.raises(cairnloop.InvalidInput):
            cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=seen)
        draft.refresh_from_db()
        assert (draft.is_pending, replies(draft)) == (True, [])

    @pytest.mark.parametrize("by", [BILLING, LIN, cairnloop.Actor.client("claude")])
    def test_is_for_operators_alone(self, draft, by):
        with pytest.raises(cairnloop.OperatorNeeded):
            cairnloop.approve_draft(draft_id=draft.pk, by=by, seen_sequence=1)
        assert replies(draft) == []

    @pytest.mark.parametrize("draft_id", [0, -1, 10**9, 2**70])
    def test_knows_no_other_draft(self, draft, draft_id):
        with pytest.raises(cairnloop.NotFound):
            cairnloop.approve_draft(draft_id=draft_id, by=ADA, seen_sequence=1)

    def test_keeps_what_the_operator_made_of_it(self, draft):
        first, second, *_ = draft.sentences.order_by("index")
        text = f"{first.text}  {second.text}\n\nI raised your limit by one seat."
        edited = cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1, text=text)
        (reply,) = replies(draft)
        assert (edited.status, reply.text) == ("edited", text)
        assert edited.edited_chars >= len("Iraisedyourlimitbyoneseat.")
        assert Citation.objects.count() == 1
        assert prepared_text(draft) != reply.text

    def test_takes_white_space_for_no_edit(self, draft):
        text = prepared_text(draft).replace("\n\n", "\n \n") + " \n"
        assert cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1, text=text).status == "approved"

    def test_refuses_a_marked_sentence_until_it_is_changed(self, draft):
        DraftSentence.objects.filter(draft=draft, index=1).update(
            standing="unverified", doubt="not_found", article=None, revision=None
        )
        marked = draft.sentences.get(index=1).text
        for text in (None, f"{marked} Really."):
            with pytest.raises(cairnloop.InvalidInput) as refused:
                cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1, text=text)
            assert refused.value.code == "sentence_not_verified"
        assert replies(draft) == []
        assert cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1, text="Seats are full.").reply

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text,
            lambda text: f"{text}.",
            lambda text: f"\u200b{text}\u2060",
            lambda text: text.replace(" ", "\u00a0"),
            lambda text: f"**{text}**",
            str.swapcase,
            lambda text: text.replace("e", "\uff45"),
        ],
    )
    def test_wants_other_words_where_the_policy_does(self, draft, change):
        Draft.objects.update(verdict="draft_only")
        with pytest.raises(cairnloop.InvalidInput) as refused:
            cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1, text=change(prepared_text(draft)))
        assert (refused.value.code, replies(draft)) == ("other_words_needed", [])
        text = f"{prepared_text(draft)} Sorry"
        assert cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=1, text=text).status == "edited"

    def test_sends_no_escalation(self, knowledge):
        escalation = draft_for(ask(UNKNOWN))
        for text in (None, "Hello"):
            with pytest.raises(cairnloop.InvalidInput) as refused:
                cairnloop.approve_draft(draft_id=escalation.pk, by=ADA, seen_sequence=1, text=text)
            assert refused.value.code == "nothing_to_send"


@pytest.mark.django_db
class TestDiscardDraft:
    def test_keeps_the_reason_and_sends_nothing(self, draft):
        discarded = cairnloop.discard_draft(draft_id=draft.pk, by=ADA, reason="off_topic")
        assert (discarded.status, discarded.discard_reason, replies(draft)) == ("discarded", "off_topic", [])
        assert AuditEntry.objects.get(action="draft.discarded").evidence == {"reason": "off_topic"}

    @pytest.mark.parametrize("reason", ["", "policy", "because"])
    def test_needs_a_reason_of_the_list(self, draft, reason):
        with pytest.raises(cairnloop.InvalidInput):
            cairnloop.discard_draft(draft_id=draft.pk, by=ADA, reason=reason)
        assert Draft.objects.get().is_pending


@pytest.mark.django_db
class TestStaleDrafts:
    def refused(self, draft: Draft, cause: str) -> None:
        draft.refresh_from_db()
        assert (draft.status, draft.stale_cause) == ("stale", cause)
        before = len(replies(draft))
        with pytest.raises(cairnloop.InvalidTransition):
            cairnloop.approve_draft(draft_id=draft.pk, by=ADA, seen_sequence=draft.conversation.messages.count())
        assert len(replies(draft)) == before

    def test_are_made_by_publishing_another_revision_of_a_source(self, knowledge, draft):
        revise(knowledge.skipped, "Runs are never skipped.", publish=True)
        self.refused(draft, "source_changed")
        assert waiting_jobs() == [draft.conversation_id]

    def test_are_not_made_by_other_articles_or_unpublished_changes(self, knowledge, draft):
        revise(knowledge.refunds, "Refunds take a day.", publish=True)
        revise(knowledge.skipped, "Runs are never skipped.")
        cairnloop.classify_article(article_id=knowledge.skipped.pk, by=BILLING, tags=["ci"])
        draft.refresh_from_db()
        assert draft.is_pending

    def test_are_made_by_archiving_or_hiding_a_source(self, knowledge, draft):
        cairnloop.archive_article(article_id=knowledge.skipped.pk, by=BILLING)
        self.refused(draft, "source_changed")

    def test_are_made_by_hiding_a_source_from_customers(self, knowledge, draft):
        cairnloop.classify_article(article_id=knowledge.skipped.pk, by=BILLING, visibility="internal")
        self.refused(draft, "source_changed")

    def test_come_back_with_the_publication_that_made_them(self, knowledge, draft):
        with pytest.raises(RuntimeError), transaction.atomic():
            revise(knowledge.skipped, "Runs are never skipped.", publish=True)
            raise RuntimeError
        draft.refresh_from_db()
        assert draft.is_pending

    def test_are_made_by_an_answer_and_by_an_end(self, knowledge, draft):
        cairnloop.post_reply(conversation_id=draft.conversation_id, text="Seats are full.", by=GRACE)
        self.refused(draft, "answered")
        other = draft_for(ask())
        cairnloop.resolve_conversation(conversation_id=other.conversation_id, by=GRACE)
        self.refused(other, "closed")


@pytest.mark.django_db
class TestTheTable:
    def test_holds_one_open_draft_of_a_conversation(self, draft):
        copy = Draft.objects.get()
        copy.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save(force_insert=True)

    @pytest.mark.parametrize(
        "changes",
        [
            {"status": "approved"},
            {"status": "discarded"},
            {"status": "stale"},
            {"discard_reason": "wrong"},
            {"kind": "guess"},
            {"answers_sequence": 0},
        ],
    )
    def test_holds_no_state_without_what_belongs_to_it(self, draft, changes):
        with pytest.raises(IntegrityError), transaction.atomic():
            Draft.objects.update(**changes)

    def test_holds_no_quoted_sentence_without_its_quote(self, draft):
        for changes in ({"revision": None}, {"end": 0}, {"standing": "unverified"}, {"text": ""}):
            with pytest.raises(IntegrityError), transaction.atomic():
                DraftSentence.objects.filter(index=1).update(**changes)


@pytest.mark.django_db(transaction=True)
class TestTwoOperatorsAtOnce:
    def test_send_one_reply_at_most_however_their_steps_fall(self, settings):
        """Approving, editing, discarding and a publication at the same moment: one outcome, no deadlock."""
        settings.CAIRNLOOP = WORDS_ONLY
        knowledge, chance = KnowledgeBase(), random.Random(7)
        for number in range(12):
            draft = draft_for(ask(ASKED))
            acts = [
                lambda pk=draft.pk: cairnloop.approve_draft(draft_id=pk, by=ADA, seen_sequence=1),
                lambda pk=draft.pk: cairnloop.approve_draft(draft_id=pk, by=GRACE, seen_sequence=1, text="Seats."),
                lambda pk=draft.pk: cairnloop.discard_draft(draft_id=pk, by=GRACE, reason="wrong"),
            ]
            if number % 3 == 0:
                acts.append(lambda n=number: revise(knowledge.skipped, f"{SKIPPED} Version {n}.", publish=True))
            chance.shuffle(acts)
            surprises = self.run(acts)
            draft.refresh_from_db()
            assert surprises == []
            assert draft.status in {"approved", "edited", "discarded", "stale"}
            sent = draft.status in {"approved", "edited"}
            assert len(replies(draft)) == sent
            assert (draft.reply_id is not None) == sent
            waiting_jobs()

    def run(self, acts) -> list[BaseException]:
        surprises: list[BaseException] = []
        together = threading.Barrier(len(acts))

        def work(act) -> None:
            try:
                together.wait()
                act()
            except (cairnloop.InvalidTransition, cairnloop.StaleView):
                pass
            except BaseException as error:
                surprises.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return surprises
