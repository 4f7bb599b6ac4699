"""Letting a customer finish: a draft in the middle of what they write would be stale before anybody read it."""

from __future__ import annotations

import math

from django.utils import timezone

from cairnloop.conf import get_settings
from cairnloop.conversations.models import Message

SOON = 0.5
"""Less than so many seconds is not worth another job."""


def seconds_to_wait(conversation_id: int) -> int:
    """Return how many seconds the customer may still be writing; 0 once they paused for DRAFT_WAIT_SECONDS."""
    written = Message.objects.filter(conversation=conversation_id, role=Message.Role.CUSTOMER).order_by("-sequence")
    last = written.values_list("created_at", flat=True).first()
    if last is None:
        return 0
    left = get_settings().draft_wait_seconds - (timezone.now() - last).total_seconds()
    return math.ceil(left) if left > SOON else 0
