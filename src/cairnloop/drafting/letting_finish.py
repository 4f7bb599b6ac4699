"""Letting a customer finish: a draft in the middle of what they write would be stale before anybody read it."""

from __future__ import annotations

import math
from datetime import datetime

from cairnloop.conf import get_settings

SOON = 0.5
"""Less than so many seconds is not worth another job."""


class StillWriting(Exception):
    """The customer may write on for so many seconds. Nothing was prepared."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def seconds_to_wait(written_at: datetime, *, now: datetime) -> int:
    """Return how many seconds who wrote may still be writing; 0 once they paused for DRAFT_WAIT_SECONDS."""
    pause = get_settings().draft_wait_seconds
    # The clock of who wrote may be ahead of ours: nobody waits for the difference.
    left = min(pause, pause - (now - written_at).total_seconds())
    return math.ceil(left) if left > SOON else 0
