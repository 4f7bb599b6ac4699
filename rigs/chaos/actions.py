"""Killing workers while they run actions: outside nothing happens twice, inside it happens exactly once.

First a worker is killed at every numbered point, again and again; then workers and the database are struck at random
while actions are proposed and approved. What they leave is worked off by an ordinary worker and its clock.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q
from django.utils import timezone

import cairnloop
from cairnloop.models import AuditEntry, ToolApproval, ToolExecution, ToolProposal
from cairnloop.testing import run_waiting_jobs
from payment_service import Mood, PaymentService
from rigs.chaos.failpoints import AMBIGUOUS, INSIDE, OUTSIDE
from rigs.chaos.strikes import Saboteur
from rigs.chaos.tally import Tally
from rigs.stack import ROOT, Stack
from rigs.staff import DECIDES, PROPOSES, make_staff
from trailmark.models import Charge, Workspace

SETTLING_SECONDS = 420
"""Workers count as lost after half a minute, runs as unseen after a minute, and the clock looks once a minute."""
PATIENCE_SECONDS = 90
SEATS = 3
MOODS = (
    Mood(),
    Mood("slow", "before", seconds=0.4),
    Mood("slow", "after", seconds=0.4),
    Mood("error", "before"),
    Mood("error", "after"),
    Mood("hang_up", "before"),
    Mood("hang_up", "after"),
)
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Act:
    """An action under way, and where its worker was killed; empty where chance decided."""

    proposal: int
    workspace: int
    is_outside: bool
    point: str = ""


def strike_actions(stack: Stack, service: PaymentService, options: argparse.Namespace, tally: Tally) -> Counter[str]:
    """Kill, settle and count; return the strikes by kind."""
    # Each worker is to die at its own action, not at one that waited before.
    stack.kill_worker()
    run_waiting_jobs()
    staff = _Staff(f"chaos-{options.seed}")
    acts, kills = _at_every_point(stack, staff, runs=options.runs)
    more, strikes = _at_random(stack, service, staff, options)
    acts += more
    _settle(stack, acts)
    for act in acts:
        _judge(act, service, tally)
    return kills + strikes


class _Staff:
    """One who proposes and one who approves; each does it again where the database was away, as people would."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._operator = make_staff(f"{name}-operator", PROPOSES)
        self._lead = make_staff(f"{name}-lead", DECIDES)

    def approved(self, number: int, *, is_outside: bool, point: str = "") -> Act:
        """Have an action of its own workspace proposed and approved."""
        slug = f"{self._name}-{number}"
        workspace, _ = _insist(
            lambda: Workspace.objects.get_or_create(slug=slug, defaults={"name": slug, "plan": "Team", "seats": 1})
        )
        given: dict[str, object] = {"seats": SEATS}
        if is_outside:
            given = {"charge": f"ch_{slug}"}
            new = {"workspace": workspace, "amount_cents": 100, "what_for": "Team", "captured_at": timezone.now()}
            _insist(lambda: Charge.objects.get_or_create(reference=f"ch_{slug}", defaults=new))
        tool = "refund_charge" if is_outside else "grant_seats"
        proposal = _insist(
            lambda: cairnloop.propose_tool(
                tool=tool, input=given, by=self._operator, account_ref=slug, dedupe_token=slug
            )
        )
        _insist(lambda: self._approve(proposal))
        return Act(proposal.pk, workspace.pk, is_outside, point)

    def _approve(self, proposal: ToolProposal) -> None:
        asked = ToolApproval.objects.get(proposal=proposal)
        # Approved already where the connection broke after the commit.
        if asked.status == ToolApproval.Status.PENDING:
            cairnloop.approve_tool(approval_id=asked.pk, by=self._lead, seen_digest=asked.digest)


def _insist(ask: Callable[[], Found]) -> Found:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _at_every_point(stack: Stack, staff: _Staff, *, runs: int) -> tuple[list[Act], Counter[str]]:
    acts: list[Act] = []
    kills: Counter[str] = Counter()
    with _doomed(stack) as die_at:
        for run in range(1, runs + 1):
            for point in (*OUTSIDE, *INSIDE):
                acts.append(staff.approved(len(acts), is_outside=point in OUTSIDE, point=point))
                die_at(point)
                kills[f"kill -9 of a worker at {point}"] += 1
            print(f"Run {run} of {runs}: a worker killed at each of {len(OUTSIDE) + len(INSIDE)} points", flush=True)
    # Dead for long: so their jobs come again at the next minute, before anybody counts their runs as unseen.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    return acts, kills


@contextmanager
def _doomed(stack: Stack) -> Iterator[Callable[[str], None]]:
    with subprocess.Popen(
        [sys.executable, "-m", "rigs.chaos.failpoints"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=stack.environment(),
    ) as workers:
        assert workers.stdin and workers.stdout

        def die_at(point: str) -> None:
            assert workers.stdin and workers.stdout
            workers.stdin.write(f"{point}\n")
            workers.stdin.flush()
            ended = workers.stdout.readline().strip()
            if ended != "SIGKILL":
                raise RuntimeError(f"The worker that was to be killed at {point!r} ended otherwise: {ended!r}")

        yield die_at
        workers.stdin.close()


def _at_random(
    stack: Stack, service: PaymentService, staff: _Staff, options: argparse.Namespace
) -> tuple[list[Act], Counter[str]]:
    chance = random.Random(options.seed)
    stack.start_worker()
    saboteur = Saboteur(stack, seed=options.seed, spares_web=True)
    saboteur.start()
    acts: list[Act] = []
    while sum(saboteur.strikes.values()) < options.strikes and saboteur.is_alive():
        service.mood = chance.choice(MOODS)
        service.mood.times = 1
        acts.append(staff.approved(100_000 + len(acts), is_outside=chance.random() < 0.7))
        if len(acts) % 50 == 0:
            print(f"{len(acts)} actions approved, {sum(saboteur.strikes.values())} strikes so far", flush=True)
    saboteur.stop()
    connection.close()
    service.mood = Mood()
    return acts, saboteur.strikes


def _settle(stack: Stack, acts: list[Act]) -> None:
    """Let an ordinary worker and its clock finish, until nothing is under way or open."""
    if stack.worker is None or stack.worker.poll() is not None:
        stack.start_worker()
    deadline = time.monotonic() + SETTLING_SECONDS
    told = time.monotonic()
    while (open_ones := _open(acts)) and time.monotonic() < deadline:
        if time.monotonic() > told + 20:
            told = time.monotonic()
            print(f"{open_ones} of {len(acts)} actions wait to be worked off or looked up", flush=True)
        time.sleep(1)


def _open(acts: list[Act]) -> int:
    # One whose tool knows of nothing stays unknown for a while: what was asked for might still be under way.
    over = Q(status__in=(ToolExecution.Status.SUCCEEDED, ToolExecution.Status.FAILED)) | Q(
        status="unknown", asked__gt=0
    )
    ended = ToolExecution.objects.filter(over, proposal__in=[act.proposal for act in acts])
    return len(acts) - ended.values("proposal").distinct().count()


def _judge(act: Act, service: PaymentService, tally: Tally) -> None:
    trail = Counter(AuditEntry.objects.filter(stream=f"tool_proposal:{act.proposal}").values_list("action", flat=True))
    runs = list(ToolExecution.objects.filter(proposal=act.proposal))
    stands = [run.status for run in runs]
    about = f"proposal {act.proposal} at {act.point or 'random'}: {stands} {dict(trail)}"
    tally.check(
        "actions run once, and their trail says so", stands != [] and trail["tool.run_begun"] == 1, else_say=about
    )
    workspace = Workspace.objects.get(pk=act.workspace)
    if not act.is_outside:
        is_right = workspace.seats == 1 + SEATS and stands == ["succeeded"] and not trail["tool.run_unknown"]
        tally.check("effects inside the database are exactly one", is_right, else_say=f"{workspace.seats} {about}")
        return
    charge = workspace.charges.get()
    refunds = service.ledger.refunds(charge.reference)
    asked = max((service.asked[run.run_key] for run in runs), default=0)
    about = f"{about}, asked {asked} times, {len(refunds)} refunds"
    tally.check("effects outside are never more than one", asked <= 1 and len(refunds) <= 1, else_say=about)
    is_told = ("succeeded" in stands) == (len(refunds) == 1)
    tally.check("what was recorded is what happened", is_told, else_say=about)
    if act.point in AMBIGUOUS:
        is_right = trail["tool.run_unknown"] == 1 and asked == AMBIGUOUS[act.point]
        tally.check("ambiguous attempts are listed as unknown", is_right, else_say=about)
    elif act.point:
        is_right = stands == ["succeeded"] and not trail["tool.run_unknown"]
        tally.check("attempts that had not begun, or had ended, leave no doubt", is_right, else_say=about)
