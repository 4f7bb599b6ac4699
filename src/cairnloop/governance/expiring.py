"""Approvals whose time is over, found by the clock."""

from __future__ import annotations

from datetime import datetime

from cairnloop.audit.recording import record
from cairnloop.core.events import publish
from cairnloop.core.transactions import command
from cairnloop.governance.asking import GOVERNANCE, subject_of
from cairnloop.governance.events import ToolProposalChanged
from cairnloop.governance.holding import hold_approval
from cairnloop.governance.models import ToolApproval

AT_ONCE = 200


def expire_approvals(*, now: datetime) -> int:
    """Let every approval expire whose time is over, and return how many did; each in a transaction of its own."""
    overdue = ToolApproval.objects.overdue(now).order_by("expires_at", "pk").values_list("pk", flat=True)
    return sum(_expire(approval_id=pk, now=now) for pk in list(overdue[:AT_ONCE]))


@command
def _expire(*, approval_id: int, now: datetime) -> bool:
    proposal, approval = hold_approval(approval_id)
    has_run = approval.executions.exists()
    if approval.status not in ("pending", "approved") or approval.expires_at > now or has_run:
        return False
    approval.expire(at=now)
    record("tool.expired", by=GOVERNANCE, subject=subject_of(proposal), evidence={"approval_id": approval.pk})
    publish(ToolProposalChanged(proposal.conversation_id, proposal.pk))
    return True
