"""Who takes care of a conversation."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cairnloop.conversations.assigning import AssignedMeanwhile, assign_conversation
from cairnloop.core.errors import InvalidInput
from cairnloop.web.access import ActingRequest, get_visible_conversation
from cairnloop.web.conversation import showing
from cairnloop.web.conversation.forms import AssignmentForm, seen_in
from cairnloop.web.guarding import acting_operator_required


class UnknownAssignee(InvalidInput):
    """A conversation goes to you or to nobody. Nothing was changed."""

    code = "unknown_assignee"


@acting_operator_required
@require_POST
def assign(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Take a conversation, or give it back; refused when someone else took it since the page was made."""
    conversation = get_visible_conversation(request, conversation_id, to="assign")
    form = AssignmentForm(request.POST)
    if not form.is_valid():
        raise UnknownAssignee
    to = request.actor if form.cleaned_data["to"] == "me" else None
    try:
        conversation = assign_conversation(
            conversation_id=conversation.pk, to=to, by=request.actor, instead_of=form.cleaned_data["instead_of"]
        )
    except AssignedMeanwhile:
        conversation.refresh_from_db()
        toast = _("Someone changed this first. The page shows who has it now.")
        return showing.not_changed(request, conversation, seen=seen_in(request.POST), toast=toast)
    toast = _("Assigned to you.") if to else _("Given back. It is nobody's now.")
    return showing.changed(request, conversation, toast=toast)
