"""An operator asks for another draft, and says what should be different."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.conversations.holding import hold_conversation, refuse_stale_eyes
from cairnloop.conversations.models import Conversation
from cairnloop.core import telemetry
from cairnloop.core.actors import Actor, ActorKind
from cairnloop.core.errors import InvalidInput
from cairnloop.core.events import publish
from cairnloop.core.guards import OperatorNeeded, refuse_strangers
from cairnloop.core.texts import refuse_unstorable, tidy_name
from cairnloop.core.transactions import command
from cairnloop.drafting.approving import DraftNotPending, find_draft
from cairnloop.drafting.events import DraftMadeWay
from cairnloop.drafting.models import Draft
from cairnloop.hooks import HOOKS

INSTRUCTION_CHARS = 300
MOST_AN_HOUR = 10


class AskerNeeded(OperatorNeeded):
    """Only an operator asks for another draft, in their own name. Nothing was changed."""

    code = "asker_needed"


class UnusableInstruction(InvalidInput):
    """Say in 1 to 300 characters what should be different. Nothing was changed."""

    code = "unusable_instruction"


class NothingToRegenerate(InvalidInput):
    """Only a draft reply can be prepared anew, while drafts are on. Write the answer yourself; nothing was changed."""

    code = "nothing_to_regenerate"


class TooManyDrafts(InvalidInput):
    """Ten other drafts were asked for here within an hour. Edit this one, or write the answer yourself."""

    code = "too_many_drafts"


@command
def regenerate_draft(*, draft_id: int, by: Actor, instruction: str, seen_sequence: int) -> Draft:
    """Turn a waiting draft reply stale, and let a job prepare another one that follows the operator's instruction.

    `seen_sequence` is the last sequence the operator saw. The other one waits for a person whatever the policy says.
    Raises AskerNeeded, UnusableInstruction, NoSuchDraft, NothingToRegenerate, DraftNotPending, StaleView, and
    TooManyDrafts after ten of a conversation within an hour; nothing is written then.
    """
    refuse_strangers(by)
    if by.kind is not ActorKind.OPERATOR:
        raise AskerNeeded
    instruction = checked_instruction(instruction)
    draft = find_draft(draft_id)
    conversation = hold_conversation(draft.conversation_id)
    draft.refresh_from_db()
    if draft.kind != Draft.Kind.REPLY or not HOOKS["draft_generator"].path:
        raise NothingToRegenerate
    if not draft.is_pending:
        raise DraftNotPending
    refuse_stale_eyes(conversation, by=by, seen_sequence=seen_sequence)
    now = timezone.now()
    asked = Draft.objects.of_conversation(conversation.pk).made_way_since(now - timedelta(hours=1))
    if asked.count() >= MOST_AN_HOUR:
        raise TooManyDrafts

    draft.make_way(by=by, at=now, instruction=instruction)
    Conversation.objects.filter(pk=conversation.pk).update(changed_at=now)
    record(
        "draft.regenerated",
        by=by,
        subject=f"draft:{draft.pk}",
        evidence={
            "conversation_id": conversation.pk,
            "seen_sequence": seen_sequence,
            "instruction_chars": len(instruction),
        },
    )
    publish(DraftMadeWay(conversation.pk, draft.pk))
    telemetry.count("draft.decided", decision="regenerated")
    return draft


def checked_instruction(instruction: str) -> str:
    """Return an instruction on one line. Raises UnusableInstruction, NotText, UnstorableText."""
    refuse_unstorable(instruction)
    line = tidy_name(instruction)
    if not 0 < len(line) <= INSTRUCTION_CHARS:
        raise UnusableInstruction
    return line
