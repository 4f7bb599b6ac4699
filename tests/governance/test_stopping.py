from __future__ import annotations

import threading
import time
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction

import cairnloop
from cairnloop.drafting import sending
from cairnloop.models import AuditEntry, AutomationSwitch, Draft, Message
from tests.drafting.support import ADA, GRACE, WORDS_ONLY, KnowledgeBase, ask, draft_for
from tests.factories import LIN

ALLOWING = {**WORDS_ONLY, "AUTOMATION_POLICY": "tests.drafting.support.AllowingPolicy"}


def said(*flags: str) -> str:
    out = StringIO()
    call_command("cairnloop_stop", *flags, stdout=out)
    return out.getvalue()


def trail() -> list[tuple[str, str, str]]:
    entries = AuditEntry.objects.filter(stream="automation:replies").order_by("pk")
    return list(entries.values_list("action", "actor_ref", "reason"))


@pytest.mark.django_db
class TestTheSwitch:
    def test_stops_and_resumes_with_a_trail(self):
        assert cairnloop.stop_automation(by=GRACE, reason="Wrong refunds").is_stopped
        assert cairnloop.stop_automation(by=ADA).changed_by_ref == "grace"
        assert not cairnloop.resume_automation(by=ADA).is_stopped
        assert not cairnloop.resume_automation(by=GRACE).is_stopped
        assert trail() == [("automation.stopped", "grace", "Wrong refunds"), ("automation.resumed", "1", "")]

    @pytest.mark.parametrize("by", [LIN, cairnloop.Actor.client("claude")])
    def test_is_turned_by_no_outsider(self, by):
        for turn in (cairnloop.stop_automation, cairnloop.resume_automation):
            with pytest.raises(cairnloop.OperatorNeeded):
                turn(by=by)
        assert not AutomationSwitch.objects.exists()

    def test_comes_back_with_what_it_was_turned_in(self):
        with pytest.raises(RuntimeError), transaction.atomic():
            cairnloop.stop_automation(by=ADA)
            raise RuntimeError
        assert not AutomationSwitch.objects.current().is_stopped

    def test_is_turned_on_the_command_line(self):
        assert "not stopped" in said("--status")
        assert not AutomationSwitch.objects.exists()
        assert "are stopped since" in said("--reason", "Wrong refunds")
        assert "by cairnloop_stop" in said("--status")
        assert "not stopped" in said("--off")
        assert [action for action, *_ in trail()] == ["automation.stopped", "automation.resumed"]


@pytest.mark.django_db(transaction=True)
class TestTwoSessions:
    """A stop that has returned is in force for whatever is sent after it; one on its way waits, or is waited for."""

    @pytest.fixture(autouse=True, params=["never turned", "turned before"])
    def allowing(self, settings, request):
        settings.CAIRNLOOP = ALLOWING
        KnowledgeBase()
        # The first turn writes a row, and whoever writes rows waits anyway; the second has only its lock.
        if request.param == "turned before":
            cairnloop.stop_automation(by=ADA)
            cairnloop.resume_automation(by=ADA)

    def automatic(self) -> int:
        return Message.objects.filter(metadata__type=Message.AUTOMATIC).count()

    def test_who_stops_waits_for_the_reply_that_is_being_sent(self, monkeypatch):
        conversation, at_the_switch, go_on = ask(), threading.Event(), threading.Event()
        post = sending.post_automatic_reply

        def pausing(**reply):
            at_the_switch.set()
            assert go_on.wait(20)
            return post(**reply)

        monkeypatch.setattr(sending, "post_automatic_reply", pausing)
        sent = in_thread(lambda: draft_for(conversation))
        assert at_the_switch.wait(20)
        stopped = in_thread(lambda: cairnloop.stop_automation(by=GRACE))
        somebody_waits_for_a_lock()
        assert self.automatic() == 0 and not AutomationSwitch.objects.current().is_stopped
        go_on.set()
        stopped()
        # Returned: the reply before it is there, and there will be no other.
        assert self.automatic() == 1
        sent()
        assert draft_for(ask()).held_back == "stopped"
        assert self.automatic() == 1

    def test_who_sends_waits_for_a_stop_that_is_about_to_commit(self):
        conversation = ask()
        with transaction.atomic():
            cairnloop.stop_automation(by=GRACE)
            sent = in_thread(lambda: draft_for(conversation))
            somebody_waits_for_a_lock()
        sent()
        assert (Draft.objects.get().held_back, self.automatic()) == ("stopped", 0)

    def test_none_is_sent_after_any_of_many_stops(self):
        """Eight conversations are answered while somebody stops: what was sent was sent before the stop returned."""
        conversations, start, seen = [ask() for _ in range(8)], threading.Barrier(3), []

        def send(own) -> None:
            start.wait()
            for conversation in own:
                draft_for(conversation)

        def stop() -> None:
            start.wait()
            cairnloop.stop_automation(by=GRACE)
            seen.append(self.automatic())

        for finish in (*(in_thread(lambda own=conversations[n::2]: send(own)) for n in (0, 1)), in_thread(stop)):
            finish()
        assert seen == [self.automatic()]
        assert Draft.objects.filter(held_back="stopped").count() == 8 - seen[0]


def in_thread(work):
    """Start it in a session of its own, and return how to wait for its end; what it raised is raised there."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()

    def finish() -> None:
        thread.join(30)
        assert not thread.is_alive()
        assert failures == []

    return finish


def somebody_waits_for_a_lock() -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    end = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")
