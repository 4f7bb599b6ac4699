"""Taking hold of one conversation for writing, and what every writer has to check there."""

from __future__ import annotations

from cairnloop.conversations.models import Conversation, Message
from cairnloop.core.actors import Actor
from cairnloop.core.errors import InvalidInput, NotFound, StaleView
from cairnloop.core.guards import checked_id

MISSED_LIMIT = 50


class ClientIdTaken(InvalidInput):
    """This client id belongs to a message of another kind. Take a new one for this; nothing was written."""

    code = "client_id_taken"


class ImpossibleView(InvalidInput):
    """The last message that was seen is not in this conversation. Reload it and try again; nothing was written."""

    code = "impossible_view"


def hold_conversation(conversation_id: int, *, owner: Actor | None = None) -> Conversation:
    """Lock one conversation until the transaction ends and return it.

    With `owner`, a conversation of someone else does not exist: raises NotFound, as for an unknown id.
    """
    conversation_id = checked_id(conversation_id, name="conversation_id")
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
    if seen_sequence is None:
        return
    if not isinstance(seen_sequence, int) or isinstance(seen_sequence, bool):
        raise InvalidInput(f"seen_sequence is a number, not {type(seen_sequence).__name__}. Nothing was written.")
    if seen_sequence == conversation.sequence:
        return
    if not 0 <= seen_sequence < conversation.sequence:
        raise ImpossibleView
    unseen = Message.objects.filter(conversation=conversation).unseen_by(by, after=seen_sequence).in_order()
    missed = tuple(unseen.values_list("sequence", flat=True)[:MISSED_LIMIT])
    if missed:
        raise StaleView(missed=missed)


def already_written(conversation: Conversation, client_id: str | None, *, by: Actor, role: str) -> Message | None:
    """Return the message an earlier try of the same author wrote with this client id, if any.

    Everybody has client ids of their own: nobody can take another's, by chance or on purpose. The caller holds the
    conversation. Raises ClientIdTaken when the author wrote something of another kind with it.
    """
    if client_id is None:
        return None
    own = Message.objects.filter(conversation=conversation, author_kind=by.kind, author_ref=by.ref)
    earlier = own.filter(client_id=client_id).first()
    if earlier is not None and earlier.role != role:
        raise ClientIdTaken
    return earlier
