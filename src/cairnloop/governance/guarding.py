"""Whether what was proposed and approved may still run: every question asked anew, at the moment it runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from cairnloop.core.actors import Actor
from cairnloop.governance.binding import binding_of, decision_of, seal_of
from cairnloop.governance.contexts import context_of
from cairnloop.governance.models import ToolApproval, ToolProposal
from cairnloop.governance.permissions import Permissions
from cairnloop.governance.registry import find_tool, mode_of, policy_version_of
from cairnloop.governance.snapshots import target_version_of
from cairnloop.governance.validating import NotForeseeable, checked_input, denial_of
from cairnloop.hooks.tool import Tool, ToolContext

Cause = ToolApproval.Cause
ASK_AGAIN = frozenset({Cause.TOOL_CHANGED, Cause.POLICY_CHANGED, Cause.TARGET_CHANGED, Cause.EFFECT_CHANGED})
"""What an operator may look at anew. Where a permission is gone, or a record was changed, nobody is asked."""


class Overdue(Exception):
    """The time in which an approval may be used is over."""


class Stopped(Exception):
    """Something that was approved is not so any more."""

    def __init__(self, cause: ToolApproval.Cause) -> None:
        super().__init__(cause.value)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Runnable:
    """A tool that may run now, with what it is given."""

    tool: Tool
    model: BaseModel
    context: ToolContext


def refuse_changed(proposal: ToolProposal, approval: ToolApproval | None, *, at: datetime) -> Runnable:
    """Return what may run. Raises Overdue, and Stopped with its cause. The caller holds the proposal.

    Without an approval it runs by itself.
    """
    if approval is not None:
        _refuse_unapproved(proposal, approval, at=at)
    if not proposal.is_open or proposal.digest != seal_of(proposal):
        raise Stopped(Cause.RECORD_CHANGED)
    tool = find_tool(proposal.tool)
    if tool is None or tool.version != proposal.tool_version:
        raise Stopped(Cause.TOOL_CHANGED)
    mode = mode_of(tool, proposal.proposer)
    if policy_version_of(tool, mode) != proposal.policy_version or mode != proposal.mode:
        raise Stopped(Cause.POLICY_CHANGED)
    given = checked_input(tool, proposal.input)
    if given.model is None or given.canonical != proposal.input:
        raise Stopped(Cause.TOOL_CHANGED)
    _refuse_unpermitted(proposal, tool)
    context = context_of(proposal)
    if denial_of(tool, given.model, context=context):
        raise Stopped(Cause.DENIED)
    try:
        version = target_version_of(tool, given.model, context=context)
    except NotForeseeable:
        raise Stopped(Cause.TARGET_CHANGED) from None
    if version != proposal.target_version:
        raise Stopped(Cause.TARGET_CHANGED)
    return Runnable(tool, given.model, context)


def _refuse_unapproved(proposal: ToolProposal, approval: ToolApproval, *, at: datetime) -> None:
    if binding_of(proposal, approval) != approval.digest or approval.decided_at is None:
        raise Stopped(Cause.RECORD_CHANGED)
    decider = approval.decided_by_kind, approval.decided_by_ref, approval.decided_by_name
    decision = decision_of(approval, decider=decider, at=approval.decided_at)
    if decision != approval.decision_digest or (proposal.needs_two_people and not approval.first_approver_ref):
        raise Stopped(Cause.RECORD_CHANGED)
    if approval.expires_at <= at:
        raise Overdue
    for ref in {approval.decided_by_ref, approval.first_approver_ref} - {""}:
        permissions = Permissions(Actor.operator(ref))
        if not permissions.can("decide") or not permissions.sees_proposal(proposal):
            raise Stopped(Cause.PERMISSION_LOST)


def _refuse_unpermitted(proposal: ToolProposal, tool: Tool) -> None:
    permissions = Permissions(proposal.proposer)
    may = permissions.can("propose") and permissions.sees_proposal(proposal)
    if not may or not all(map(permissions.holds, tool.scopes)):
        raise Stopped(Cause.PERMISSION_LOST)
