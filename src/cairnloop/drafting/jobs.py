"""Background work of drafting."""

from __future__ import annotations

from cairnloop.core.jobs import PRIORITY_DRAFTS, RETRY_DATABASE, job
from cairnloop.drafting import generating
from cairnloop.drafting.letting_finish import seconds_to_wait

MOST_PUT_OFF = 10
"""So often a draft waits for a customer who goes on writing. Then one is prepared for what is there."""


# No lock: a draft that waits for its moment must not hold up the conversation's other jobs. Saving decides who is late.
@job(retry=RETRY_DATABASE, priority=PRIORITY_DRAFTS)
def generate_draft(*, conversation_id: int, put_off: int = 0, **_later: object) -> None:
    seconds = seconds_to_wait(conversation_id) if put_off < MOST_PUT_OFF else 0
    if seconds:
        again = {"conversation_id": conversation_id, "put_off": put_off + 1}
        generate_draft.defer(in_seconds=seconds, once_as=str(conversation_id), **again)
        return
    generating.generate_draft(conversation_id=conversation_id)
