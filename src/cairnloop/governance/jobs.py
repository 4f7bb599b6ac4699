"""Background work of governed actions."""

from __future__ import annotations

from django.utils import timezone

from cairnloop.core.jobs import RETRY_DATABASE, job, periodic
from cairnloop.governance import executing, expiring, reconciling


# It may run again after a worker died: the row of the execution decides whether anything is left to do.
@job(retry=RETRY_DATABASE, lock_on="proposal_id")
def execute_tool(*, proposal_id: int, **_later: object) -> None:
    executing.execute_proposal(proposal_id=proposal_id)


@periodic(cron="* * * * *")
def expire_approvals() -> None:
    expiring.expire_approvals(now=timezone.now())


@periodic(cron="* * * * *")
def reconcile_executions() -> None:
    reconciling.reconcile_executions(now=timezone.now())
