"""What operators read of drafts."""

from __future__ import annotations

from collections.abc import Sequence

from cairnloop.drafting.models import Draft, DraftSentence


def latest_drafts(conversation_id: int) -> tuple[Draft | None, Draft | None]:
    """Return what was prepared last in a conversation, whatever became of it, and what was before; one query."""
    latest = list(Draft.objects.of_conversation(conversation_id).order_by("-id")[:2])
    last, before, *_ = [*latest, None, None]
    return last, before


def instruction_for(conversation_id: int, *, answering: int) -> str:
    """Return what an operator asked of the draft that is to be prepared for a message; mostly nothing."""
    last, _ = latest_drafts(conversation_id)
    return last.instruction if last and last.answers_sequence == answering else ""


def draft_versions(conversation_ids: Sequence[int]) -> dict[int, str]:
    """Return a token by conversation that changes whenever another draft is prepared or the last one moves on.

    One query; conversations without a draft have none.
    """
    drafts = Draft.objects.filter(conversation_id__in=conversation_ids)
    latest = drafts.order_by("conversation_id", "-id").distinct("conversation_id")
    return {each.conversation_id: f"{each.pk}-{each.status}" for each in latest.only("conversation_id", "status")}


def draft_of(conversation_id: int, draft_id: int) -> Draft | None:
    """Return a draft if it belongs to a conversation."""
    return Draft.objects.of_conversation(conversation_id).filter(pk=draft_id).first()


def sentences_of(draft: Draft) -> list[DraftSentence]:
    """Return the sentences of a draft in their order, each with the revision it quotes; one query."""
    return list(draft.sentences.select_related("revision").order_by("index"))
