"""A glance at one conversation beside the list."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.workspace_queries import timeline_before
from cairnloop.web.access import OperatorRequest
from cairnloop.web.conversation.timeline import Entry, entries_of
from cairnloop.web.inbox.place import place_of
from cairnloop.web.inbox.presenter import Row, present_rows

GLANCE = 4
"""How many messages a glance shows."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The last messages of a conversation, and what can be done without opening it."""

    row: Row
    opened: str
    earlier: str
    entries: tuple[Entry, ...]
    may_take: bool
    may_resolve: bool


def preview_of(request: OperatorRequest, conversation: Conversation) -> Preview:
    """Return a glance; looking at it does not count as reading."""
    (row,) = present_rows(request, [conversation], place=place_of(request))
    messages = timeline_before(conversation_id=conversation.pk, limit=GLANCE)
    entries = entries_of(messages, conversation=conversation, reader=request.actor, now=timezone.now())
    actor = request.actor
    is_mine = actor is not None and conversation.assignee_ref == actor.ref
    return Preview(
        row=row,
        opened=_opened(conversation),
        earlier=_earlier(messages[0].sequence - 1 if messages else 0),
        entries=entries,
        may_take=actor is not None and not is_mine and request.access.can("assign", conversation),
        may_resolve=actor is not None and conversation.is_open and request.access.can("resolve", conversation),
    )


def _opened(conversation: Conversation) -> str:
    words = {
        Conversation.Channel.WIDGET: _("opened in the widget"),
        Conversation.Channel.EMAIL: _("opened by e-mail"),
        Conversation.Channel.HOST: _("opened by your application"),
    }
    return words[Conversation.Channel(conversation.channel)]


def _earlier(count: int) -> str:
    if not count:
        return ""
    return ngettext("%(count)s earlier message", "%(count)s earlier messages", count) % {"count": count}
