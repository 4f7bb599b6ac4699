"""How fast actions are proposed, against the bare rows that implies, and how soon they have run once approved."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.utils import timezone

import cairnloop
from cairnloop.models import ToolApproval, ToolExecution, ToolProposal
from payment_service import PaymentService
from rigs.bench.report import Report, milliseconds, percentile
from rigs.stack import Stack
from rigs.staff import DECIDES, PROPOSES, make_staff
from trailmark.models import Workspace

PROPOSALS = 400
RUNS = 100
WARM_UP = 5
PATIENCE_SECONDS = 30
POLL_SECONDS = 0.002
SLOWEST_RUN_SECONDS = 0.2
KINDS = {"grant_seats": "only writes the database: the effect is tried out", "refund_charge": "asks a service"}

Insert = tuple[str, tuple[Any, ...]]


def measure(report: Report, stack: Stack, service: PaymentService) -> None:
    """Print the rate of proposals of either kind against its floor, and the time from approval to the end."""
    # Somebody else's worker would share the machine.
    stack.kill_worker()
    desk = _Desk()
    report.section("Proposals: gates, snapshot, effect tried out, audit; durable commits")
    for tool, what in KINDS.items():
        inserts = _inserts_of(lambda tool=tool: desk.propose(tool))  # type: ignore[misc]
        floor = _rate(lambda inserts=inserts: _insert_bare(inserts))  # type: ignore[misc]
        ours = _rate(lambda tool=tool: desk.propose(tool))  # type: ignore[misc]
        report.figure(f"floor: its {len(inserts)} INSERTs in a transaction", f"{floor:.0f}/s")
        report.figure(f"propose_tool, {what}", f"{ours:.0f}/s")
        report.figure("rate against the floor", f"{ours / floor:.2f}")
    report.section("From the approval's commit to the end of the run, by an idle worker")
    stack.start_worker()
    for tool, what in KINDS.items():
        spent = [desk.run(tool) for _ in range(RUNS + WARM_UP)][WARM_UP:]
        slowest = percentile(spent, 0.95)
        report.figure(f"p50 of {RUNS}, {what}", milliseconds(percentile(spent, 0.5)))
        report.promise("p95", milliseconds(slowest), kept=slowest <= SLOWEST_RUN_SECONDS, target="<= 200 ms")
    stack.kill_worker()


class _Desk:
    """One proposes, another approves; each action has a workspace of its own."""

    def __init__(self) -> None:
        self._operator = make_staff("bench-operator", PROPOSES)
        self._lead = make_staff("bench-lead", DECIDES)
        made = [Workspace(slug=f"bench-{number}", name="Bench", plan="Team", seats=5) for number in range(2_500)]
        self._workspaces = iter(Workspace.objects.bulk_create(made))

    def propose(self, tool: str) -> ToolProposal:
        workspace = next(self._workspaces)
        given: dict[str, Any] = {"seats": 2}
        if tool == "refund_charge":
            given = {"charge": f"ch_{workspace.slug}"}
            workspace.charges.create(
                reference=given["charge"], what_for="Team", amount_cents=100, captured_at=timezone.now()
            )
        return cairnloop.propose_tool(tool=tool, input=given, by=self._operator, account_ref=workspace.slug)

    def run(self, tool: str) -> float:
        """Propose, approve, and return how long it took from there, in seconds."""
        asked = ToolApproval.objects.get(proposal=self.propose(tool))
        cairnloop.approve_tool(approval_id=asked.pk, by=self._lead, seen_digest=asked.digest)
        approved = time.perf_counter()
        ended = ToolExecution.objects.filter(proposal=asked.proposal_id, status=ToolExecution.Status.SUCCEEDED)
        while not ended.exists():
            if time.perf_counter() > approved + PATIENCE_SECONDS:
                raise RuntimeError(f"{tool} was approved and did not run.")
            time.sleep(POLL_SECONDS)
        return time.perf_counter() - approved


def _inserts_of(propose: Callable[[], ToolProposal]) -> list[Insert]:
    """Return the INSERTs of one proposal that stay, with their values as the database got them."""
    seen: list[Insert] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT INTO") and '"cairnloop_' in sql:
            seen.append((sql, tuple(params)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        proposal = propose()
    by_hand = {proposal.repeat_key: "{new}", f"tool_proposal:{proposal.pk}": "{subject}", proposal.pk: "{pk}"}
    return [
        (sql, tuple(by_hand.get(each, each) if type(each) in (str, int) else each for each in values))
        for sql, values in seen
    ]


def _insert_bare(inserts: list[Insert]) -> None:
    new, pk = uuid4().hex * 2, None
    with transaction.atomic(), connection.cursor() as cursor:
        for sql, values in inserts:
            now = {"{new}": new, "{pk}": pk, "{subject}": f"tool_proposal:bare-{new[:12]}"}
            cursor.execute(sql, [now.get(each, each) if isinstance(each, str) else each for each in values])
            pk = pk or cursor.fetchone()[0]


def _rate(work: Callable[[], object]) -> float:
    work()
    began = time.perf_counter()
    for _ in range(PROPOSALS):
        work()
    return PROPOSALS / (time.perf_counter() - began)
