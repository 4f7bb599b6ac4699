"""A conversation ends, begins again, or is put away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.resolving import (
    archive_conversation,
    reopen_conversation,
    resolve_conversation,
)
from cairnloop.core.errors import InvalidTransition, StaleView
from cairnloop.web.access import ActingRequest, get_visible_conversation
from cairnloop.web.conversation import showing
from cairnloop.web.conversation.forms import SeenForm, seen_in
from cairnloop.web.conversation.presenter import next_conversation, subject_of, url_of
from cairnloop.web.conversation.timeline import customer_name
from cairnloop.web.guarding import acting_operator_required
from cairnloop.web.inbox.place import place_of
from cairnloop.web.navigation import UNDO
from cairnloop.web.responses import wants_partial


@acting_operator_required
@require_POST
def resolve(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Resolve, and go on to the next of the list or the queue one came from; back to the inbox at its end."""
    conversation = get_visible_conversation(request, conversation_id, to="resolve")
    form = SeenForm(request.POST)
    if not form.is_valid():
        toast = _("Not resolved: the form was incomplete. Read what is here, then resolve it.")
        return showing.not_changed(request, conversation, seen=0, toast=toast)
    seen = form.cleaned_data["seen_sequence"]
    try:
        resolve_conversation(conversation_id=conversation.pk, by=request.actor, seen_sequence=seen)
    except StaleView:
        toast = _("Not resolved: there are new messages. Read them, then decide.")
        return showing.not_changed(request, conversation, seen=seen, toast=toast)
    except InvalidTransition:
        return _changed_first(request, conversation)
    return _to_next(request, conversation)


@acting_operator_required
@require_POST
def reopen(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Take up a resolved or archived conversation again."""
    conversation = get_visible_conversation(request, conversation_id, to="reopen")
    try:
        conversation = reopen_conversation(conversation_id=conversation.pk, by=request.actor)
    except InvalidTransition:
        return _changed_first(request, conversation)
    return showing.changed(request, conversation, toast=_("Open again."))


@acting_operator_required
@require_POST
def archive(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Put a conversation away without asking for a rating."""
    conversation = get_visible_conversation(request, conversation_id, to="archive")
    form = SeenForm(request.POST)
    if not form.is_valid():
        toast = _("Not archived: the form was incomplete. Read what is here, then archive it.")
        return showing.not_changed(request, conversation, seen=0, toast=toast)
    seen = form.cleaned_data["seen_sequence"]
    try:
        conversation = archive_conversation(conversation_id=conversation.pk, by=request.actor, seen_sequence=seen)
    except StaleView:
        toast = _("Not archived: there are new messages. Read them, then decide.")
        return showing.not_changed(request, conversation, seen=seen, toast=toast)
    except InvalidTransition:
        return _changed_first(request, conversation)
    toast = _("Archived. A new message from %(customer)s brings it back.") % {"customer": customer_name(conversation)}
    return showing.changed(request, conversation, toast=toast)


def _changed_first(request: ActingRequest, conversation: Conversation) -> HttpResponse:
    conversation.refresh_from_db()
    toast = _("Someone changed this first. The page shows how it is now.")
    return showing.not_changed(request, conversation, seen=seen_in(request.POST), toast=toast)


def _to_next(request: ActingRequest, conversation: Conversation) -> HttpResponse:
    conversation.refresh_from_db()
    place = place_of(request)
    following = next_conversation(request, place, after=conversation)
    words = {"subject": subject_of(conversation)}
    if following is not None:
        url = url_of("conversation", following, place=place.of(following))
        text = _("Resolved “%(subject)s”. This is the next one.") % words
    elif place.asked is not None:
        url, text = place.list_url(conversation.pk), _("Resolved “%(subject)s”. It was the last of this list.") % words
    else:
        url, text = reverse("cairnloop:inbox"), _("Resolved “%(subject)s”. Nobody else is waiting.") % words
    undo = url_of("conversation-reopening", conversation, place=place)
    messages.success(request, text, extra_tags=f"{UNDO}{undo}", fail_silently=True)
    if wants_partial(request):
        return HttpResponseClientRedirect(url)
    return showing.see_other(HttpResponseRedirect(url))
