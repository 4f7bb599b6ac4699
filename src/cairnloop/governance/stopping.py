"""The switch that keeps everything from being sent without a person."""

from __future__ import annotations

from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.core.actors import Actor
from cairnloop.core.guards import refuse_outsiders
from cairnloop.core.transactions import command
from cairnloop.governance.models import AutomationSwitch, ToolProposal

SUBJECT = "automation:replies"


@command
def stop_automation(*, by: Actor, reason: str = "") -> AutomationSwitch:
    """Let nothing be sent without a person from now on; once this has committed, nothing is.

    It waits for the automatic reply that is being sent at this moment. What the policy allows meanwhile waits for an
    operator. Stopping again changes nothing. Raises OperatorNeeded.
    """
    return _turn(by=by, reason=reason, is_stopped=True)


@command
def resume_automation(*, by: Actor, reason: str = "") -> AutomationSwitch:
    """Let the policy send again. What waited meanwhile goes on waiting. Raises OperatorNeeded."""
    return _turn(by=by, reason=reason, is_stopped=False)


def must_wait(proposal: ToolProposal, *, to_the_end: bool) -> bool:
    """Return whether what would write by itself waits for a person now, because automation is stopped.

    With `to_the_end` whoever stops it waits for the caller's transaction, and afterwards nothing begins.
    """
    if proposal.risk == ToolProposal.Risk.READ_ONLY:
        return False
    switch = AutomationSwitch.objects.hold() if to_the_end else AutomationSwitch.objects.current()
    return switch.is_stopped


def _turn(*, by: Actor, reason: str, is_stopped: bool) -> AutomationSwitch:
    refuse_outsiders(by)
    switch = AutomationSwitch.objects.hold()
    if switch.is_stopped == is_stopped:
        return switch
    switch.turn(is_stopped=is_stopped, by=by, at=timezone.now())
    record("automation.stopped" if is_stopped else "automation.resumed", by=by, subject=SUBJECT, reason=reason)
    return switch
