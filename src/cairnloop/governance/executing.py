"""Running what was approved: once at most, and exactly once where the tool only writes this database.

The row of an execution is committed before anything can happen. What happens then is decided by that row, never by
how often a job runs.
"""

from __future__ import annotations

import logging

from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from cairnloop.audit.bounding import EvidenceValue
from cairnloop.audit.recording import record
from cairnloop.core import telemetry
from cairnloop.core.errors import InvalidTransition
from cairnloop.core.events import publish
from cairnloop.core.transactions import command, pipeline, savepoint
from cairnloop.governance.answers import result_of
from cairnloop.governance.asking import GOVERNANCE, ask, ask_again, subject_of
from cairnloop.governance.binding import seal_of
from cairnloop.governance.calling import Outcome, broken, call_tool, happened, interrupted, refused
from cairnloop.governance.effects import leaves_open
from cairnloop.governance.events import ToolProposalChanged, ToolRunDue
from cairnloop.governance.guarding import ASK_AGAIN, Cause, Overdue, Runnable, Stopped, refuse_changed
from cairnloop.governance.holding import hold_execution, hold_proposal
from cairnloop.governance.models import ToolApproval, ToolExecution, ToolProposal
from cairnloop.governance.modes import Mode
from cairnloop.governance.previewing import try_out
from cairnloop.governance.run_keys import run_key_of
from cairnloop.governance.stopping import must_wait
from cairnloop.governance.validating import NotForeseeable
from cairnloop.governance.watching import watching
from cairnloop.hooks.tool import ToolFailure

logger = logging.getLogger("cairnloop.governance")

RETRIES = 4
"""How many more tries a tool gets that says another one is safe."""

Status = ToolExecution.Status


@pipeline
def execute_proposal(*, proposal_id: int) -> None:
    """Run a proposal that may run, and record what became of it; do nothing for one that ran or may not.

    Safe to call again at any time, from any number of workers: a run that has begun is never begun again.
    """
    execution = _claim(proposal_id=proposal_id)
    if execution is None:
        return
    if execution.proposal.is_transactional:
        _run_inside(execution_id=execution.pk)
        return
    runnable = _begin(execution_id=execution.pk)
    if runnable is None:
        return
    outcome = call_tool(runnable, run_key=execution.run_key)
    finish_execution(execution_id=execution.pk, outcome=outcome)


@command
def _claim(*, proposal_id: int) -> ToolExecution | None:
    """Write the row of a run that is about to begin; None where there is nothing to run."""
    proposal = hold_proposal(proposal_id)
    earlier = proposal.executions.counting().first()
    if earlier is not None:
        return earlier if earlier.status == Status.CLAIMED else None
    approval = proposal.approvals.last_asked().first()
    # One that failed used its approval up; another run needs another one.
    if proposal.executions.filter(approval=approval).exists():
        return None
    if _guarded(proposal, approval, execution=None) is None:
        return None
    return ToolExecution.objects.create(
        proposal=proposal, approval=approval, run_key=run_key_of(proposal.repeat_key), claimed_at=timezone.now()
    )


@command
def _begin(*, execution_id: int) -> Runnable | None:
    """Move to running, after which it may have happened; None where it may not run any more, or another one runs it."""
    proposal, execution = hold_execution(execution_id)
    if execution.status != Status.CLAIMED:
        return None
    runnable = _guarded(proposal, proposal.approvals.last_asked().first(), execution=execution)
    if runnable is not None:
        _note_begun(proposal, execution)
    return runnable


@command
def _run_inside(*, execution_id: int) -> None:
    """Run a tool that only writes this database: its effect and its record commit together, or neither does."""
    proposal, execution = hold_execution(execution_id)
    if execution.status != Status.CLAIMED:
        return
    runnable = _guarded(proposal, proposal.approvals.last_asked().first(), execution=execution)
    if runnable is None:
        return
    _note_begun(proposal, execution)
    try:
        outcome = _effect(runnable, run_key=execution.run_key, proposal=proposal)
    except Stopped as stopped:
        _refuse(proposal, execution.approval, cause=stopped.cause.value, execution=execution)
        return
    _keep(proposal, execution, outcome)


def _effect(runnable: Runnable, *, run_key: str, proposal: ToolProposal) -> Outcome:
    """Do it, and keep it only where it did what was shown, row by row.

    Where it was shown that something fills itself, it is tried out before: the tool may choose that by now.
    """
    tool, model, context = runnable.tool, runnable.model, runnable.context
    try:
        is_open = leaves_open(proposal.effect)
        tried = try_out(tool, model, context=context, run_key=run_key) if is_open else None
        with savepoint():
            with watching(tool) as watch:
                result = result_of(tool.run(input=model, context=context, run_key=run_key))
            # Beside itself everything is the same: what was shown is a value throughout.
            if watch.effect(beside=tried or watch).digest != proposal.effect_digest:
                raise Stopped(Cause.EFFECT_CHANGED)
            return happened(result)
    except ToolFailure as failure:
        return refused(failure)
    except NotForeseeable:
        raise Stopped(Cause.EFFECT_CHANGED) from None
    except Stopped:
        raise
    except OperationalError as error:
        # A deadlock or a lock that took too long passes. After a lost connection nothing here can be kept either, and
        # the job comes again.
        logger.warning("tool %s was interrupted: %s", tool.name, type(error).__name__)
        return interrupted()
    except Exception as error:
        logger.warning("tool %s failed: %s", tool.name, type(error).__name__)
        return broken()


@command
def finish_execution(*, execution_id: int, outcome: Outcome) -> None:
    """Record what became of a run. One that was settled meanwhile stays as it was settled, and the trail says so."""
    proposal, execution = hold_execution(execution_id)
    _keep(proposal, execution, outcome)


def _guarded(
    proposal: ToolProposal, approval: ToolApproval | None, *, execution: ToolExecution | None
) -> Runnable | None:
    """Return what may run now; None where it may not, which is then recorded."""
    now = timezone.now()
    may_run = approval.status == ToolApproval.Status.APPROVED if approval else _runs_by_itself(proposal)
    is_altered = approval.is_unmade if approval else proposal.digest != seal_of(proposal)
    if execution is None and not may_run and not is_altered:
        return None
    try:
        if not may_run or (execution is not None and not _is_claimed_by(execution, proposal, approval)):
            raise Stopped(Cause.RECORD_CHANGED)
        runnable = refuse_changed(proposal, approval, at=now)
    except Overdue:
        cause = ""
    except Stopped as stopped:
        cause = stopped.cause.value
    else:
        if approval is not None or not must_wait(proposal, to_the_end=True):
            return runnable
        if execution is not None:
            execution.fail(at=now, error="stopped", summary=_("Automation was stopped, so this waits for a person."))
        ask(proposal, at=now)
        publish(ToolProposalChanged(proposal.conversation_id, proposal.pk))
        return None
    _refuse(proposal, approval, cause=cause, execution=execution)
    return None


def _is_claimed_by(execution: ToolExecution, proposal: ToolProposal, approval: ToolApproval | None) -> bool:
    return execution.run_key == run_key_of(proposal.repeat_key) and execution.approval_id == (
        approval.pk if approval else None
    )


def _runs_by_itself(proposal: ToolProposal) -> bool:
    return proposal.is_open and proposal.mode == Mode.AUTO and not proposal.approvals.exists()


def _refuse(
    proposal: ToolProposal, approval: ToolApproval | None, *, cause: str, execution: ToolExecution | None
) -> None:
    """Record why something that was due did not run, and ask again where that helps."""
    now = timezone.now()
    why = str(Cause(cause).label) if cause else _("The time in which it could run is over.")
    if execution is None and approval is None:
        execution = ToolExecution.objects.create(
            proposal=proposal, run_key=run_key_of(proposal.repeat_key), claimed_at=now
        )
    if execution is not None:
        execution.fail(at=now, error=cause or "expired", summary=why)
    if approval is not None and approval.is_current:
        if cause:
            approval.invalidate(cause=cause, at=now)
        else:
            approval.expire(at=now)
    evidence: dict[str, EvidenceValue] = {"cause": cause or "expired", "approval_id": approval.pk if approval else None}
    record("tool.refused", by=GOVERNANCE, subject=subject_of(proposal), evidence=evidence)
    if cause in ASK_AGAIN:
        ask_again(proposal, at=now)
    publish(ToolProposalChanged(proposal.conversation_id, proposal.pk))
    telemetry.count("tool.run", outcome="stopped")


def _note_begun(proposal: ToolProposal, execution: ToolExecution) -> None:
    execution.begin(at=timezone.now())
    record(
        "tool.run_begun",
        by=GOVERNANCE,
        subject=subject_of(proposal),
        evidence={
            "execution_id": execution.pk,
            "approval_id": execution.approval_id,
            "attempt": execution.attempts,
            "run_key": execution.run_key,
        },
    )
    publish(ToolProposalChanged(proposal.conversation_id, proposal.pk))


def _keep(proposal: ToolProposal, execution: ToolExecution, outcome: Outcome) -> None:
    evidence: dict[str, EvidenceValue] = {
        "execution_id": execution.pk,
        "outcome": outcome.status.value,
        "error": outcome.error,
    }
    try:
        action = _move(execution, outcome)
    except InvalidTransition:
        action = "tool.run_ended_late"
        evidence["stands_as"] = execution.status
    record(action, by=GOVERNANCE, subject=subject_of(proposal), evidence=evidence)
    if action == "tool.run_put_off":
        publish(ToolRunDue(proposal.pk, in_seconds=2**execution.attempts))
    publish(ToolProposalChanged(proposal.conversation_id, proposal.pk))
    telemetry.count("tool.run", outcome=action.removeprefix("tool.run_"))


def _move(execution: ToolExecution, outcome: Outcome) -> str:
    now = timezone.now()
    if outcome.status == Status.SUCCEEDED:
        execution.succeed(at=now, summary=outcome.summary, details=outcome.details)
        return "tool.run_succeeded"
    if outcome.status == Status.UNKNOWN:
        execution.become_unknown(error=outcome.error, summary=outcome.summary)
        return "tool.run_unknown"
    if outcome.may_retry and execution.attempts <= RETRIES:
        execution.wait(error=outcome.error, summary=outcome.summary)
        return "tool.run_put_off"
    execution.fail(at=now, error=outcome.error, summary=outcome.summary)
    return "tool.run_failed"
