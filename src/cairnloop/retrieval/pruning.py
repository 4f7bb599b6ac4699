"""Gap events end after a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from cairnloop.core.transactions import command
from cairnloop.retrieval.models import GapEvent

BATCH = 1_000


def prune_gap_events(*, now: datetime, older_than_days: int) -> int:
    """Delete gap events that occurred more than `older_than_days` before `now`; return how many. Safe to run twice.

    A batch is a transaction of its own: an interruption loses at most the batch it is in.
    """
    total = 0
    while deleted := _prune_batch(before=now - timedelta(days=older_than_days)):
        total += deleted
    return total


@command
def _prune_batch(*, before: datetime) -> int:
    oldest = GapEvent.objects.filter(occurred_at__lt=before).order_by("occurred_at").values_list("pk", flat=True)
    deleted, _ = GapEvent.objects.filter(pk__in=list(oldest[:BATCH])).delete()
    return deleted
