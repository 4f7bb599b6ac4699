"""Housekeeping that the workers start by the clock."""

from __future__ import annotations

from django.utils import timezone

from cairnloop.audit import standing
from cairnloop.conf import get_settings
from cairnloop.core import jobs
from cairnloop.core.jobs import periodic
from cairnloop.retrieval import pruning


@periodic(cron="* * * * *", priority=jobs.PRIORITY_RESCUE)
async def rescue_stalled_jobs() -> None:
    await jobs.rescue_stalled_jobs()


@periodic(cron="17 * * * *")
async def prune_finished_jobs() -> None:
    await jobs.prune_finished_jobs(older_than_hours=get_settings().finished_jobs_hours)


@periodic(cron="*/5 * * * *")
def seal_audit_trail() -> None:
    standing.seal_and_verify(now=timezone.now())


@periodic(cron="41 3 * * *")
def verify_audit_trail() -> None:
    standing.verify_all(now=timezone.now())


@periodic(cron="23 4 * * *")
def prune_gap_events() -> None:
    pruning.prune_gap_events(now=timezone.now(), older_than_days=get_settings().gap_events_days)
