"""Asking an operator whether a proposal may run: a new approval each time, for as long as the host set."""

from __future__ import annotations

from datetime import datetime, timedelta

from cairnloop.audit.recording import record
from cairnloop.conf import get_settings
from cairnloop.core.actors import Actor
from cairnloop.governance.binding import binding_of, seal_of
from cairnloop.governance.contexts import context_of
from cairnloop.governance.models import ToolApproval, ToolProposal
from cairnloop.governance.permissions import Permissions
from cairnloop.governance.registry import find_tool, mode_of
from cairnloop.governance.run_keys import run_key_of
from cairnloop.governance.snapshots import snapshot_of
from cairnloop.governance.validating import NotForeseeable, rule_on

GOVERNANCE = Actor.system("governance")
"""Who asks, runs and expires by the clock."""


def subject_of(proposal: ToolProposal) -> str:
    """Return the stream of the audit trail that a proposal's entries belong to."""
    return f"tool_proposal:{proposal.pk}"


def seal(proposal: ToolProposal) -> None:
    """Bind a proposal to what is recorded of it now. The caller has just written it."""
    # To what the database gives back: what is compared later was read from there too.
    proposal.refresh_from_db()
    proposal.seal(seal_of(proposal))


def ask(proposal: ToolProposal, *, at: datetime) -> ToolApproval:
    """Open an approval that waits for an operator. The caller holds the proposal: sealed, with none that counts."""
    approval = ToolApproval.objects.create(
        proposal=proposal, opened_at=at, expires_at=at + timedelta(hours=get_settings().tool_approval_hours)
    )
    approval.refresh_from_db()
    approval.bind(binding_of(proposal, approval))
    record(
        "tool.approval_asked",
        by=GOVERNANCE,
        subject=subject_of(proposal),
        evidence={"approval_id": approval.pk, "digest": approval.digest},
    )
    return approval


def ask_again(proposal: ToolProposal, *, at: datetime) -> ToolApproval | None:
    """Take a new look at what a proposal would do, and open another approval; None where a gate is shut now, or it was
    altered past us: nobody is asked for what nobody proposed.

    The caller holds the proposal. What an earlier approval was bound to stays in that approval's digest.
    """
    tool = find_tool(proposal.tool)
    if tool is None or proposal.digest != seal_of(proposal):
        return None
    context, mode = context_of(proposal), mode_of(tool, proposal.proposer)
    permissions = Permissions(proposal.proposer)
    if not permissions.can("propose") or not permissions.sees_proposal(proposal):
        return None
    ruling = rule_on(tool, proposal.input, context=context, holds=permissions.holds, mode=mode)
    if ruling.status != ToolProposal.Status.OPEN or ruling.input.model is None:
        return None
    try:
        snapshot = snapshot_of(
            tool, ruling.input.model, context=context, mode=mode, run_key=run_key_of(proposal.repeat_key)
        )
    except NotForeseeable:
        return None
    proposal.look_anew(
        tool_version=tool.version,
        title=tool.title,
        risk=tool.risk.value,
        mode=mode.value,
        is_transactional=tool.transactional,
        needs_two_people=tool.needs_two_people,
        scopes=sorted(tool.scopes),
        input=ruling.input.canonical,
        consequence=snapshot.consequence,
        target_version=snapshot.target_version,
        effect=snapshot.effect,
        effect_digest=snapshot.effect_digest,
        policy_version=snapshot.policy_version,
    )
    seal(proposal)
    return ask(proposal, at=at)
