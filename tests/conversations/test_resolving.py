from __future__ import annotations

import pytest
from django.db import transaction

import cairnloop
from cairnloop.core.jobs import count_jobs
from cairnloop.models import AuditEntry
from cairnloop.testing import RecordingNotifier, run_waiting_jobs
from tests.factories import LIN, MATEUS, actor_of, make_conversation, make_operator

pytestmark = pytest.mark.django_db


class TestResolveConversation:
    def test_ends_the_waiting_and_asks_for_a_rating(self, conversation, ada):
        resolved = cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada), seen_sequence=1)
        last = conversation.messages.latest("sequence")
        assert resolved.status == "resolved"
        assert resolved.resolved_at is not None
        assert resolved.waiting_since is None
        assert (last.sequence, last.role, last.asks_for_rating) == (2, "system", True)

    def test_refuses_when_something_newer_was_written(self, conversation, ada):
        cairnloop.receive_message(conversation_id=conversation.pk, text="Wait!", by=LIN)
        with pytest.raises(cairnloop.StaleView):
            cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada), seen_sequence=1)
        conversation.refresh_from_db()
        assert conversation.status == "open"

    def test_refuses_the_second_time_and_asks_once(self, conversation, ada):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        with pytest.raises(cairnloop.InvalidTransition):
            cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        assert conversation.messages.filter(role="system").count() == 1
        assert AuditEntry.objects.filter(action="conversation.resolved").count() == 1

    def test_needs_an_actor(self, conversation):
        with pytest.raises(TypeError):
            cairnloop.resolve_conversation(conversation_id=conversation.pk)

    def test_refuses_the_customer(self, conversation):
        with pytest.raises(cairnloop.OperatorNeeded):
            cairnloop.resolve_conversation(conversation_id=conversation.pk, by=LIN)


@pytest.mark.django_db(transaction=True)
class TestTheNotifier:
    @pytest.fixture(autouse=True)
    def notifier(self, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "NOTIFIER": "cairnloop.testing.RecordingNotifier"}
        RecordingNotifier.forget()

    def test_hears_of_the_resolution_from_a_job(self):
        ada = make_operator("ada", first_name="Ada", last_name="Brandt")
        conversation = make_conversation()
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        assert RecordingNotifier.sent == []
        run_waiting_jobs()
        ((callback, facts),) = RecordingNotifier.sent
        assert (callback, facts.id, facts.status) == ("conversation_resolved", conversation.pk, "resolved")

    def test_hears_nothing_when_the_host_rolls_back(self):
        ada = make_operator("ada", first_name="Ada", last_name="Brandt")
        conversation = make_conversation()
        before = count_jobs()
        with pytest.raises(RuntimeError), transaction.atomic():
            cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
            raise RuntimeError
        assert count_jobs() == before
        conversation.refresh_from_db()
        assert conversation.status == "open"


class TestReopenAndArchive:
    def test_reopening_forgets_the_resolution(self, conversation, ada):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        reopened = cairnloop.reopen_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        assert (reopened.status, reopened.resolved_at) == ("open", None)

    def test_reopening_puts_an_unanswered_customer_back_into_the_queue(self, conversation, ada):
        since = conversation.waiting_since
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        assert cairnloop.reopen_conversation(conversation_id=conversation.pk, by=actor_of(ada)).waiting_since == since

    def test_reopening_what_was_answered_keeps_nobody_waiting(self, conversation, ada):
        cairnloop.post_reply(conversation_id=conversation.pk, text="Done.", by=actor_of(ada))
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        assert cairnloop.reopen_conversation(conversation_id=conversation.pk, by=actor_of(ada)).waiting_since is None

    def test_refuses_to_reopen_what_is_open(self, conversation, ada):
        with pytest.raises(cairnloop.InvalidTransition):
            cairnloop.reopen_conversation(conversation_id=conversation.pk, by=actor_of(ada))

    def test_archives_from_open_and_from_resolved(self, conversation, ada):
        cairnloop.archive_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        other = make_conversation()
        cairnloop.resolve_conversation(conversation_id=other.pk, by=actor_of(ada))
        archived = cairnloop.archive_conversation(conversation_id=other.pk, by=actor_of(ada))
        conversation.refresh_from_db()
        assert (conversation.status, archived.status) == ("archived", "archived")
        assert conversation.waiting_since is None


class TestRecordRating:
    def test_keeps_the_latest_answer(self, conversation, ada):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        for rating in ("negative", "positive"):
            rated = cairnloop.record_rating(conversation_id=conversation.pk, rating=rating, by=LIN)
        assert rated.rating == "positive"
        assert AuditEntry.objects.filter(action="conversation.rated").count() == 2

    def test_refuses_before_the_resolution(self, conversation):
        with pytest.raises(cairnloop.InvalidTransition):
            cairnloop.record_rating(conversation_id=conversation.pk, rating="positive", by=LIN)

    def test_refuses_unknown_words(self, conversation):
        with pytest.raises(cairnloop.InvalidInput):
            cairnloop.record_rating(conversation_id=conversation.pk, rating="meh", by=LIN)

    def test_hides_a_conversation_of_someone_else(self, conversation, ada):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        with pytest.raises(cairnloop.NotFound):
            cairnloop.record_rating(conversation_id=conversation.pk, rating="positive", by=MATEUS)
        conversation.refresh_from_db()
        assert conversation.rating == ""


class TestAssignConversation:
    def test_gives_and_takes_back(self, conversation, ada, grace):
        given = cairnloop.assign_conversation(conversation_id=conversation.pk, to=actor_of(grace), by=actor_of(ada))
        assert (given.assignee_ref, given.assignee_name) == (str(grace.pk), "Grace Owusu")
        back = cairnloop.assign_conversation(conversation_id=conversation.pk, to=None, by=actor_of(ada))
        assert (back.assignee_ref, back.assignee_name) == ("", "")

    def test_refuses_when_someone_else_took_it_first(self, conversation, ada, grace):
        cairnloop.assign_conversation(conversation_id=conversation.pk, to=actor_of(grace), by=actor_of(grace))
        with pytest.raises(cairnloop.InvalidTransition) as refusal:
            cairnloop.assign_conversation(
                conversation_id=conversation.pk, to=actor_of(ada), by=actor_of(ada), instead_of=""
            )
        assert refusal.value.code == "assigned_meanwhile"
        conversation.refresh_from_db()
        assert conversation.assignee_ref == str(grace.pk)

    def test_changes_nothing_when_it_is_theirs_already(self, conversation, ada):
        for _ in range(2):
            cairnloop.assign_conversation(conversation_id=conversation.pk, to=actor_of(ada), by=actor_of(ada))
        assert AuditEntry.objects.filter(action="conversation.assigned").count() == 1
