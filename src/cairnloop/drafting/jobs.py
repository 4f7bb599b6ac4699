"""Background work of drafting."""

from __future__ import annotations

from cairnloop.core.jobs import PRIORITY_DRAFTS, RETRY_DATABASE, job
from cairnloop.drafting import generating
from cairnloop.drafting.letting_finish import StillWriting

MOST_PUT_OFF = 10
"""So often a draft waits for a customer who goes on writing. Then one is prepared for what is there."""


# No lock: a draft that waits for its moment must not hold up the conversation's other jobs. Saving decides who is late.
@job(retry=RETRY_DATABASE, priority=PRIORITY_DRAFTS)
def generate_draft(*, conversation_id: int, put_off: int = 0, **_later: object) -> None:
    try:
        generating.generate_draft(conversation_id=conversation_id, may_wait=put_off < MOST_PUT_OFF)
    except StillWriting as writing:
        again = {"conversation_id": conversation_id, "put_off": put_off + 1}
        generate_draft.defer(in_seconds=writing.seconds, once_as=str(conversation_id), **again)
