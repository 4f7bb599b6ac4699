"""Background work of drafting."""

from __future__ import annotations

from cairnloop.core.jobs import RETRY_DATABASE, job
from cairnloop.drafting import generating


# No lock: a draft that waits for its moment must not hold up the conversation's other jobs. Saving decides who is late.
# What lets articles be found goes first: a draft is judged by what can be found when it is prepared.
@job(retry=RETRY_DATABASE, priority=-1)
def generate_draft(*, conversation_id: int, **_later: object) -> None:
    generating.generate_draft(conversation_id=conversation_id)
