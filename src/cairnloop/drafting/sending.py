"""What the policy allowed is sent without a person, in the transaction that keeps it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.conversations.messaging import post_automatic_reply
from cairnloop.conversations.models import Message
from cairnloop.core import telemetry
from cairnloop.core.actors import Actor
from cairnloop.core.events import publish
from cairnloop.core.transactions import command
from cairnloop.drafting.events import DraftDecided
from cairnloop.drafting.models import Draft, DraftSentence
from cairnloop.drafting.phrasing import text_of
from cairnloop.drafting.quoting import passages_of
from cairnloop.governance.models import AutomationSwitch
from cairnloop.retrieval.citing import keep_citations

POLICY = Actor.system("automation_policy")


@command
def send_automatically(*, draft: Draft, sentences: Sequence[DraftSentence], asks_several: bool) -> Draft:
    """Send a draft that the policy allowed as one reply, marked as automatic; or note why it waits all the same.

    The caller holds the conversation and the articles that are quoted, and found both as the draft needs them.
    With `asks_several` it waits: what it does not answer would count as answered.
    """
    held = _held_because(draft, sentences, asks_several=asks_several)
    if held:
        draft.hold_back(because=held)
        record("draft.held_back", by=POLICY, subject=f"draft:{draft.pk}", evidence={"because": held.value})
        return draft
    draft.approve(by=POLICY, at=timezone.now())
    message = post_automatic_reply(
        conversation_id=draft.conversation_id,
        text=text_of(sentences),
        by=POLICY,
        seen_sequence=draft.answers_sequence,
    )
    keep_citations(message=message, passages=passages_of(sentences))
    draft.keep_reply(message)
    record(
        "draft.sent_automatically",
        by=POLICY,
        subject=f"draft:{draft.pk}",
        evidence={"conversation_id": draft.conversation_id, "sequence": message.sequence},
    )
    publish(DraftDecided(draft.conversation_id, draft.pk))
    telemetry.count("draft.decided", decision="sent_automatically")
    return draft


def _held_because(draft: Draft, sentences: Sequence[DraftSentence], *, asks_several: bool) -> Draft.HeldBack:
    if not sentences or any(each.standing == DraftSentence.Standing.UNVERIFIED for each in sentences):
        return Draft.HeldBack.NOT_VERIFIED
    if asks_several:
        return Draft.HeldBack.ASKS_SEVERAL
    written = Message.objects.filter(conversation_id=draft.conversation_id)
    if written.unseen_by(POLICY, after=draft.answers_sequence).exists():
        return Draft.HeldBack.WRITTEN_MEANWHILE
    # Where one stood before somebody, a source that changed sends nothing past them.
    if Draft.objects.of_conversation(draft.conversation_id).waited_before(draft).exists():
        return Draft.HeldBack.WAITED_BEFORE
    # Last, and held until the commit: whoever stops waits for this reply, and none is sent after theirs.
    if AutomationSwitch.objects.hold().is_stopped:
        return Draft.HeldBack.STOPPED
    return Draft.HeldBack.NONE
