"""Striking the stack while recorded customers write: what was acknowledged is there, once, in order."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from rigs.chaos.strikes import Saboteur
from rigs.chaos.tally import Tally
from rigs.stack import Stack

if TYPE_CHECKING:
    from trailmark.replay.replaying import Replay

SETTLING_SECONDS = 180
"""The jobs of a worker that died are taken back within two minutes, and have to run then."""


def strike_dialogues(stack: Stack, options: argparse.Namespace, tally: Tally) -> Counter[str]:
    """Replay until it was struck often enough, settle, and count; return the strikes by kind."""
    stack.start_web()
    stack.start_worker()
    saboteur = Saboteur(stack, seed=options.seed)
    saboteur.start()
    resolved: list[int] = []
    round_number = 0
    while sum(saboteur.strikes.values()) < options.strikes and saboteur.is_alive():
        round_number += 1
        replay = asyncio.run(_replay(stack, options, round_number))
        tally.count("dialogues whole, in order, once", len(replay.dialogues), failed=len(replay.broken))
        for outcome in replay.broken[:5]:
            print(f"  {outcome.dialogue.id}: {'; '.join(outcome.flaws) or 'figures differ'}")
        resolved += _resolve_all(replay.run)
        print(_progress(round_number, replay, saboteur), flush=True)
    saboteur.stop()
    _settle(stack, resolved, tally)
    return saboteur.strikes


def verify_audit(stack: Stack, tally: Tally) -> None:
    """Verify every chain of the audit trail."""
    try:
        stack.manage("cairnloop_audit", "verify")
    except subprocess.CalledProcessError:
        tally.count("audit chain verified", 1, failed=1)
    else:
        tally.count("audit chain verified", 1, failed=0)


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


def _settle(stack: Stack, resolved: list[int], tally: Tally) -> None:
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
    tally.count("resolutions with one job, and it ran", len(resolved), failed=len(lost))


def _progress(round_number: int, replay: Replay, saboteur: Saboteur) -> str:
    whole = len(replay.dialogues) - len(replay.broken)
    return (
        f"Round {round_number}: {whole} of {len(replay.dialogues)} dialogues whole, {replay.reconnects} reconnects,"
        f" {sum(saboteur.strikes.values())} strikes so far"
    )
