"""The host hears about a resolved conversation."""

from __future__ import annotations

from cairnloop.conversations.models import Conversation
from cairnloop.core import telemetry
from cairnloop.core.errors import GiveUp
from cairnloop.core.transactions import pipeline
from cairnloop.hooks import load_hook
from cairnloop.hooks.facts import ConversationFacts


class ConversationGone(GiveUp):
    """The conversation was removed before the host could be told."""


@pipeline
def notify_resolved(*, conversation_id: int) -> None:
    """Call the Notifier; whatever it raises is raised, so that the job runs again."""
    conversation = Conversation.objects.filter(pk=conversation_id).first()
    if conversation is None:
        raise ConversationGone
    with telemetry.span("notifier.called", callback="conversation_resolved"):
        load_hook("notifier").conversation_resolved(conversation=facts_of(conversation))


def facts_of(conversation: Conversation) -> ConversationFacts:
    """Return the frozen value a host hook may see of a conversation."""
    return ConversationFacts(
        id=conversation.pk,
        public_id=conversation.public_id,
        subject=conversation.subject,
        status=conversation.status,
        priority=conversation.priority,
        channel=conversation.channel,
        customer_ref=conversation.customer_ref,
        account_ref=conversation.account_ref,
        assignee_ref=conversation.assignee_ref,
        opened_at=conversation.opened_at,
        resolved_at=conversation.resolved_at,
        rating=conversation.rating,
    )
