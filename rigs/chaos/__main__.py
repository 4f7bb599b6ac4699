"""`python -m rigs.chaos`: strike the stack while it works and print "N passed, N failed"."""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from pathlib import Path

import django

from rigs.chaos.tally import Tally
from rigs.payments import serving_payments
from rigs.stack import EXAMPLE, ROOT, Stack

SAMPLE = ROOT / "tests" / "trailmark" / "data"
SECTIONS = ("dialogues", "actions")


def main() -> int:
    """Strike, settle, count; 1 when anything acknowledged was lost, doubled or out of order, or happened twice."""
    options = _options()
    print(f"Seed {options.seed}: run again with --seed {options.seed} for the same choices.", flush=True)
    tally = Tally()
    strikes: Counter[str] = Counter()
    with serving_payments() as service, Stack() as stack:
        stack.move_in()
        django.setup()
        # Only now: these import models.
        from rigs.chaos.actions import strike_actions
        from rigs.chaos.dialogues import strike_dialogues, verify_audit

        stack.manage("seed")
        if "dialogues" in options.only:
            strikes += strike_dialogues(stack, options, tally)
        if "actions" in options.only:
            strikes += strike_actions(stack, service, options, tally)
        verify_audit(stack, tally)

    print("\nStrikes")
    for kind, times in sorted(strikes.items()):
        print(f"  {times:>5}  {kind}")
    tally.show()
    return 1 if tally.failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--dialogues", type=Path, default=SAMPLE, help="directory with dialogues.jsonl")
    parser.add_argument("--limit", type=int, default=None, help="use so many of them")
    parser.add_argument(
        "--strikes", type=int, default=40, help="go on until so many, during dialogues and actions each"
    )
    parser.add_argument("--runs", type=int, default=10, help="kill the worker so often at each point of an action")
    parser.add_argument("--speed", type=float, default=40.0, help="how much faster than people; 0 for no pauses")
    parser.add_argument("--concurrency", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    return parser.parse_args()


if __name__ == "__main__":
    sys.path.insert(0, str(EXAMPLE))
    sys.exit(main())
