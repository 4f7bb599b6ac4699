"""An operator says what became of a run that nobody saw end."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from cairnloop.audit.recording import record
from cairnloop.core import telemetry
from cairnloop.core.actors import Actor
from cairnloop.core.errors import InvalidTransition
from cairnloop.core.events import publish
from cairnloop.core.guards import refuse_strangers
from cairnloop.core.transactions import command
from cairnloop.governance.approving import checked_reason, refuse_undecided
from cairnloop.governance.asking import subject_of
from cairnloop.governance.events import ToolProposalChanged
from cairnloop.governance.holding import hold_execution
from cairnloop.governance.models import ToolExecution


class NotUnknown(InvalidTransition):
    """What became of this is known. Nothing was changed; look again."""

    code = "not_unknown"


@command
def settle_tool(*, execution_id: int, happened: bool, reason: str, by: Actor) -> ToolExecution:
    """Record that a run of unknown end happened, or did not, and how the operator knows. Nothing runs.

    What did not happen may be asked again. Raises DeciderNeeded, DeciderRefused, NoSuchProposal, ReasonNeeded and
    NotUnknown.
    """
    refuse_strangers(by)
    proposal, execution = hold_execution(execution_id)
    refuse_undecided(proposal, by)
    reason = checked_reason(reason)
    if not execution.is_unknown:
        raise NotUnknown
    settled = {"settled_by_ref": by.ref, "settled_by_name": by.name, "settled_reason": reason}
    now = timezone.now()
    if happened:
        execution.succeed(at=now, summary=_("It happened, as an operator found out."), details={}, **settled)
    else:
        summary = _("It did not happen, as an operator found out.")
        execution.fail(at=now, error="did_not_happen", summary=summary, **settled)
    evidence = {"execution_id": execution.pk, "happened": happened}
    record("tool.settled", by=by, subject=subject_of(proposal), reason=reason, evidence=evidence)
    publish(ToolProposalChanged(proposal.conversation_id, proposal.pk))
    telemetry.count("tool.decided", decision="settled")
    return execution
