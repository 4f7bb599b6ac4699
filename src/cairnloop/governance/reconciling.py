"""Runs that nobody saw end: they are unknown, and their tools are asked what became of them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from cairnloop.audit.bounding import EvidenceValue
from cairnloop.audit.recording import record
from cairnloop.conf import get_settings
from cairnloop.core import telemetry
from cairnloop.core.errors import InvalidTransition
from cairnloop.core.events import publish
from cairnloop.core.jobs import is_running
from cairnloop.core.transactions import command, pipeline
from cairnloop.governance.answers import result_of
from cairnloop.governance.asking import GOVERNANCE, subject_of
from cairnloop.governance.binding import seal_of
from cairnloop.governance.calling import Outcome, happened, refused
from cairnloop.governance.contexts import context_of
from cairnloop.governance.events import ToolProposalChanged
from cairnloop.governance.executing import finish_execution
from cairnloop.governance.holding import hold_execution
from cairnloop.governance.models import ToolExecution
from cairnloop.governance.registry import find_tool
from cairnloop.governance.validating import checked_input
from cairnloop.hooks.tool import ToolFailure

logger = logging.getLogger("cairnloop.governance")

JOB = "cairnloop:governance.execute_tool"
ASKED_LIMIT = 6
"""How often a tool is asked what became of a run, before it is left to a person."""
AGAIN_AFTER = timedelta(minutes=5)
NO_IS_FINAL_AFTER = timedelta(minutes=15)
"""How long after a run began its tool is believed that it did not happen: longer than a request is under way."""
NEVER_BEGUN_AFTER = timedelta(hours=1)
AT_ONCE = 50


@pipeline
def reconcile_executions(*, now: datetime) -> None:
    """Note which runs nobody saw end, and ask their tools. Nothing is ever run again here."""
    limit = now - timedelta(seconds=get_settings().tool_unseen_seconds)
    for pk, proposal_id in list(ToolExecution.objects.begun_before(limit).values_list("pk", "proposal_id")):
        # While its worker lives, its end may still be seen, however long it takes.
        if not is_running(JOB, proposal_id=proposal_id):
            _give_up(execution_id=pk, begun_before=limit)
    unbegun = ToolExecution.objects.filter(status="claimed", claimed_at__lt=now - NEVER_BEGUN_AFTER)
    for pk in list(unbegun.values_list("pk", flat=True)[:AT_ONCE]):
        _fail_unbegun(execution_id=pk, now=now)
    due = ToolExecution.objects.unknown().filter(asked__lt=ASKED_LIMIT).order_by("pk")
    due = due.filter(Q(asked_at__isnull=True) | Q(asked_at__lt=now - AGAIN_AFTER))
    for execution in due.select_related("proposal__conversation")[:AT_ONCE]:
        # Noted before: one whose tool breaks off is not asked again at once, before all others.
        _note_asked(execution_id=execution.pk, now=now)
        outcome = _answer(execution, now=now)
        if outcome is not None:
            finish_execution(execution_id=execution.pk, outcome=outcome)
            telemetry.count("tool.run", outcome="reconciled")


@command
def _give_up(*, execution_id: int, begun_before: datetime) -> None:
    proposal, execution = hold_execution(execution_id)
    if execution.begun_at is None or execution.begun_at >= begun_before:
        return
    try:
        execution.become_unknown(
            error="unseen", summary=_("It began and nobody saw it end, so it may have happened or not.")
        )
    except InvalidTransition:
        return
    evidence: dict[str, EvidenceValue] = {"execution_id": execution.pk, "outcome": "unknown", "error": "unseen"}
    record("tool.run_unknown", by=GOVERNANCE, subject=subject_of(proposal), evidence=evidence)
    publish(ToolProposalChanged(proposal.conversation_id, proposal.pk))


@command
def _fail_unbegun(*, execution_id: int, now: datetime) -> None:
    """What never began did not happen, and never will: beginning asks for the status this takes away."""
    proposal, execution = hold_execution(execution_id)
    if execution.status != ToolExecution.Status.CLAIMED:
        return
    execution.fail(at=now, error="never_begun", summary=_("It never began. Nothing was changed."))
    evidence: dict[str, EvidenceValue] = {"execution_id": execution.pk, "outcome": "failed", "error": "never_begun"}
    record("tool.run_failed", by=GOVERNANCE, subject=subject_of(proposal), evidence=evidence)
    publish(ToolProposalChanged(proposal.conversation_id, proposal.pk))


@command
def _note_asked(*, execution_id: int, now: datetime) -> None:
    _proposal, execution = hold_execution(execution_id)
    execution.note_asked(at=now)


def _answer(execution: ToolExecution, *, now: datetime) -> Outcome | None:
    proposal = execution.proposal
    tool = find_tool(proposal.tool)
    model = checked_input(tool, proposal.input).model if tool else None
    # Of what was altered past us, the tool would answer for something that never ran.
    if tool is None or model is None or proposal.digest != seal_of(proposal):
        return None
    try:
        answer = tool.reconcile(input=model, context=context_of(proposal), run_key=execution.run_key)
        return None if answer is None else happened(result_of(answer))
    except ToolFailure as failure:
        # Not yet, perhaps: what was asked for may be under way where it was asked.
        if execution.begun_at is None or execution.begun_at > now - NO_IS_FINAL_AFTER:
            return None
        # It did not happen. Doing it now is for a person to ask for.
        return Outcome(status=ToolExecution.Status.FAILED, summary=refused(failure).summary, error="did_not_happen")
    except (Exception, SystemExit) as error:
        logger.warning("reconcile of tool %s failed: %s", tool.name, type(error).__name__)
        return None
