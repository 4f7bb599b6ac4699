"""Taking hold of one conversation for writing, and what every writer has to check there."""

from __future__ import annotations

from cairnloop.conversations.models import Conversation, Message
from cairnloop.core.actors import Actor, ActorKind
from cairnloop.core.errors import InvalidInput, NotAllowed, NotFound, StaleView

MISSED_LIMIT = 50


class OperatorNeeded(NotAllowed):
    """Only an operator, or the host's own code, may do this. Nothing was written."""

    code = "operator_needed"


class ImpossibleView(InvalidInput):
    """The last message that was seen is not in this conversation. Reload it and try again; nothing was written."""

    code = "impossible_view"


def hold_conversation(conversation_id: int, *, owner: Actor | None = None) -> Conversation:
    """Lock one conversation until the transaction ends and return it.

    With `owner`, a conversation of someone else does not exist: raises NotFound, as for an unknown id.
    """
    if not isinstance(conversation_id, int):
        raise InvalidInput(f"conversation_id is a number, not {type(conversation_id).__name__}. Nothing was written.")
    rows = Conversation.objects.locked()
    if owner is not None:
        rows = rows.owned_by(owner.ref)
    try:
        return rows.get(pk=conversation_id)
    except Conversation.DoesNotExist:
        raise NotFound from None


def refuse_stale_eyes(conversation: Conversation, *, by: Actor, seen_sequence: int | None) -> None:
    """Raise StaleView when the customer or a colleague wrote after `seen_sequence`; None means not asked for.

    Raises ImpossibleView for a sequence the conversation has not reached: nobody can have seen it.
    """
    if seen_sequence is None or seen_sequence == conversation.sequence:
        return
    if not 0 <= seen_sequence < conversation.sequence:
        raise ImpossibleView
    unseen = Message.objects.filter(conversation=conversation).unseen_by(by, after=seen_sequence).in_order()
    missed = tuple(unseen.values_list("sequence", flat=True)[:MISSED_LIMIT])
    if missed:
        raise StaleView(missed=missed)


def refuse_outsiders(by: Actor) -> None:
    """Raise OperatorNeeded unless an operator or the host's own code acts."""
    if not isinstance(by, Actor):
        raise OperatorNeeded(f"An Actor is needed to say who acts, not {type(by).__name__}. Nothing was written.")
    if by.kind not in (ActorKind.OPERATOR, ActorKind.SYSTEM):
        raise OperatorNeeded


def already_written(conversation: Conversation, client_id: str | None) -> Message | None:
    """Return the message an earlier try with this client id wrote, if any. The caller holds the conversation."""
    if client_id is None:
        return None
    return Message.objects.filter(conversation=conversation, client_id=client_id).first()
