"""The busiest write in one statement: a customer's message to a conversation that is open."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from cairnloop.conversations.models import Conversation, Message
from cairnloop.core.actors import Actor

STATEMENT = """
WITH held AS (
    UPDATE {conversation}
    SET sequence = sequence + 1, public_sequence = public_sequence + 1, last_activity_at = %(at)s, changed_at = %(at)s,
        waiting_since = coalesce(waiting_since, %(at)s), customer_seen = public_sequence + 1, unread_answers = 0
    WHERE id = %(conversation_id)s AND customer_ref = %(customer_ref)s AND status = 'open'
    RETURNING id, sequence, public_sequence
)
INSERT INTO {message} (conversation_id, sequence, public_sequence, role, author_kind, author_ref, author_name, text,
    metadata, client_id, created_at)
SELECT id, sequence, public_sequence, 'customer', %(author_kind)s, %(customer_ref)s, %(author_name)s, %(text)s, '{{}}',
    %(client_id)s, %(at)s
FROM held
RETURNING id, sequence, public_sequence
"""


def append_from_customer(
    *, conversation_id: int, text: str, by: Actor, at: datetime, client_id: str | None
) -> Message | None:
    """Take the next sequences and write the message with them; None if the conversation is not open, or not theirs.

    The UPDATE holds the row until the transaction ends, as every other writer does. A client id that was written
    before raises IntegrityError: the caller's transaction is then of no more use.
    """
    values: dict[str, int | str | datetime | None] = {
        "conversation_id": conversation_id,
        "customer_ref": by.ref,
        "author_kind": by.kind,
        "author_name": by.name,
        "text": text,
        "client_id": client_id,
        "at": at,
    }
    tables = {"conversation": Conversation._meta.db_table, "message": Message._meta.db_table}
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT.format(**tables), values)
        written = cursor.fetchone()
    if written is None:
        return None
    message_id, sequence, public_sequence = written
    return Message(
        id=message_id,
        conversation_id=conversation_id,
        sequence=sequence,
        public_sequence=public_sequence,
        role=Message.Role.CUSTOMER,
        author_kind=by.kind,
        author_ref=by.ref,
        author_name=by.name,
        text=text,
        metadata={},
        client_id=client_id,
        created_at=at,
    )
