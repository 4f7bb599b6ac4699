"""A governed action as the workspace shows it: what it does, how it stands, and what may be decided about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cairnloop.conversations.models import Conversation
from cairnloop.governance.models import ToolApproval, ToolProposal
from cairnloop.governance.queries import ProposalState, Standing
from cairnloop.web.access import OperatorRequest
from cairnloop.web.conversation.composer import Notice
from cairnloop.web.conversation.decisions import Refused
from cairnloop.web.conversation.presenter import url_of
from cairnloop.web.conversation.proposal_changes import Change, changes_of, errors_of, inputs_of
from cairnloop.web.conversation.proposal_places import version_of_state
from cairnloop.web.conversation.proposal_values import Value, value_of
from cairnloop.web.conversation.timeline import Status
from cairnloop.web.inbox.place import place_of

FIRST_CHANGES = 40
"""How many changed fields a card shows at once; the others unfold."""
REOPENABLE = {Standing.REJECTED, Standing.DEFERRED, Standing.EXPIRED, Standing.INVALIDATED, Standing.FAILED}


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionUrls:
    """Where decisions about an action go, and what the answer takes the place of, and how."""

    approval: str
    rejection: str
    deferral: str
    reopening: str
    settlement: str
    target: str
    swap: str = "outerHTML"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposalCard:
    """One governed action."""

    template: ClassVar[str] = "cairnloop/conversation/_proposal_entry.html"
    id: int
    title: str
    standing: str
    status: Status
    risk: Status
    says: str
    """What became of it, or what comes next."""
    consequence: str
    changes: tuple[Change, ...]
    more_changes: tuple[Change, ...]
    inputs: tuple[tuple[str, Value], ...]
    errors: tuple[tuple[str, str], ...]
    """What is wrong with the input, field by field."""
    policy: str
    history: tuple[tuple[str, datetime], ...]
    tool: str
    version: str
    proposer: str
    proposed_at: datetime
    approval_id: int
    digest: str
    """Of what the operator sees: an approval binds it."""
    expires_at: datetime | None
    first_approver: str
    execution_id: int
    may_approve: bool
    may_decide: bool
    may_reopen: bool
    may_settle: bool
    urls: DecisionUrls
    mark: str
    """Which action this is, and a token that changes with what the card says of it."""
    notice: Notice | None = None
    reason: str = ""
    """What was given in vain."""
    takes_focus: bool = False


def proposal_cards(
    request: OperatorRequest,
    conversation: Conversation,
    states: Iterable[ProposalState],
    *,
    refused: Refused | None = None,
    newest: int | None = None,
) -> tuple[ProposalCard, ...]:
    """Return actions of a conversation as its timeline shows them. No query.

    The one a `refused` decision is about says why, and the `newest`, which was just proposed, takes the focus.
    """
    acts = request.actor is not None
    may_decide = acts and request.access.can_with_tools("decide")
    may_propose = acts and request.access.can_with_tools("propose")
    urls = _urls(request, conversation)
    return tuple(
        card_of(
            request,
            state,
            urls=urls,
            may_decide=may_decide,
            may_propose=may_propose,
            refused=refused if refused and refused.about == state.proposal.pk else None,
            takes_focus=state.proposal.pk == newest,
        )
        for state in states
    )


def _urls(request: OperatorRequest, conversation: Conversation) -> DecisionUrls:
    place = place_of(request)
    return DecisionUrls(
        approval=url_of("conversation-proposal-approval", conversation, place=place),
        rejection=url_of("conversation-proposal-rejection", conversation, place=place),
        deferral=url_of("conversation-proposal-deferral", conversation, place=place),
        reopening=url_of("conversation-proposal-reopening", conversation, place=place),
        settlement=url_of("conversation-proposal-settlement", conversation, place=place),
        # Not the card itself: news may exchange it before the answer is there.
        target="#proposals",
        swap="innerHTML",
    )


def card_of(
    request: OperatorRequest,
    state: ProposalState,
    *,
    urls: DecisionUrls,
    may_decide: bool,
    may_propose: bool,
    refused: Refused | None = None,
    takes_focus: bool = False,
) -> ProposalCard:
    """Return one action as it is shown, with what this operator may decide about it; a refused decision says why."""
    proposal, approval, execution = state.proposal, state.approval, state.execution
    changes = tuple(changes_of(proposal))
    waits = state.standing == Standing.PENDING and approval is not None and approval.expires_at > timezone.now()
    is_bound = waits and state.is_bound
    return ProposalCard(
        id=proposal.pk,
        title=proposal.title,
        standing=state.standing,
        status=_status(state.standing),
        risk=_risk(proposal),
        says=_says(state) if is_bound or not waits else _("It was asked anew just now. Look again before you approve."),
        consequence=_consequence(proposal),
        changes=changes[:FIRST_CHANGES],
        more_changes=changes[FIRST_CHANGES:],
        inputs=tuple((name, value_of(words)) for name, words in inputs_of(proposal)),
        errors=tuple(errors_of(proposal)),
        policy=_policy(proposal),
        history=tuple(_history(proposal)),
        tool=proposal.tool,
        version=proposal.tool_version,
        proposer=proposal.proposer_name or proposal.proposer_kind,
        proposed_at=proposal.proposed_at,
        approval_id=approval.pk if approval else 0,
        digest=approval.digest if approval and is_bound else "",
        expires_at=approval.expires_at if approval and waits else None,
        first_approver=approval.first_approver_name if approval and waits else "",
        execution_id=execution.pk if execution else 0,
        may_approve=is_bound and may_decide and not _needs_another(request, proposal, approval),
        may_decide=waits and may_decide,
        may_reopen=state.standing in REOPENABLE and may_propose,
        may_settle=state.standing == Standing.UNKNOWN and may_decide,
        urls=urls,
        mark=f"{proposal.pk}.{version_of_state(state)}",
        notice=refused.notice if refused else None,
        reason=refused.reason if refused else "",
        takes_focus=takes_focus,
    )


def _consequence(proposal: ToolProposal) -> str:
    if proposal.effect is None or proposal.effect.get("rows"):
        return proposal.consequence
    return f"{proposal.consequence} {_('Nothing in the database would change.')}".strip()


def _needs_another(request: OperatorRequest, proposal: ToolProposal, approval: ToolApproval | None) -> bool:
    """True for the one of two who has approved already, or who proposed and would be the second."""
    if not proposal.needs_two_people or approval is None or not approval.first_approver_ref or request.actor is None:
        return False
    proposed = (proposal.proposer_kind, proposal.proposer_ref) == (request.actor.kind, request.actor.ref)
    return proposed or request.actor.ref == approval.first_approver_ref


def _status(standing: Standing) -> Status:
    icon, tone, label = STATUSES[standing]
    return Status(icon=icon, tone=tone, label=str(label))


def _risk(proposal: ToolProposal) -> Status:
    icon, tone = RISKS[proposal.risk]
    return Status(icon=icon, tone=tone, label=proposal.get_risk_display())


def _says(state: ProposalState) -> str:
    approval, execution = state.approval, state.execution
    if not state.proposal.is_open:
        return state.proposal.reason
    if execution is not None and execution.summary and state.standing in RAN:
        return f"{execution.summary} {NEXT.get(state.standing, '')}".strip()
    if approval is not None and state.standing == Standing.INVALIDATED:
        return f"{approval.get_cause_display()}. {NEXT[state.standing]}"
    if approval is not None and approval.reason and state.standing in {Standing.REJECTED, Standing.DEFERRED}:
        words = {"who": approval.decided_by_name, "reason": approval.reason}
        return _("%(who)s: “%(reason)s”. Nothing ran.") % words
    return str(NEXT.get(state.standing, ""))


def _policy(proposal: ToolProposal) -> str:
    if proposal.needs_two_people:
        return _("Two people must approve it, and the second is neither who proposed it nor the first.")
    return str(POLICIES[proposal.mode])


def _history(proposal: ToolProposal) -> Iterator[tuple[str, datetime]]:
    # Both are fetched with the proposal, by their keys.
    yield _("Proposed"), proposal.proposed_at
    for approval in proposal.approvals.all():
        yield _("Approval asked for"), approval.opened_at
        if approval.first_approved_at:
            yield _("First approved by %(who)s") % {"who": approval.first_approver_name}, approval.first_approved_at
        if approval.decided_at:
            decided = approval.Status.APPROVED if approval.decision_digest else approval.status
            words = {"what": ToolApproval.Status(decided).label, "who": approval.decided_by_name}
            yield _("%(what)s by %(who)s") % words, approval.decided_at
        if approval.ended_at:
            yield approval.get_status_display(), approval.ended_at
    for execution in proposal.executions.all():
        if execution.begun_at:
            yield _("Run began"), execution.begun_at
        if execution.finished_at:
            yield execution.get_status_display(), execution.finished_at


RAN = {Standing.SUCCEEDED, Standing.FAILED, Standing.UNKNOWN}
STATUSES: dict[Standing, tuple[str, str, Promise]] = {
    Standing.NEEDS_INPUT: ("circle-alert", "warning", gettext_lazy("Needs input")),
    Standing.SCOPE_MISSING: ("lock", "danger", gettext_lazy("Permission missing")),
    Standing.DENIED: ("ban", "danger", gettext_lazy("Denied")),
    Standing.BLOCKED: ("ban", "danger", gettext_lazy("Blocked by policy")),
    Standing.PENDING: ("hourglass", "warning", gettext_lazy("Waits for approval")),
    Standing.DUE: ("clock", "info", gettext_lazy("About to run")),
    Standing.RUNNING: ("activity", "info", gettext_lazy("Running")),
    Standing.SUCCEEDED: ("circle-check", "success", gettext_lazy("Done")),
    Standing.FAILED: ("circle-x", "danger", gettext_lazy("Failed")),
    Standing.UNKNOWN: ("circle-help", "warning", gettext_lazy("Outcome unknown")),
    Standing.REJECTED: ("x", "", gettext_lazy("Rejected")),
    Standing.DEFERRED: ("circle-pause", "", gettext_lazy("Deferred")),
    Standing.EXPIRED: ("timer", "", gettext_lazy("Expired")),
    Standing.INVALIDATED: ("triangle-alert", "warning", gettext_lazy("Invalidated")),
}
RISKS = {
    "read_only": ("search", "info"),
    "low_write": ("shield-check", "info"),
    "high_write": ("shield-alert", "danger"),
    "destructive": ("triangle-alert", "danger"),
}
POLICIES: dict[str, Promise] = {
    "auto": gettext_lazy("It may run without a person. Permissions are asked again when it runs."),
    "requires_approval": gettext_lazy("An operator must approve it. Permissions are asked again when it runs."),
    "always_block": gettext_lazy("It is always blocked."),
}
NEXT: dict[Standing, Promise] = {
    Standing.PENDING: gettext_lazy("Runs once, only after approval."),
    Standing.DUE: gettext_lazy("It runs as soon as a worker is free."),
    Standing.RUNNING: gettext_lazy("It began, and has not ended yet."),
    Standing.FAILED: gettext_lazy("It did not happen, and can be asked again."),
    Standing.UNKNOWN: gettext_lazy(
        "It was not tried again, so nothing can run twice. Find out what happened, then record it."
    ),
    Standing.EXPIRED: gettext_lazy("Nobody decided in time. It did not run."),
    Standing.INVALIDATED: gettext_lazy("It did not run."),
}
