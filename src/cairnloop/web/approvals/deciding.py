"""One action decided from the queue, by the same doings as in its conversation."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from cairnloop.governance.models import ToolProposal
from cairnloop.hooks.operator_access import ToolVerb
from cairnloop.web.access import ActingRequest, refuse_approvals
from cairnloop.web.approvals.asked import Asked, read_asked
from cairnloop.web.approvals.queue import ROW, get_visible_proposal, in_full
from cairnloop.web.approvals.rows import present_rows
from cairnloop.web.conversation import decisions
from cairnloop.web.conversation.decisions import Decide, Refused
from cairnloop.web.conversation.showing import see_other, swapped
from cairnloop.web.guarding import acting_operator_required
from cairnloop.web.responses import partial_or_redirect, wants_partial


@acting_operator_required
@require_POST
def approve(request: ActingRequest, proposal_id: int) -> HttpResponse:
    """Let an action run, as it was seen."""
    return _decided(request, proposal_id, decisions.approve, to="decide")


@acting_operator_required
@require_POST
def reject(request: ActingRequest, proposal_id: int) -> HttpResponse:
    """Refuse an action, with a reason."""
    return _decided(request, proposal_id, decisions.reject, to="decide")


@acting_operator_required
@require_POST
def defer(request: ActingRequest, proposal_id: int) -> HttpResponse:
    """Put an action off, with a reason."""
    return _decided(request, proposal_id, decisions.defer, to="decide")


@acting_operator_required
@require_POST
def reopen(request: ActingRequest, proposal_id: int) -> HttpResponse:
    """Ask again whether an action may run."""
    return _decided(request, proposal_id, decisions.reopen, to="propose")


@acting_operator_required
@require_POST
def settle(request: ActingRequest, proposal_id: int) -> HttpResponse:
    """Record what became of a run that nobody saw end."""
    return _decided(request, proposal_id, decisions.settle, to="decide")


def _decided(request: ActingRequest, proposal_id: int, decide: Decide, *, to: ToolVerb) -> HttpResponse:
    refuse_approvals(request)
    found = get_visible_proposal(request, proposal_id)
    asked = read_asked(request.GET)
    outcome = decisions.decided(request, ToolProposal.objects.filter(pk=found.pk), decide, to=to)
    # Read anew: what was decided, here or by somebody faster, shows.
    found = get_visible_proposal(request, proposal_id)
    if isinstance(outcome, Refused):
        return _refused(request, found, outcome, asked=asked)
    (row,) = present_rows(request, [found], asked=asked)
    context = {"row": row, "is_open": False, "asked": asked}
    return see_other(partial_or_redirect(request, ROW, context, to=asked.url(), toast=outcome.words))


def _refused(request: ActingRequest, found: ToolProposal, refused: Refused, *, asked: Asked) -> HttpResponse:
    response = in_full(request, found, asked=asked, refused=refused, status=refused.status)
    return swapped(response) if wants_partial(request) else response
