"""What a search says beside its words: in which conversation it was asked, and what is cited there already."""

from __future__ import annotations

from django.http import QueryDict

from cairnloop.conversations.models import Conversation
from cairnloop.core.errors import NotFound
from cairnloop.web.access import OperatorRequest, get_visible_conversation

LONGEST_ID = 18


def conversation_asked_in(request: OperatorRequest, data: QueryDict) -> Conversation | None:
    """Return the conversation a search was begun in; None for none. Raises NotFound for one out of sight."""
    given = data.get("in", "")
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) <= LONGEST_ID):
        raise NotFound
    return get_visible_conversation(request, int(given))
