"""What operators read of drafts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Q

from cairnloop.conversations.models import Message
from cairnloop.core.actors import ActorKind
from cairnloop.drafting.models import Draft, DraftSentence
from cairnloop.drafting.questions import TURNS


def latest_drafts(conversation_id: int) -> tuple[Draft | None, Draft | None]:
    """Return what was prepared last in a conversation, whatever became of it, and what was before; one query."""
    latest = list(Draft.objects.of_conversation(conversation_id).order_by("-id")[:2])
    last, before, *_ = [*latest, None, None]
    return last, before


def said_last(conversation_id: int, *, up_to: int | None = None) -> list[Message]:
    """Return what a draft is prepared from: what customer and operators said last, up to one sequence; one query."""
    # What the host's own code said is no answer: the customer still waits.
    said = Message.objects.filter(Q(role=Message.Role.CUSTOMER) | Message.ANSWERING, conversation=conversation_id)
    if up_to is not None:
        said = said.filter(sequence__lte=up_to)
    return list(said.order_by("-sequence")[:TURNS])[::-1]


def operator_names_in(messages: Iterable[Message]) -> list[str]:
    """Return the names of whoever answered in some messages."""
    # Of people alone: "Automatic reply" is no name, and its words are words of questions.
    return sorted({each.author_name for each in messages if each.author_kind == ActorKind.OPERATOR})


def instruction_for(conversation_id: int, *, answering: int) -> str:
    """Return what an operator asked last of the draft for a message; mostly nothing.

    It holds for every draft of that message from then on: one whose source changed takes what was asked along.
    """
    made_way = _that_made_way(conversation_id, answering=answering)
    return made_way.instruction if made_way else ""


def made_way_for(draft: Draft, *, before: Draft | None) -> Draft | None:
    """Return the draft in whose place an operator asked for this one, or for one before it; mostly none.

    `before` is the draft before this one. One query where that turned stale by itself.
    """
    if before is None or before.answers_sequence != draft.answers_sequence:
        return None
    if before.made_way:
        return before
    return _that_made_way(draft.conversation_id, answering=draft.answers_sequence)


def _that_made_way(conversation_id: int, *, answering: int) -> Draft | None:
    asked = Draft.objects.of_conversation(conversation_id).filter(answers_sequence=answering).exclude(instruction="")
    return asked.order_by("-id").first()


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
