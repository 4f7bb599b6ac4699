"""`python -m rigs.chaos`: strike the stack during a replay and print "N passed, N failed"."""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import django

from rigs.chaos.strikes import Saboteur
from rigs.stack import EXAMPLE, ROOT, Stack

if TYPE_CHECKING:
    from trailmark.replay.replaying import Replay

SAMPLE = ROOT / "tests" / "trailmark" / "data"
SETTLING_SECONDS = 90


def main() -> int:
    """Replay, strike, settle, count; 1 when anything acknowledged was lost, doubled or out of order."""
    options = _options()
    print(f"Seed {options.seed}: run again with --seed {options.seed} for the same choices.", flush=True)
    checks: dict[str, tuple[int, int]] = {}
    with Stack() as stack:
        stack.move_in()
        django.setup()
        stack.manage("seed")
        stack.start_web()
        stack.start_worker()
        saboteur = Saboteur(stack, seed=options.seed)
        saboteur.start()
        resolved: list[int] = []
        round_number = 0
        while sum(saboteur.strikes.values()) < options.strikes and saboteur.is_alive():
            round_number += 1
            replay = asyncio.run(_replay(stack, options, round_number))
            _count(checks, "dialogues whole, in order, once", len(replay.dialogues), len(replay.broken))
            for outcome in replay.broken[:5]:
                print(f"  {outcome.dialogue.id}: {'; '.join(outcome.flaws) or 'figures differ'}")
            resolved += _resolve_all(replay.run)
            print(_progress(round_number, replay, saboteur), flush=True)
        saboteur.stop()
        _settle(stack, resolved, checks)
        _verify_audit(stack, checks)

    print("\nStrikes")
    for kind, times in sorted(saboteur.strikes.items()):
        print(f"  {times:>4}  {kind}")
    print("\nWhat was kept")
    for name, (passed, failed) in checks.items():
        print(f"  {passed:>4} passed, {failed} failed  {name}")
    passed, failed = (sum(each[index] for each in checks.values()) for index in (0, 1))
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


async def _replay(stack: Stack, options: argparse.Namespace, round_number: int) -> Replay:
    from trailmark.replay.dialogues import read_dialogues
    from trailmark.replay.replaying import Replay

    replay = Replay(
        dialogues=read_dialogues(options.dialogues, limit=options.limit),
        url=f"ws://127.0.0.1:{stack.port}/support/widget/socket/",
        run=f"chaos{options.seed}.{round_number}",
        speed=options.speed,
        concurrency=options.concurrency,
    )
    await replay.play()
    return replay


def _resolve_all(run: str) -> list[int]:
    """Resolve the round's conversations, trying again while the database restarts, as an operator would."""
    from django.db import InterfaceError, OperationalError, connection

    import cairnloop
    from cairnloop.models import Conversation

    operator = cairnloop.Actor.operator("1", name="Ada Brandt")
    resolved: list[int] = []
    deadline = time.monotonic() + SETTLING_SECONDS
    pending: list[int] | None = None
    while pending is None or pending:
        try:
            if pending is None:
                mine = Conversation.objects.filter(customer_ref__startswith=f"replay:{run}:")
                pending = list(mine.values_list("pk", flat=True))
            while pending:
                # Refused where it was committed before the connection broke.
                with suppress(cairnloop.InvalidTransition):
                    cairnloop.resolve_conversation(conversation_id=pending[-1], by=operator)
                resolved.append(pending.pop())
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
    return resolved


def _settle(stack: Stack, resolved: list[int], checks: dict[str, tuple[int, int]]) -> None:
    """Let the worker finish, then look for one succeeded notification per resolved conversation."""
    from django.db import connection

    connection.close()
    notified: dict[int, list[str]] = {}
    deadline = time.monotonic() + SETTLING_SECONDS
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (args->>'conversation_id')::bigint, array_agg(status::text) FROM procrastinate_jobs"
                " WHERE task_name = 'cairnloop:conversations.notify_resolved' GROUP BY 1"
            )
            notified = dict(cursor.fetchall())
        if all(notified.get(each) == ["succeeded"] for each in resolved):
            break
        if stack.worker is None or stack.worker.poll() is not None:
            stack.start_worker()
        time.sleep(1)
    lost = [each for each in resolved if notified.get(each) != ["succeeded"]]
    for each in lost[:5]:
        print(f"  conversation {each}: jobs {notified.get(each)}")
    _count(checks, "resolutions with one job, and it ran", len(resolved), len(lost))


def _verify_audit(stack: Stack, checks: dict[str, tuple[int, int]]) -> None:
    try:
        stack.manage("cairnloop_audit", "verify")
    except subprocess.CalledProcessError:
        _count(checks, "audit chain verified", 1, 1)
    else:
        _count(checks, "audit chain verified", 1, 0)


def _count(checks: dict[str, tuple[int, int]], name: str, total: int, failed: int) -> None:
    before = checks.get(name, (0, 0))
    checks[name] = (before[0] + total - failed, before[1] + failed)


def _progress(round_number: int, replay: Replay, saboteur: Saboteur) -> str:
    whole = len(replay.dialogues) - len(replay.broken)
    return (
        f"Round {round_number}: {whole} of {len(replay.dialogues)} dialogues whole, {replay.reconnects} reconnects,"
        f" {sum(saboteur.strikes.values())} strikes so far"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--dialogues", type=Path, default=SAMPLE, help="directory with dialogues.jsonl")
    parser.add_argument("--limit", type=int, default=None, help="use so many of them")
    parser.add_argument("--strikes", type=int, default=40, help="go on until so many")
    parser.add_argument("--speed", type=float, default=40.0, help="how much faster than people; 0 for no pauses")
    parser.add_argument("--concurrency", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    return parser.parse_args()


if __name__ == "__main__":
    sys.path.insert(0, str(EXAMPLE))
    sys.exit(main())
