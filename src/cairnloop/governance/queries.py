"""How proposals stand, for whoever shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Max, Prefetch

from cairnloop.governance.binding import binding_of
from cairnloop.governance.models import ToolApproval, ToolExecution, ToolProposal


class Standing(StrEnum):
    """How a proposal stands: one word out of its three lifecycles."""

    NEEDS_INPUT = "needs_input"
    SCOPE_MISSING = "scope_missing"
    DENIED = "denied"
    BLOCKED = "blocked"
    PENDING = "pending"
    DUE = "due"
    """It may run, and its job waits."""
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"


@dataclass(frozen=True, slots=True)
class ProposalState:
    """A proposal with its latest approval and execution, and how it stands."""

    proposal: ToolProposal
    approval: ToolApproval | None
    execution: ToolExecution | None
    standing: Standing

    @property
    def is_bound(self) -> bool:
        """True where the approval is about the proposal as it was read here.

        The two are read one after the other, and it may have been asked anew in between: only what is bound may be
        shown as what one approves.
        """
        return self.approval is not None and binding_of(self.proposal, self.approval) == self.approval.digest


def state_of(proposal: ToolProposal) -> ProposalState:
    """Return how a proposal stands; of one that was fetched with `with_states` without a query."""
    approval = max(proposal.approvals.all(), key=lambda each: each.pk, default=None)
    execution = max(proposal.executions.all(), key=lambda each: each.pk, default=None)
    return ProposalState(proposal, approval, execution, _standing(proposal, approval, execution))


def with_states() -> tuple[Prefetch[str], Prefetch[str]]:
    """Return what `prefetch_related` needs so that `state_of` asks nothing."""
    return (
        Prefetch("approvals", ToolApproval.objects.order_by("pk")),
        Prefetch("executions", ToolExecution.objects.order_by("pk")),
    )


def proposal_versions(conversation_ids: Iterable[int]) -> Mapping[int, str]:
    """Return for each conversation with proposals a token that changes whenever one of them stands otherwise."""
    rows = (
        ToolProposal.objects.filter(conversation_id__in=list(conversation_ids))
        .values("conversation_id")
        .annotate(
            proposal=Max("pk"),
            approval=Max("approvals__pk"),
            first=Max("approvals__first_approved_at"),
            decided=Max("approvals__decided_at"),
            ended=Max("approvals__ended_at"),
            execution=Max("executions__pk"),
            begun=Max("executions__begun_at"),
            finished=Max("executions__finished_at"),
            asked=Max("executions__asked_at"),
            status=Max("executions__status"),
        )
    )
    return {row["conversation_id"]: "-".join(str(value or "") for value in row.values()) for row in rows}


def _standing(proposal: ToolProposal, approval: ToolApproval | None, execution: ToolExecution | None) -> Standing:
    if not proposal.is_open:
        return Standing(proposal.status)
    # A later approval was asked for after the run before it had failed.
    is_rerun = execution is not None and approval is not None and approval.opened_at > execution.claimed_at
    if execution is not None and not (is_rerun and execution.status == ToolExecution.Status.FAILED):
        if execution.status == ToolExecution.Status.CLAIMED:
            return Standing.DUE
        return Standing(execution.status)
    if approval is None or approval.status == ToolApproval.Status.APPROVED:
        return Standing.DUE
    return Standing(approval.status)
