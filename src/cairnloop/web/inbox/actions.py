"""What can be done with a conversation without leaving the inbox; the row comes back as it is afterwards."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cairnloop.conversations.assigning import AssignedMeanwhile, assign_conversation
from cairnloop.conversations.models import Conversation
from cairnloop.conversations.resolving import reopen_conversation, resolve_conversation
from cairnloop.core.errors import InvalidTransition, StaleView
from cairnloop.web.access import ActingRequest, get_visible_conversation
from cairnloop.web.guarding import acting_operator_required
from cairnloop.web.inbox.forms import read_sequence
from cairnloop.web.inbox.place import place_of
from cairnloop.web.inbox.presenter import present_rows
from cairnloop.web.navigation import Toast
from cairnloop.web.responses import partial_or_redirect, return_url

ROW = "cairnloop/inbox/_row.html"
"""The row finds its place by its id: the button that was pressed may be anywhere."""


@acting_operator_required
@require_POST
def assign(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Take a conversation; refused when a colleague took it since the row was made."""
    conversation = get_visible_conversation(request, conversation_id, to="assign")
    had_it = request.POST.get("instead_of", "")
    try:
        conversation = assign_conversation(
            conversation_id=conversation.pk, to=request.actor, by=request.actor, instead_of=had_it
        )
    except AssignedMeanwhile:
        return _answer(request, conversation, Toast(_("Someone took this first. The row shows who has it.")))
    return _answer(request, conversation, Toast(_("Assigned to you."), tone="success"))


@acting_operator_required
@require_POST
def resolve(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Resolve a conversation, unless something was written that the row does not show."""
    conversation = get_visible_conversation(request, conversation_id, to="resolve")
    seen = read_sequence(request.POST, "seen_sequence")
    try:
        conversation = resolve_conversation(conversation_id=conversation.pk, by=request.actor, seen_sequence=seen)
    except StaleView:
        return _answer(request, conversation, Toast(_("Not resolved: there are new messages. Read them, then decide.")))
    except InvalidTransition:
        return _answer(request, conversation, Toast(_("Someone changed this first. The row shows how it is now.")))
    undo_url = reverse("cairnloop:inbox-reopening", args=[conversation.pk]) + place_of(request).query
    toast = Toast(
        _("Resolved #%(id)s.") % {"id": conversation.pk}, tone="success", undo_url=undo_url, undo_in_place=True
    )
    return _answer(request, conversation, toast)


@acting_operator_required
@require_POST
def reopen(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Take back a resolution."""
    conversation = get_visible_conversation(request, conversation_id, to="reopen")
    try:
        conversation = reopen_conversation(conversation_id=conversation.pk, by=request.actor)
    except InvalidTransition:
        return _answer(request, conversation, Toast(_("Someone changed this first. The row shows how it is now.")))
    return _answer(request, conversation, Toast(_("Open again."), tone="success"))


def _answer(request: ActingRequest, conversation: Conversation, toast: Toast) -> HttpResponse:
    conversation.refresh_from_db()
    place = place_of(request)
    (row,) = present_rows(request, [conversation], place=place)
    inbox = return_url(request, otherwise=place.list_url(conversation.pk))
    return partial_or_redirect(request, ROW, {"row": row, "is_beside": True}, to=inbox, toast=toast)
