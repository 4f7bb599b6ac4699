"""Background work of conversations."""

from __future__ import annotations

from cairnloop.conversations import notifying
from cairnloop.core.jobs import RETRY_NETWORK, job


@job(retry=RETRY_NETWORK, lock_on="conversation_id")
def notify_resolved(*, conversation_id: int, **_later: object) -> None:
    notifying.notify_resolved(conversation_id=conversation_id)
