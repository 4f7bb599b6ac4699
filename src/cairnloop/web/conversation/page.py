"""The workspace's page, and what is new on it."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.reading import mark_read
from cairnloop.conversations.workspace_queries import seen_by_operator
from cairnloop.web.access import OperatorRequest, get_visible_conversation
from cairnloop.web.conversation import showing
from cairnloop.web.conversation.context import customer_panel
from cairnloop.web.conversation.forms import LARGEST_SEQUENCE
from cairnloop.web.conversation.presenter import earlier_part, timeline_of, url_of, version_of
from cairnloop.web.guarding import operator_required
from cairnloop.web.inbox.place import place_of
from cairnloop.web.responses import partial_response, wants_partial

EARLIER = "cairnloop/conversation/_earlier.html"


@operator_required
@require_safe
def show(request: OperatorRequest, conversation_id: int) -> HttpResponse:
    """The whole conversation; whatever it shows counts as read afterwards."""
    conversation = get_visible_conversation(request, conversation_id)
    shows_details = "details" in request.GET
    timeline = timeline_of(request, conversation, before=_sequence(request, "before"))
    response = showing.workspace(
        request,
        conversation,
        timeline=timeline,
        chosen=request.GET.get("compose", ""),
        customer=customer_panel(conversation) if shows_details else None,
        shows_details=shows_details,
    )
    if timeline.is_newest:
        _mark_read(request, conversation, sequence=timeline.last)
    return response


@operator_required
@require_safe
def timeline(request: OperatorRequest, conversation_id: int) -> HttpResponse:
    """What the page does not show: the messages `before` a sequence, or whatever is new `after` one.

    `seen` is the last message the reader has in view, `version` the state of the conversation the page shows.
    """
    conversation = get_visible_conversation(request, conversation_id)
    before, after = _sequence(request, "before"), _sequence(request, "after")
    if not wants_partial(request):
        query = {"before": before} if before is not None else {}
        return HttpResponseRedirect(url_of("conversation", conversation, place=place_of(request), **query))
    if before is not None:
        part = earlier_part(request, conversation, before=before)
        return partial_response(request, EARLIER, {"timeline": part})
    _mark_read(request, conversation, sequence=_sequence(request, "seen") or 0)
    after = after or 0
    if after >= conversation.sequence and request.GET.get("version") == version_of(conversation):
        return HttpResponse(status=204)
    return showing.news(request, conversation, after=after)


def _mark_read(request: OperatorRequest, conversation: Conversation, *, sequence: int) -> None:
    if request.actor is None:
        return
    sequence = min(sequence, conversation.sequence)
    known = seen_by_operator(conversation_id=conversation.pk, operator_ref=request.actor.ref)
    if sequence > (known or 0):
        mark_read(conversation_id=conversation.pk, by=request.actor, sequence=sequence)


def _sequence(request: OperatorRequest, name: str) -> int | None:
    """Return a sequence from the URL; whatever is not one counts as absent."""
    given = request.GET.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) <= len(str(LARGEST_SEQUENCE))):
        return None
    return min(int(given), LARGEST_SEQUENCE - 1)
