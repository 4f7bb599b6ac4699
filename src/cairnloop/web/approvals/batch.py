"""Several actions of low risk approved at once, and what became of each."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from cairnloop.core.errors import InvalidInput
from cairnloop.core.transactions import outside_transaction
from cairnloop.governance.approval_queries import visible_proposals
from cairnloop.governance.batching import Answered, approve_batch
from cairnloop.governance.models import ToolApproval
from cairnloop.web.access import ActingRequest, refuse_approvals
from cairnloop.web.approvals.asked import read_asked
from cairnloop.web.approvals.queue import LIST, PAGE, list_context
from cairnloop.web.guarding import acting_operator_required
from cairnloop.web.responses import page_or_partial, wants_partial

CHOICE = re.compile(r"([0-9]{1,18})\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one of them; without a reason it was approved."""

    title: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of all of them."""

    title: str
    lines: tuple[Line, ...]
    is_complete: bool


@outside_transaction
@acting_operator_required
@require_POST
def approve(request: ActingRequest) -> HttpResponse:
    """Approve what was chosen, each as it was seen; the list says above itself what became of each."""
    refuse_approvals(request)
    asked = read_asked(request.GET)
    try:
        answers = approve_batch(seen=read_choices(request.POST), by=request.actor)
    except InvalidInput as error:
        result, status = Result(_("Nothing was approved."), (Line("", error.message),), False), 422
    else:
        result = _result(request, answers)
        status = 200 if result.is_complete else 409
    context = {**list_context(request, asked), "result": result}
    response = page_or_partial(request, PAGE, context, partial=LIST, status=status)
    if wants_partial(request):
        # Also what was refused is put there, and the list begins where the result stands.
        response["HX-Reswap"] = "outerHTML show:window:top"
    return response


def read_choices(form: QueryDict) -> dict[int, str]:
    """Return the digest of each approval that was chosen; the same one twice counts once.

    Raises InvalidInput for what no page of ours sends.
    """
    found = [CHOICE.fullmatch(each) for each in form.getlist("chosen")]
    pairs = {(int(each[1]), each[2]) for each in found if each}
    choices = {int(each[1]): each[2] for each in found if each}
    if None in found or len(pairs) != len(choices):
        raise InvalidInput(_("The form was incomplete. Nothing was approved; look at the list again."))
    return choices


def _result(request: ActingRequest, answers: list[Answered]) -> Result:
    names = _names(request, [each.approval_id for each in answers])
    lines = [
        Line(names.get(each.approval_id, _("An action")), each.refusal.message if each.refusal else "")
        for each in answers
    ]
    approved = sum(1 for each in answers if each.refusal is None)
    refused = len(answers) - approved
    title = ngettext("%(count)s action was approved.", "%(count)s actions were approved.", approved)
    words = title % {"count": approved} if approved else _("Nothing was approved.")
    if refused and approved:
        rest = ngettext("%(count)s was not.", "%(count)s were not.", refused) % {"count": refused}
        words = f"{words} {rest}"
    return Result(words, tuple(sorted(lines, key=lambda line: not line.reason)), not refused)


def _names(request: ActingRequest, approval_ids: list[int]) -> dict[int, str]:
    """Return what each is called, of those this operator may see."""
    seen = visible_proposals(request.access.visible())
    rows = ToolApproval.objects.filter(pk__in=approval_ids, proposal__in=seen).select_related("proposal")
    return {
        each.pk: f"{each.proposal.title} (#{each.proposal.conversation_id})"
        if each.proposal.conversation_id
        else each.proposal.title
        for each in rows
    }
