"""An operator puts a draft away."""

from __future__ import annotations

from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.conversations.holding import hold_conversation
from cairnloop.conversations.models import Conversation
from cairnloop.core import telemetry
from cairnloop.core.actors import Actor
from cairnloop.core.errors import InvalidInput
from cairnloop.core.events import publish
from cairnloop.core.guards import refuse_outsiders
from cairnloop.core.transactions import command
from cairnloop.drafting.approving import find_draft
from cairnloop.drafting.events import DraftDecided
from cairnloop.drafting.models import Draft

REASONS = tuple(reason for reason in Draft.DiscardReason.values if reason and reason != Draft.DiscardReason.POLICY)


class UnknownDiscardReason(InvalidInput):
    """A draft is discarded for one of the listed reasons. Nothing was changed."""

    code = "unknown_discard_reason"


@command
def discard_draft(*, draft_id: int, by: Actor, reason: str) -> Draft:
    """Put a draft away; nothing is sent, and no other is prepared for the same message.

    `reason` is "wrong", "incomplete", "off_topic" or "not_needed". Raises OperatorNeeded, UnknownDiscardReason,
    NoSuchDraft, and InvalidTransition if it does not wait any more.
    """
    refuse_outsiders(by)
    if reason not in REASONS:
        raise UnknownDiscardReason
    draft = find_draft(draft_id)
    conversation = hold_conversation(draft.conversation_id)
    now = timezone.now()
    draft.discard(by=by, at=now, reason=reason)
    Conversation.objects.filter(pk=conversation.pk).update(changed_at=now)
    record("draft.discarded", by=by, subject=f"draft:{draft.pk}", evidence={"reason": reason})
    publish(DraftDecided(conversation.pk, draft.pk))
    telemetry.count("draft.decided", decision=draft.status)
    return draft
