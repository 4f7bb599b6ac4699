"""What was approved runs once at most; what only writes this database runs exactly once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

import cairnloop
from cairnloop.governance import executing
from cairnloop.governance.queries import Standing, state_of
from cairnloop.governance.reconciling import ASKED_LIMIT, reconcile_executions
from cairnloop.governance.settling import NotUnknown
from cairnloop.models import AuditEntry, Message, ToolExecution, ToolProposal
from cairnloop.testing import run_waiting_jobs
from tests.factories import BILLING
from tests.governance.test_approving import approve
from tests.governance.tools import CAIRNLOOP, Charge, Rename

pytestmark = pytest.mark.django_db(transaction=True)


def run(tool: str, given: dict[str, Any], *, by: Any, decider: Any, **more: Any) -> ToolProposal:
    """Propose, approve and work off."""
    proposal = cairnloop.propose_tool(tool=tool, input=given, by=by, **more)
    approve(proposal.approvals.get(), decider)
    run_waiting_jobs()
    return proposal


def ask_wrongly(self: Any, *, input: Any, context: Any) -> bool:
    """A tool's own query that the database refuses."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    return True


class NoSuchCharge(cairnloop.ToolFailure):
    """One that keeps no message."""

    def __init__(self, charge: str) -> None:
        self.charge = charge


async def later() -> cairnloop.ToolResult:
    return cairnloop.ToolResult(summary="Never awaited.")


def many() -> Any:
    yield cairnloop.ToolResult(summary="Never begun.")


def standing(proposal: ToolProposal) -> Standing:
    return state_of(ToolProposal.objects.get(pk=proposal.pk)).standing


@pytest.mark.usefixtures("tools")
class TestRunning:
    def test_does_what_was_approved_and_records_it(self, decider: Any):
        proposal = run("charge", {"cents": 5}, by=decider, decider=decider)
        execution = proposal.executions.get()
        assert (execution.status, execution.summary, execution.attempts) == ("succeeded", "Charged 5 cents.", 1)
        assert execution.details == {"api_key": "••••", "id": "ch_1"}
        assert Charge.calls == [execution.run_key]
        executing.execute_proposal(proposal_id=proposal.pk)
        assert len(Charge.calls) == 1
        trail = AuditEntry.objects.filter(stream=f"tool_proposal:{proposal.pk}").order_by("position")
        assert [each.action for each in trail] == [
            "tool.proposed",
            "tool.approval_asked",
            "tool.approved",
            "tool.run_begun",
            "tool.run_succeeded",
        ]

    def test_commits_effect_and_record_together(self, decider: Any, group: Group):
        proposal = run("rename_group", {"group": group.pk, "to": "Southbeam"}, by=decider, decider=decider)
        group.refresh_from_db()
        assert (group.name, standing(proposal)) == ("Southbeam", Standing.SUCCEEDED)

    def test_reads_without_asking_anybody(self):
        proposal = cairnloop.propose_tool(tool="lookup", input={"cents": 5}, by=BILLING)
        run_waiting_jobs()
        assert standing(proposal) is Standing.SUCCEEDED and len(Charge.calls) == 1

    def test_leaves_a_note_once(self, ada: Any, decider: Any, conversation: Any):
        proposal = run(
            "internal_note", {"text": "Call them."}, by=decider, decider=decider, conversation_id=conversation.pk
        )
        assert standing(proposal) is Standing.SUCCEEDED
        note = Message.objects.get(role="internal_note")
        assert (note.text, note.author_ref) == ("Call them.", decider.ref)

    def test_records_what_the_tool_refused_and_may_be_asked_again(self, decider: Any):
        Charge.fails_with.append(cairnloop.ToolFailure("The card was declined."))
        proposal = run("charge", {"cents": 5}, by=decider, decider=decider)
        assert (standing(proposal), proposal.executions.get().summary) == (Standing.FAILED, "The card was declined.")
        again = cairnloop.reopen_tool(proposal_id=proposal.pk, by=decider)
        assert standing(proposal) is Standing.PENDING
        approve(again, decider)
        run_waiting_jobs()
        assert standing(proposal) is Standing.SUCCEEDED
        assert len(Charge.calls) == 2 and len(set(Charge.calls)) == 1

    def test_tries_again_only_where_the_tool_says_it_is_safe(self, decider: Any):
        Charge.fails_with.append(cairnloop.ToolFailure("Busy.", may_retry=True))
        proposal = run("charge", {"cents": 5}, by=decider, decider=decider)
        assert standing(proposal) is Standing.DUE
        executing.execute_proposal(proposal_id=proposal.pk)
        assert standing(proposal) is Standing.SUCCEEDED
        assert proposal.executions.get().attempts == 2 and len(set(Charge.calls)) == 1

    def test_records_a_refusal_and_a_result_of_another_make(self, decider: Any):
        Charge.fails_with.append(NoSuchCharge("ch_1"))
        refused = run("charge", {"cents": 5}, by=decider, decider=decider).executions.get()
        assert (refused.status, refused.error) == ("failed", "refused")
        for number, details in enumerate((None, ["x"], "x")):
            Charge.results.append(cairnloop.ToolResult(summary="Done.", details=details))  # type: ignore[arg-type]
            done = run("charge", {"cents": 10 + number}, by=decider, decider=decider).executions.get()
            assert (done.status, done.details) == ("succeeded", {})

    @pytest.mark.parametrize("answer", [lambda: None, lambda: False, lambda: "Done.", lambda: later(), lambda: many()])
    def test_knows_nothing_of_what_says_nothing(self, decider: Any, group: Group, answer: Any, monkeypatch: Any):
        # What reached outside may have happened; what only writes this database is undone, and what reads did nothing.
        monkeypatch.setattr(Charge, "run", lambda self, **_: answer())
        outside = run("charge", {"cents": 5}, by=decider, decider=decider).executions.get()
        assert (outside.status, outside.error) == ("unknown", "broke_off")
        looked_up = cairnloop.propose_tool(tool="lookup", input={"cents": 6}, by=BILLING)
        run_waiting_jobs()
        assert looked_up.executions.get().status == "failed"
        proposal = cairnloop.propose_tool(tool="rename_group", input={"group": group.pk, "to": "Southbeam"}, by=decider)
        approve(proposal.approvals.get(), decider)

        def rename(self: Any, *, input: Any, context: Any, run_key: str) -> Any:
            Group.objects.update(name=input.to)
            return answer()

        monkeypatch.setattr(Rename, "run", rename)
        run_waiting_jobs()
        group.refresh_from_db()
        assert (proposal.executions.get().status, group.name) == ("failed", "Northbeam")
        again = cairnloop.propose_tool(tool="rename_group", input={"group": group.pk, "to": "Westbeam"}, by=decider)
        assert again.status == "blocked"

    def test_ends_trying_again(self, decider: Any):
        Charge.fails_with.extend(cairnloop.ToolFailure("Busy.", may_retry=True) for _ in range(9))
        proposal = run("charge", {"cents": 5}, by=decider, decider=decider)
        for _ in range(9):
            executing.execute_proposal(proposal_id=proposal.pk)
        assert standing(proposal) is Standing.FAILED and len(Charge.calls) == executing.RETRIES + 1

    def test_ends_trying_again_what_the_database_does_not_take(self, decider: Any, group: Group, monkeypatch: Any):
        calls = []

        def run_and_wait(self: Rename, *, input: Any, run_key: str, **_: Any) -> cairnloop.ToolResult:
            Group.objects.filter(pk=input.group).update(name=input.to)
            if ToolExecution.objects.filter(status="running").exists():
                calls.append(run_key)
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL statement_timeout = '10ms'; SELECT pg_sleep(5)")
            return cairnloop.ToolResult(summary="Done.")

        monkeypatch.setattr(Rename, "run", run_and_wait)
        was = group.name
        proposal = run("rename_group", {"group": group.pk, "to": "Southbeam"}, by=decider, decider=decider)
        assert standing(proposal) is Standing.DUE
        for _ in range(9):
            executing.execute_proposal(proposal_id=proposal.pk)
        execution = proposal.executions.get()
        assert (execution.status, execution.error, len(calls)) == ("failed", "interrupted", executing.RETRIES + 1)
        assert Group.objects.get(pk=group.pk).name == was
        assert cairnloop.reopen_tool(proposal_id=proposal.pk, by=decider).status == "pending"

    def test_waits_where_automation_was_stopped_after_it_was_proposed(self, settings: Any, decider: Any):
        settings.CAIRNLOOP = {**CAIRNLOOP, "TOOL_MODES": {"low_write": "auto"}}
        proposal = cairnloop.propose_tool(tool="tag", input={"cents": 5}, by=BILLING)
        cairnloop.stop_automation(by=BILLING)
        run_waiting_jobs()
        assert (standing(proposal), Charge.calls) == (Standing.PENDING, [])
        approve(proposal.approvals.get(), decider)
        run_waiting_jobs()
        assert standing(proposal) is Standing.SUCCEEDED


@pytest.mark.usefixtures("tools")
class TestWhatChangedMeanwhile:
    def approved(self, decider: Any) -> ToolProposal:
        proposal = cairnloop.propose_tool(tool="charge", input={"cents": 5}, by=decider)
        approve(proposal.approvals.get(), decider)
        return proposal

    def refused(self, proposal: ToolProposal) -> str:
        run_waiting_jobs()
        assert Charge.calls == [] and not proposal.executions.exists()
        assert AuditEntry.objects.filter(action="tool.refused").count() == 1
        approval = proposal.approvals.order_by("pk")[0]
        return approval.cause or approval.status

    def test_refuses_a_permission_that_was_withdrawn(self, ada: Any, decider: Any):
        proposal = self.approved(decider)
        ada.user_permissions.remove(*ada.user_permissions.filter(codename="change_group"))
        assert self.refused(proposal) == "permission_lost" and standing(proposal) is Standing.INVALIDATED

    def test_refuses_an_approver_who_left(self, grace: Any, second: Any, decider: Any):
        proposal = cairnloop.propose_tool(tool="charge", input={"cents": 5}, by=decider)
        approve(proposal.approvals.get(), second)
        grace.is_active = False
        grace.save()
        assert self.refused(proposal) == "permission_lost"

    def test_asks_again_where_the_target_changed(self, decider: Any):
        proposal = self.approved(decider)
        Charge.version_of_target = "2"
        assert self.refused(proposal) == "target_changed" and standing(proposal) is Standing.PENDING
        approve(proposal.approvals.pending().get(), decider)
        run_waiting_jobs()
        assert standing(proposal) is Standing.SUCCEEDED

    def test_refuses_what_cannot_ask_the_database(self, decider: Any, monkeypatch: Any):
        proposal = cairnloop.propose_tool(tool="charge", input={"cents": 5}, by=decider)
        approve(proposal.approvals.get(), decider)
        monkeypatch.setattr(Charge, "authorize", ask_wrongly)
        run_waiting_jobs()
        assert proposal.approvals.get().cause == "denied" and Charge.calls == []

    def test_refuses_what_another_said_it_runs_by_itself(self, decider: Any):
        proposal = cairnloop.propose_tool(tool="charge", input={"cents": 5}, by=decider)
        proposal.approvals.all().delete()
        ToolProposal.objects.filter(pk=proposal.pk).update(mode="auto")
        executing.execute_proposal(proposal_id=proposal.pk)
        assert Charge.calls == []

    def test_refuses_another_run_key(self, decider: Any):
        proposal = cairnloop.propose_tool(tool="charge", input={"cents": 5}, by=decider)
        approval = approve(proposal.approvals.get(), decider)
        ToolExecution.objects.create(proposal=proposal, approval=approval, run_key="0" * 64, claimed_at=timezone.now())
        executing.execute_proposal(proposal_id=proposal.pk)
        assert Charge.calls == [] and proposal.executions.get().error == "record_changed"

    def test_refuses_what_is_overdue(self, decider: Any, monkeypatch: Any):
        proposal = self.approved(decider)
        late = timezone.now() + timedelta(hours=49)
        monkeypatch.setattr(executing.timezone, "now", lambda: late)
        assert self.refused(proposal) == "expired"

    def test_asks_again_where_the_rules_changed(self, settings: Any, decider: Any):
        proposal = self.approved(decider)
        settings.CAIRNLOOP = {**CAIRNLOOP, "TOOL_MODES": {"high_write": "auto"}}
        assert self.refused(proposal) == "policy_changed" and standing(proposal) is Standing.PENDING

    def test_refuses_a_tool_that_is_gone(self, settings: Any, decider: Any):
        proposal = self.approved(decider)
        settings.CAIRNLOOP = {}
        assert self.refused(proposal) == "tool_changed" and standing(proposal) is Standing.INVALIDATED


@pytest.mark.usefixtures("tools")
class TestNotKnowing:
    def unknown(self, decider: Any, *, cents: int = 5) -> ToolExecution:
        Charge.fails_with.append(TimeoutError("no answer about lin@example.com"))
        Charge.calls.clear()
        proposal = run("charge", {"cents": cents}, by=decider, decider=decider)
        execution: ToolExecution = proposal.executions.get()
        assert execution.is_unknown and "lin@" not in execution.summary
        executing.execute_proposal(proposal_id=proposal.pk)
        assert len(Charge.calls) == 1
        return execution

    def test_waits_for_a_worker_that_is_slow_and_lives(self, decider: Any):
        seen: list[str] = []

        def look() -> None:
            reconcile_executions(now=timezone.now() + timedelta(hours=3))
            seen.append(ToolExecution.objects.get().status)
            with connection.cursor() as cursor:
                cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
            reconcile_executions(now=timezone.now() + timedelta(hours=3))
            seen.append(ToolExecution.objects.get().status)

        Charge.meanwhile.append(look)
        proposal = run("charge", {"cents": 5}, by=decider, decider=decider)
        # It was only thought to be gone: what it did is known in the end.
        assert (seen, standing(proposal)) == (["running", "unknown"], Standing.SUCCEEDED)

    def test_says_so_where_a_run_ends_after_it_was_settled(self, decider: Any):
        def settle() -> None:
            execution = ToolExecution.objects.get()
            execution.become_unknown(error="unseen", summary="Unseen.")
            cairnloop.settle_tool(execution_id=execution.pk, happened=False, reason="Not seen.", by=decider)

        Charge.meanwhile.append(settle)
        proposal = run("charge", {"cents": 5}, by=decider, decider=decider)
        assert standing(proposal) is Standing.FAILED
        late = AuditEntry.objects.get(action="tool.run_ended_late")
        assert (late.evidence["outcome"], late.evidence["stands_as"]) == ("succeeded", "failed")

    def test_asks_the_tool_what_became_of_it(self, decider: Any):
        execution = self.unknown(decider)
        Charge.answers.append(cairnloop.ToolResult(summary="It went through."))
        reconcile_executions(now=timezone.now())
        execution.refresh_from_db()
        assert (execution.status, execution.summary) == ("succeeded", "It went through.")
        assert len(Charge.calls) == 1

    @pytest.mark.parametrize("answer", [False, True, "It went through.", lambda: later()])
    def test_learns_nothing_from_another_answer(self, decider: Any, answer: Any):
        execution = self.unknown(decider)
        Charge.answers.append(answer() if callable(answer) else answer)
        reconcile_executions(now=timezone.now() + timedelta(hours=1))
        execution.refresh_from_db()
        assert (execution.status, execution.asked) == ("unknown", 1)

    def test_asks_no_tool_about_what_was_altered(self, decider: Any):
        proposal = self.unknown(decider).proposal
        ToolProposal.objects.filter(pk=proposal.pk).update(input={"cents": 6, "url": ""})
        Charge.answers.append(cairnloop.ToolResult(summary="Found."))
        reconcile_executions(now=timezone.now())
        assert standing(proposal) is Standing.UNKNOWN and len(Charge.answers) == 1

    def test_learns_that_it_did_not_happen(self, decider: Any):
        execution = self.unknown(decider)
        for minutes, status in ((1, "unknown"), (14, "unknown"), (20, "failed")):
            # What is under way where it was asked for may happen yet.
            Charge.answers.append(cairnloop.ToolFailure("No such charge.", may_retry=True))
            reconcile_executions(now=timezone.now() + timedelta(minutes=minutes))
            run_waiting_jobs()
            execution.refresh_from_db()
            assert execution.status == status, minutes
        assert (execution.status, execution.error, len(Charge.calls)) == ("failed", "did_not_happen", 1)

    def test_asks_the_others_where_one_breaks_off(self, decider: Any):
        first, second = self.unknown(decider), self.unknown(decider, cents=6)
        Charge.answers += [SystemExit(), cairnloop.ToolResult(summary="It went through.")]
        reconcile_executions(now=timezone.now())
        for execution in (first, second):
            execution.refresh_from_db()
        assert (first.status, first.asked, second.status) == ("unknown", 1, "succeeded")

    def test_stops_asking_a_tool_that_does_not_know(self, decider: Any):
        execution = self.unknown(decider)
        for minute in range(100):
            reconcile_executions(now=timezone.now() + timedelta(minutes=minute))
        execution.refresh_from_db()
        assert (execution.status, execution.asked) == ("unknown", ASKED_LIMIT)

    @pytest.mark.parametrize("happened", [True, False])
    def test_leaves_it_to_a_person(self, decider: Any, happened: bool):
        execution = self.unknown(decider)
        settled = cairnloop.settle_tool(
            execution_id=execution.pk, happened=happened, reason="Seen in their books.", by=decider
        )
        assert settled.status == ("succeeded" if happened else "failed")
        with pytest.raises(NotUnknown):
            cairnloop.settle_tool(execution_id=execution.pk, happened=True, reason="Again.", by=decider)
        assert len(Charge.calls) == 1
