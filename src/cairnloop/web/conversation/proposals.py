"""The governed actions of a conversation: approved, rejected, deferred, asked again, and settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cairnloop.conversations.models import Conversation
from cairnloop.core.errors import InvalidInput, InvalidTransition, NotAllowed, NotFound, StaleView
from cairnloop.core.guards import LARGEST_ID
from cairnloop.governance.approving import approve_tool, defer_tool, reject_tool
from cairnloop.governance.holding import NoSuchProposal
from cairnloop.governance.models import ToolProposal
from cairnloop.governance.queries import ProposalState, state_of, with_states
from cairnloop.governance.reopening import reopen_tool
from cairnloop.governance.settling import settle_tool
from cairnloop.hooks.operator_access import ToolVerb
from cairnloop.web.access import ActingRequest, get_visible_conversation
from cairnloop.web.conversation import showing
from cairnloop.web.conversation.composer import Notice
from cairnloop.web.guarding import acting_operator_required


class DecisionForm(forms.Form):
    """What is decided about: the action, its approval and run as they were shown. Reasons are checked by the verbs."""

    proposal_id = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
    approval_id = forms.IntegerField(min_value=0, max_value=LARGEST_ID, required=False)
    execution_id = forms.IntegerField(min_value=0, max_value=LARGEST_ID, required=False)
    seen_digest = forms.CharField(max_length=64, required=False)
    happened = forms.ChoiceField(choices=[("yes", ""), ("no", "")], required=False)


Decide = Callable[[ActingRequest, dict[str, Any], str], str]


@acting_operator_required
@require_POST
def approve(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Let an action run, as it was seen."""

    def decide(request: ActingRequest, given: dict[str, Any], reason: str) -> str:
        approval = approve_tool(approval_id=given["approval_id"], by=request.actor, seen_digest=given["seen_digest"])
        return _("Approved once. A second person must approve it too.") if approval.is_pending else _("Approved.")

    return _decided(request, conversation_id, decide, to="decide")


@acting_operator_required
@require_POST
def reject(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Refuse an action, with a reason."""

    def decide(request: ActingRequest, given: dict[str, Any], reason: str) -> str:
        reject_tool(approval_id=given["approval_id"], by=request.actor, reason=reason)
        return _("Rejected. Nothing ran.")

    return _decided(request, conversation_id, decide, to="decide")


@acting_operator_required
@require_POST
def defer(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Put an action off, with a reason."""

    def decide(request: ActingRequest, given: dict[str, Any], reason: str) -> str:
        defer_tool(approval_id=given["approval_id"], by=request.actor, reason=reason)
        return _("Deferred. Nothing ran.")

    return _decided(request, conversation_id, decide, to="decide")


@acting_operator_required
@require_POST
def reopen(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Ask again whether an action may run."""

    def decide(request: ActingRequest, given: dict[str, Any], reason: str) -> str:
        reopen_tool(proposal_id=given["proposal_id"], by=request.actor)
        return _("Asked again.")

    return _decided(request, conversation_id, decide, to="propose")


@acting_operator_required
@require_POST
def settle(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Record what became of a run that nobody saw end."""

    def decide(request: ActingRequest, given: dict[str, Any], reason: str) -> str:
        if not given["happened"]:
            raise InvalidInput(_("Say whether it happened. Nothing was recorded."))
        happened = given["happened"] == "yes"
        settle_tool(execution_id=given["execution_id"], happened=happened, reason=reason, by=request.actor)
        return _("Recorded.")

    return _decided(request, conversation_id, decide, to="decide")


def _decided(request: ActingRequest, conversation_id: int, decide: Decide, *, to: ToolVerb) -> HttpResponse:
    conversation = get_visible_conversation(request, conversation_id)
    if not request.access.can_with_tools(to):
        raise NotAllowed
    form, reason = DecisionForm(request.POST), request.POST.get("reason", "")
    about = form.cleaned_data.get("proposal_id") if form.is_valid() else None
    try:
        if about is None or None in (form.cleaned_data["approval_id"], form.cleaned_data["execution_id"]):
            raise InvalidInput(_("The form was incomplete. Look at the action again, then decide."))
        _refuse_other(conversation, form.cleaned_data)
        toast = decide(request, form.cleaned_data, reason)
    except InvalidInput as error:
        return _refused(request, conversation, error.message, about=about, reason=reason, status=422)
    except NotAllowed as error:
        return _refused(request, conversation, error.message, about=about, reason=reason, status=403)
    except (StaleView, InvalidTransition) as error:
        return _refused(request, conversation, error.message, about=about, reason=reason, status=409)
    except NotFound as error:
        return _refused(request, conversation, error.message, about=None, reason="", status=404)
    return showing.proposals_decided(request, conversation, toast=toast)


def _refused(
    request: ActingRequest, conversation: Conversation, why: str, *, about: int | None, reason: str, status: int
) -> HttpResponse:
    notice = Notice(_("Not done."), why)
    return showing.proposals_not_decided(request, conversation, notice, about=about, reason=reason, status=status)


def _refuse_other(conversation: Conversation, given: dict[str, Any]) -> None:
    """Raise NoSuchProposal for what is not of this conversation: who may see this one may not see that one."""
    rows = ToolProposal.objects.of_conversation(conversation.pk).prefetch_related(*with_states())
    proposal = rows.filter(pk=given["proposal_id"]).first()
    if proposal is None or not _belongs(state_of(proposal), given):
        raise NoSuchProposal


def _belongs(state: ProposalState, given: dict[str, Any]) -> bool:
    approvals = {each.pk for each in state.proposal.approvals.all()}
    executions = {each.pk for each in state.proposal.executions.all()}
    approval_id, execution_id = given["approval_id"], given["execution_id"]
    return (not approval_id or approval_id in approvals) and (not execution_id or execution_id in executions)
