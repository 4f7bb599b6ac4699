"""The numbered points at which a worker that runs an action can be killed, and a worker that is."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

Point = tuple[Any, str, bool]
"""A module, the name of a function in it, and whether the worker dies after it."""

OUTSIDE: dict[str, tuple[str, bool]] = {
    "1 claiming": ("run_key_of", False),
    "2 claimed": ("_claim", True),
    "3 beginning": ("_note_begun", False),
    "4 begun": ("_begin", True),
    "5 called": ("call_tool", True),
    "6 ending": ("_move", True),
    "7 recorded": ("_keep", True),
    "8 ended": ("finish_execution", True),
}
"""Where a run that reaches outside dies, in their order: the function of `executing`, and whether after it."""
INSIDE: dict[str, tuple[str, bool]] = {
    "1 inside, claimed": ("_claim", True),
    "2 inside, begun": ("_note_begun", True),
    "3 inside, written": ("_effect", True),
    "4 inside, recorded": ("_keep", True),
    "5 inside, committed": ("_run_inside", True),
}
"""Where a run that only writes this database dies."""
AMBIGUOUS = {"4 begun": 0, "5 called": 1, "6 ending": 1, "7 recorded": 1}
"""Points after which nobody can know whether it happened, and how often it did."""


def die_at_each_named(points: Mapping[str, Point]) -> None:
    """Answer each line of input, the name of a point, with how the worker ended that was to be killed there."""
    for line in sys.stdin:
        worker = os.fork()
        if worker == 0:
            work_until(*points[line.strip()])
        _, status = os.waitpid(worker, 0)
        print(signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "lived", flush=True)


def points_of_actions() -> dict[str, Point]:
    """Where a worker can die that runs an action."""
    from cairnloop.governance import executing

    return {point: (executing, name, is_after) for point, (name, is_after) in {**OUTSIDE, **INSIDE}.items()}


def work_until(module: Any, name: str, is_after: bool) -> NoReturn:
    """Run what waits, in a worker that is killed where it comes to a function, or leaves it."""
    from cairnloop.testing import run_waiting_jobs

    def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def dying_after(work: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given, **named: die(work(*given, **named))

    setattr(module, name, dying_after(getattr(module, name)) if is_after else die)
    run_waiting_jobs()
    os._exit(0)


def main() -> None:
    """`python -m rigs.chaos.failpoints`: a worker of the rig, killed again and again."""
    import django

    django.setup()
    die_at_each_named(points_of_actions())


if __name__ == "__main__":
    main()
