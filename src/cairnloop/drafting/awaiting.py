"""What a customer's message finds: a draft that answers an earlier one, and a job that will prepare the next."""

from __future__ import annotations

from django.db import connection

from cairnloop.core.jobs import WAITS
from cairnloop.drafting.jobs import generate_draft

HAS_OPEN = "EXISTS (SELECT 1 FROM cairnloop_draft WHERE conversation_id = %s AND status IN ('pending', 'failed'))"


def open_and_coming(conversation_id: int) -> tuple[bool, bool]:
    """Return whether an operator has a draft before them, and whether a job waits that will prepare one.

    Every message asks both, so in one statement of plain SQL.
    """
    once_only = generate_draft.once_only(str(conversation_id))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {HAS_OPEN}, {WAITS}", [conversation_id, once_only])
        is_open, is_coming = cursor.fetchone()
    return is_open, is_coming
