"""The governed actions of a conversation: approved, rejected, deferred, asked again, and settled."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from cairnloop.governance.models import ToolProposal
from cairnloop.hooks.operator_access import ToolVerb
from cairnloop.web.access import ActingRequest, get_visible_conversation
from cairnloop.web.conversation import decisions, showing
from cairnloop.web.conversation.decisions import Decide, Refused
from cairnloop.web.guarding import acting_operator_required


@acting_operator_required
@require_POST
def approve(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Let an action run, as it was seen."""
    return _decided(request, conversation_id, decisions.approve, to="decide")


@acting_operator_required
@require_POST
def reject(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Refuse an action, with a reason."""
    return _decided(request, conversation_id, decisions.reject, to="decide")


@acting_operator_required
@require_POST
def defer(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Put an action off, with a reason."""
    return _decided(request, conversation_id, decisions.defer, to="decide")


@acting_operator_required
@require_POST
def reopen(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Ask again whether an action may run."""
    return _decided(request, conversation_id, decisions.reopen, to="propose")


@acting_operator_required
@require_POST
def settle(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Record what became of a run that nobody saw end."""
    return _decided(request, conversation_id, decisions.settle, to="decide")


def _decided(request: ActingRequest, conversation_id: int, decide: Decide, *, to: ToolVerb) -> HttpResponse:
    conversation = get_visible_conversation(request, conversation_id)
    outcome = decisions.decided(request, ToolProposal.objects.of_conversation(conversation.pk), decide, to=to)
    if isinstance(outcome, Refused):
        return showing.proposal_not_decided(request, conversation, outcome)
    return showing.proposal_decided(request, conversation, outcome)
