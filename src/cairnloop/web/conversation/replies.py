"""Replies to the customer."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from cairnloop.web.access import ActingRequest, get_visible_conversation
from cairnloop.web.conversation.composer import REPLY
from cairnloop.web.conversation.writing import write
from cairnloop.web.guarding import acting_operator_required


@acting_operator_required
@require_POST
def create(request: ActingRequest, conversation_id: int) -> HttpResponse:
    """Send a reply."""
    return write(request, get_visible_conversation(request, conversation_id, to="reply"), REPLY)
