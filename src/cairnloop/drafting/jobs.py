"""Background work of drafting."""

from __future__ import annotations

from cairnloop.core.jobs import PRIORITY_DRAFTS, RETRY_DATABASE, job
from cairnloop.drafting import generating


# No lock: a draft that waits for its moment must not hold up the conversation's other jobs. Saving decides who is late.
@job(retry=RETRY_DATABASE, priority=PRIORITY_DRAFTS)
def generate_draft(*, conversation_id: int, **_later: object) -> None:
    generating.generate_draft(conversation_id=conversation_id)
