"""What may be decided about a governed action, wherever its card stands: in its conversation, or in the queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cairnloop.core.errors import InvalidInput, InvalidTransition, NotAllowed, NotFound, StaleView
from cairnloop.core.guards import LARGEST_ID
from cairnloop.governance.approving import approve_tool, defer_tool, reject_tool
from cairnloop.governance.holding import NoSuchProposal
from cairnloop.governance.models import ToolProposal
from cairnloop.governance.queries import ProposalState, state_of, with_states
from cairnloop.governance.reopening import reopen_tool
from cairnloop.governance.settling import settle_tool
from cairnloop.hooks.operator_access import ToolVerb
from cairnloop.web.access import ActingRequest
from cairnloop.web.conversation.composer import Notice


class DecisionForm(forms.Form):
    """What is decided about: the action, its approval and run as they were shown. Reasons are checked by the verbs."""

    proposal_id = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
    approval_id = forms.IntegerField(min_value=0, max_value=LARGEST_ID, required=False)
    execution_id = forms.IntegerField(min_value=0, max_value=LARGEST_ID, required=False)
    seen_digest = forms.CharField(max_length=64, required=False)
    happened = forms.ChoiceField(choices=[("yes", ""), ("no", "")], required=False)


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided in words, and about which action."""

    words: str
    about: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was decided, on which action's card to say so, and what was written in vain."""

    notice: Notice
    about: int | None
    reason: str
    status: int


Decide = Callable[[ActingRequest, dict[str, Any], str], str]


def approve(request: ActingRequest, given: dict[str, Any], reason: str) -> str:
    """Let an action run, as it was seen."""
    approval = approve_tool(approval_id=given["approval_id"], by=request.actor, seen_digest=given["seen_digest"])
    return _("Approved once. A second person must approve it too.") if approval.is_pending else _("Approved.")


def reject(request: ActingRequest, given: dict[str, Any], reason: str) -> str:
    """Refuse an action, with a reason."""
    reject_tool(approval_id=given["approval_id"], by=request.actor, reason=reason)
    return _("Rejected. Nothing ran.")


def defer(request: ActingRequest, given: dict[str, Any], reason: str) -> str:
    """Put an action off, with a reason."""
    defer_tool(approval_id=given["approval_id"], by=request.actor, reason=reason)
    return _("Deferred. Nothing ran.")


def reopen(request: ActingRequest, given: dict[str, Any], reason: str) -> str:
    """Ask again whether an action may run."""
    reopen_tool(proposal_id=given["proposal_id"], by=request.actor)
    return _("Asked again.")


def settle(request: ActingRequest, given: dict[str, Any], reason: str) -> str:
    """Record what became of a run that nobody saw end."""
    if not given["happened"]:
        raise InvalidInput(_("Say whether it happened. Nothing was recorded."))
    happened = given["happened"] == "yes"
    settle_tool(execution_id=given["execution_id"], happened=happened, reason=reason, by=request.actor)
    return _("Recorded.")


def decided(
    request: ActingRequest, proposals: QuerySet[ToolProposal], decide: Decide, *, to: ToolVerb
) -> Decided | Refused:
    """Decide as the form says, about one of `proposals`; return what was done in words, or why it was not.

    Raises NotAllowed for who may not do `to` with actions.
    """
    if not request.access.can_with_tools(to):
        raise NotAllowed
    form, reason = DecisionForm(request.POST), request.POST.get("reason", "")
    about = form.cleaned_data.get("proposal_id") if form.is_valid() else None
    try:
        if about is None or None in (form.cleaned_data["approval_id"], form.cleaned_data["execution_id"]):
            raise InvalidInput(_("The form was incomplete. Look at the action again, then decide."))
        _refuse_other(proposals, form.cleaned_data)
        return Decided(decide(request, form.cleaned_data, reason), about)
    except InvalidInput as error:
        return Refused(Notice(_("Not done."), error.message), about, reason, 422)
    except NotAllowed as error:
        return Refused(Notice(_("Not done."), error.message), about, reason, 403)
    except (StaleView, InvalidTransition) as error:
        return Refused(Notice(_("Not done."), error.message), about, reason, 409)
    except NotFound as error:
        return Refused(Notice(_("Not done."), error.message), None, "", 404)


def _refuse_other(proposals: QuerySet[ToolProposal], given: dict[str, Any]) -> None:
    """Raise NoSuchProposal for what is not among these: who may see one may not see another."""
    proposal = proposals.filter(pk=given["proposal_id"]).prefetch_related(*with_states()).first()
    if proposal is None or not _belongs(state_of(proposal), given):
        raise NoSuchProposal


def _belongs(state: ProposalState, given: dict[str, Any]) -> bool:
    approvals = {each.pk for each in state.proposal.approvals.all()}
    executions = {each.pk for each in state.proposal.executions.all()}
    approval_id, execution_id = given["approval_id"], given["execution_id"]
    return (not approval_id or approval_id in approvals) and (not execution_id or execution_id in executions)
