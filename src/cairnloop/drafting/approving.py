"""An operator sends a draft, as it is or in their own words."""

from __future__ import annotations

from collections.abc import Collection

from django.utils import timezone

from cairnloop.audit.recording import record
from cairnloop.conf import get_settings
from cairnloop.conversations.holding import hold_conversation
from cairnloop.conversations.wording import checked_text
from cairnloop.core import telemetry
from cairnloop.core.actors import Actor, ActorKind
from cairnloop.core.errors import InvalidInput, InvalidTransition, NotFound
from cairnloop.core.events import publish
from cairnloop.core.guards import OperatorNeeded, checked_id, refuse_strangers
from cairnloop.core.transactions import command
from cairnloop.drafting.events import DraftDecided
from cairnloop.drafting.models import Draft, DraftSentence
from cairnloop.drafting.phrasing import edited_chars, has_the_same_words, kept_in, says_the_same, text_of
from cairnloop.drafting.quoting import are_as_verified, holds_current_sources, passages_of
from cairnloop.drafting.taking_over import checked_taken_over
from cairnloop.retrieval.citing import post_cited_reply


class NoSuchDraft(NotFound):
    """There is no such draft here. It may have been removed, or it is not yours to see."""

    code = "no_such_draft"


class ApproverNeeded(OperatorNeeded):
    """Only an operator sends a draft, in their own name. Nothing was sent."""

    code = "approver_needed"


class DraftNotPending(InvalidTransition):
    """This draft does not wait any more: it was sent, discarded, or what it rests on changed. Nothing was sent."""

    code = "draft_not_pending"


class SentenceChanged(InvalidInput):
    """A sentence is not what was verified. Write the answer yourself, or discard this draft; nothing was sent."""

    code = "sentence_changed"


class OtherWordsNeeded(InvalidInput):
    """The policy lets nobody send this draft as it is. Change it, or write the answer yourself; nothing was sent."""

    code = "other_words_needed"


class NothingToSend(InvalidInput):
    """There is no draft reply here, only the reason why a person is needed. Write the answer yourself."""

    code = "nothing_to_send"


@command
def approve_draft(
    *, draft_id: int, by: Actor, seen_sequence: int, text: str | None = None, taken_over: Collection[int] = ()
) -> Draft:
    """Send a draft in the operator's name, as exactly one reply; with a `text`, what they made of it.

    Sentences that stand in the text unchanged keep their sources. `seen_sequence` is the last sequence the operator
    saw; who saw nothing sends nothing. `taken_over` are the indexes of the sentences without a source that the operator
    stands for. Raises ApproverNeeded, NoSuchDraft, DraftNotPending, NothingToSend, NothingToTakeOver,
    SentenceNotVerified, AddressNotVerified, TextTurned, SentenceChanged, OtherWordsNeeded, and whatever `post_reply`
    raises, such as StaleView; nothing is written then.
    """
    refuse_strangers(by)
    if by.kind is not ActorKind.OPERATOR:
        raise ApproverNeeded
    # Elsewhere None means that nobody asked: a draft is sent by somebody who read what it answers.
    if seen_sequence is None:
        raise InvalidInput("seen_sequence is a number, not None. Nothing was sent.")
    draft = find_draft(draft_id)
    conversation = hold_conversation(draft.conversation_id)
    sentences = list(DraftSentence.objects.filter(draft=draft).order_by("index"))
    draft.refresh_from_db()
    if draft.kind == Draft.Kind.ESCALATION:
        raise NothingToSend
    if not draft.is_pending or not holds_current_sources(sentences):
        raise DraftNotPending
    prepared = text_of(sentences)
    text = prepared if text is None else checked_text(text, limit=get_settings().message_limit_chars)
    kept = kept_in(text, sentences)
    stood_for = checked_taken_over(taken_over, text=text, sentences=sentences)
    if not are_as_verified(kept, of=len(sentences)):
        raise SentenceChanged
    is_edited = not says_the_same(text, prepared)
    if draft.needs_other_words and has_the_same_words(text, prepared):
        raise OtherWordsNeeded

    now = timezone.now()
    # First, so that the reply finds no draft that waits and would turn stale because of it.
    if is_edited:
        draft.edit(by=by, at=now, edited_chars=edited_chars(prepared, text), taken_over=stood_for)
    else:
        draft.approve(by=by, at=now, taken_over=stood_for)
    message = post_cited_reply(
        conversation_id=conversation.pk, text=text, passages=passages_of(kept), by=by, seen_sequence=seen_sequence
    )
    draft.keep_reply(message)
    record(
        "draft.edited" if is_edited else "draft.approved",
        by=by,
        subject=f"draft:{draft.pk}",
        evidence={
            "conversation_id": conversation.pk,
            "sequence": message.sequence,
            "seen_sequence": seen_sequence,
            "edited_chars": draft.edited_chars,
            "kept_sentences": len(kept),
            "sentences": len(sentences),
            "taken_over": stood_for,
        },
    )
    publish(DraftDecided(conversation.pk, draft.pk))
    telemetry.count("draft.decided", decision=draft.status)
    return draft


def find_draft(draft_id: int) -> Draft:
    """Return a draft. Raises NoSuchDraft."""
    try:
        return Draft.objects.get(pk=checked_id(draft_id, name="draft_id"))
    except (Draft.DoesNotExist, NotFound):
        raise NoSuchDraft from None
