"""What operators read of drafts."""

from __future__ import annotations

from cairnloop.drafting.models import Draft, DraftSentence


def open_draft(conversation_id: int) -> Draft | None:
    """Return what waits in a conversation, if anything."""
    return Draft.objects.of_conversation(conversation_id).open().first()


def sentences_of(draft: Draft) -> list[DraftSentence]:
    """Return the sentences of a draft in their order, each with the revision it quotes; one query."""
    return list(draft.sentences.select_related("revision").order_by("index"))
