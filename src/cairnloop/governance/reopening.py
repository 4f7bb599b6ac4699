"""Asking again what was rejected, put off, expired or failed: a new look, and a new approval."""

from __future__ import annotations

from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.core.actors import Actor
from cairnloop.core.errors import InvalidTransition
from cairnloop.core.events import publish
from cairnloop.core.guards import refuse_strangers
from cairnloop.core.transactions import command
from cairnloop.governance.asking import ask_again, subject_of
from cairnloop.governance.events import ToolProposalChanged
from cairnloop.governance.holding import NoSuchProposal, hold_proposal
from cairnloop.governance.models import ToolApproval
from cairnloop.governance.permissions import Permissions
from cairnloop.governance.proposing import ProposerRefused


class NotReopenable(InvalidTransition):
    """This cannot be asked again: it waits already, it ran, or the action does not allow it now. Propose it anew."""

    code = "not_reopenable"


@command
def reopen_tool(*, proposal_id: int, by: Actor) -> ToolApproval:
    """Ask again whether a proposal may run, as its tool and effect stand now, and return the new approval.

    Raises ProposerRefused, NoSuchProposal and NotReopenable.
    """
    refuse_strangers(by)
    proposal = hold_proposal(proposal_id)
    permissions = Permissions(by)
    if not permissions.sees_proposal(proposal):
        raise NoSuchProposal
    if not permissions.can("propose"):
        raise ProposerRefused
    if not proposal.is_open or proposal.executions.counting().exists():
        raise NotReopenable
    now = timezone.now()
    current = proposal.approvals.current().first()
    if current is not None:
        # It allowed a run, and that failed; one that still waits, or whose run is due, is not asked twice.
        if current.is_pending or not current.executions.exists():
            raise NotReopenable
        current.invalidate(cause=ToolApproval.Cause.RUN_FAILED, at=now)
    record("tool.reopened", by=by, subject=subject_of(proposal))
    approval = ask_again(proposal, at=now)
    if approval is None:
        raise NotReopenable
    publish(ToolProposalChanged(proposal.conversation_id, proposal.pk))
    return approval
