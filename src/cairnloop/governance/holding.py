"""Taking hold of one proposal for writing: whoever decides, runs or settles it takes turns."""

from __future__ import annotations

from cairnloop.core.errors import NotFound
from cairnloop.core.guards import checked_id
from cairnloop.governance.models import ToolApproval, ToolExecution, ToolProposal


class NoSuchProposal(NotFound):
    """There is no such proposed action here. It may have been removed, or it is not yours to see."""

    code = "no_such_proposal"


def hold_proposal(proposal_id: int) -> ToolProposal:
    """Lock one proposal until the transaction ends and return it. Raises NoSuchProposal."""
    try:
        pk = checked_id(proposal_id, name="proposal_id")
        return ToolProposal.objects.select_for_update().get(pk=pk)
    except (ToolProposal.DoesNotExist, NotFound):
        raise NoSuchProposal from None


def hold_approval(approval_id: int) -> tuple[ToolProposal, ToolApproval]:
    """Lock the proposal of an approval and return both. Raises NoSuchProposal."""
    try:
        found = ToolApproval.objects.get(pk=checked_id(approval_id, name="approval_id"))
    except (ToolApproval.DoesNotExist, NotFound):
        raise NoSuchProposal from None
    proposal = hold_proposal(found.proposal_id)
    found.refresh_from_db()
    return proposal, found


def hold_execution(execution_id: int) -> tuple[ToolProposal, ToolExecution]:
    """Lock the proposal of an execution and return both. Raises NoSuchProposal."""
    try:
        found = ToolExecution.objects.get(pk=checked_id(execution_id, name="execution_id"))
    except (ToolExecution.DoesNotExist, NotFound):
        raise NoSuchProposal from None
    proposal = hold_proposal(found.proposal_id)
    found.refresh_from_db()
    return proposal, found
