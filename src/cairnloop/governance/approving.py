"""An operator decides whether a proposal may run: yes, no, or not now."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from cairnloop.audit.bounding import EvidenceValue
from cairnloop.audit.recording import record
from cairnloop.core import telemetry
from cairnloop.core.actors import Actor, ActorKind
from cairnloop.core.errors import InvalidInput, InvalidTransition, NotAllowed, StaleView
from cairnloop.core.events import publish
from cairnloop.core.guards import OperatorNeeded, refuse_strangers
from cairnloop.core.texts import is_visible, refuse_unstorable
from cairnloop.core.transactions import command
from cairnloop.governance.asking import subject_of
from cairnloop.governance.binding import binding_of, decision_of
from cairnloop.governance.events import ToolProposalChanged, ToolRunDue
from cairnloop.governance.holding import NoSuchProposal, hold_approval
from cairnloop.governance.models import ToolApproval, ToolProposal
from cairnloop.governance.permissions import Permissions

REASON_CHARS = 500


class DeciderNeeded(OperatorNeeded):
    """Only an operator decides on an action, in their own name. Nothing was decided."""

    code = "decider_needed"


class DeciderRefused(NotAllowed):
    """You may not decide on actions here. Nothing was decided."""

    code = "decider_refused"


class ApprovalNotPending(InvalidTransition):
    """This does not wait any more: it was decided, or its time is over. Nothing was decided; look again."""

    code = "approval_not_pending"


class OtherProposalSeen(StaleView):
    """This is not what you saw: it was asked anew, or changed. Nothing was decided; look again."""

    code = "other_proposal_seen"


class SecondPersonNeeded(NotAllowed):
    """Two people must approve this, and the second is neither who proposed it nor the first. Ask a colleague."""

    code = "second_person_needed"


class ReasonNeeded(InvalidInput):
    """A reason is needed, of 500 characters at most. Nothing was decided."""

    code = "reason_needed"


@command
def approve_tool(*, approval_id: int, by: Actor, seen_digest: str) -> ToolApproval:
    """Let a proposal run, as it was seen: its run is a job of the same transaction.

    `seen_digest` is the approval's digest, as it was shown. Where two people must approve, the first leaves it
    pending. Raises DeciderNeeded, DeciderRefused, NoSuchProposal, ApprovalNotPending, OtherProposalSeen and
    SecondPersonNeeded.
    """
    proposal, approval = _decidable(approval_id, by=by)
    if seen_digest != approval.digest or binding_of(proposal, approval) != approval.digest:
        raise OtherProposalSeen
    now = timezone.now()
    evidence: dict[str, EvidenceValue] = {"approval_id": approval.pk, "digest": approval.digest}
    if proposal.needs_two_people:
        if not approval.first_approver_ref:
            approval.keep_first(by=by, at=now)
            approval.bind(binding_of(proposal, approval))
            record("tool.approved_first", by=by, subject=subject_of(proposal), evidence=evidence)
            publish(ToolProposalChanged(proposal.conversation_id, proposal.pk))
            return approval
        person = Permissions(by)
        if person.is_also(approval.first_approver) or person.is_also(proposal.proposer):
            raise SecondPersonNeeded
    approval.approve(by=by, at=now, decision_digest=decision_of(approval, decider=(by.kind, by.ref, by.name), at=now))
    record("tool.approved", by=by, subject=subject_of(proposal), evidence=evidence)
    publish(ToolRunDue(proposal.pk))
    publish(ToolProposalChanged(proposal.conversation_id, proposal.pk))
    telemetry.count("tool.decided", decision="approved")
    return approval


@command
def reject_tool(*, approval_id: int, by: Actor, reason: str) -> ToolApproval:
    """Let a proposal not run, with a reason. Raises ReasonNeeded, and what `approve_tool` raises."""
    proposal, approval = _decidable(approval_id, by=by)
    approval.reject(by=by, at=timezone.now(), reason=checked_reason(reason))
    return _refused("tool.rejected", proposal, approval, by=by)


@command
def defer_tool(*, approval_id: int, by: Actor, reason: str) -> ToolApproval:
    """Put a proposal off until it is asked again, with a reason. Raises as `reject_tool`."""
    proposal, approval = _decidable(approval_id, by=by)
    approval.put_off(by=by, at=timezone.now(), reason=checked_reason(reason))
    return _refused("tool.deferred", proposal, approval, by=by)


def checked_reason(reason: str) -> str:
    """Return a reason without surrounding blank space. Raises ReasonNeeded for one that says nothing."""
    refuse_unstorable(reason)
    reason = reason.strip()
    if not any(map(is_visible, reason)) or len(reason) > REASON_CHARS:
        raise ReasonNeeded
    return reason


def refuse_undecided(proposal: ToolProposal, by: Actor) -> None:
    """Raise unless an operator may decide on this proposal: DeciderNeeded, DeciderRefused or NoSuchProposal."""
    refuse_strangers(by)
    if by.kind is not ActorKind.OPERATOR:
        raise DeciderNeeded
    permissions = Permissions(by)
    if not permissions.sees_proposal(proposal):
        raise NoSuchProposal
    if not permissions.can("decide"):
        raise DeciderRefused


def _decidable(approval_id: int, *, by: Actor) -> tuple[ToolProposal, ToolApproval]:
    refuse_strangers(by)
    proposal, approval = hold_approval(approval_id)
    refuse_undecided(proposal, by)
    if not approval.is_pending:
        raise ApprovalNotPending
    if approval.expires_at <= timezone.now():
        raise ApprovalNotPending(_("The time to approve this is over. Ask again; nothing was decided."))
    return proposal, approval


def _refused(action: str, proposal: ToolProposal, approval: ToolApproval, *, by: Actor) -> ToolApproval:
    evidence: dict[str, EvidenceValue] = {"approval_id": approval.pk}
    record(action, by=by, subject=subject_of(proposal), reason=approval.reason, evidence=evidence)
    publish(ToolProposalChanged(proposal.conversation_id, proposal.pk))
    telemetry.count("tool.decided", decision=approval.status)
    return approval
