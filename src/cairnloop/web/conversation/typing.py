"""The customer may see that somebody writes."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from cairnloop.core import live
from cairnloop.web.access import ActingRequest, get_visible_conversation
from cairnloop.web.guarding import acting_operator_required


@acting_operator_required
@require_POST
def announce(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Tell the customer's widget; a hint that is lost is not missed."""
    conversation = get_visible_conversation(request, conversation_id, to="reply")
    if conversation.is_archived:
        return HttpResponse(status=204)
    topic = live.thread_topic(conversation.pk)
    live.send([{"type": "live.hint", "topic": topic, "what": "typing", "by": "operator"}])
    return HttpResponse(status=204)
