"""What happens when: every reaction that crosses a context, in order."""

from __future__ import annotations

from typing import Any

from cairnloop.conversations import events, hinting
from cairnloop.conversations import jobs as conversation_jobs
from cairnloop.core.events import subscribe

OPERATORS_SEE: tuple[type[Any], ...] = (
    events.ConversationOpened,
    events.MessageReceived,
    events.ReplyPosted,
    events.NoteAdded,
    events.ConversationResolved,
    events.ConversationReopened,
    events.ConversationArchived,
    events.ConversationAssigned,
    events.RatingRecorded,
)
CUSTOMERS_SEE: tuple[type[Any], ...] = (
    events.ConversationOpened,
    events.MessageReceived,
    events.ReplyPosted,
    events.ConversationResolved,
    events.ConversationReopened,
    events.ConversationArchived,
    events.RatingRecorded,
)


def connect() -> None:
    """Subscribe everything; called once when Django is ready."""
    subscribe(events.ConversationResolved, notify_host)
    for event in OPERATORS_SEE:
        subscribe(event, hinting.hint_operators)
    for event in CUSTOMERS_SEE:
        subscribe(event, hinting.hint_customer)


def notify_host(event: events.ConversationResolved) -> None:
    """Tell the host's Notifier from a job."""
    conversation_jobs.notify_resolved.defer(conversation_id=event.conversation_id)
