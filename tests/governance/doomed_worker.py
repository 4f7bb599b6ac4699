"""A worker that is killed by the kernel at the step it is told: `python -m tests.governance.doomed_worker DATABASE`.

Reads names of steps, one a line; for each a process of its own works off what waits, and ends with SIGKILL there.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

STEPS: dict[str, tuple[str, bool]] = {
    "claiming": ("run_key_of", False),
    "claimed": ("_claim", True),
    "beginning": ("_note_begun", False),
    "begun": ("_begin", True),
    "called": ("call_tool", True),
    "ending": ("_move", True),
    "recorded": ("_keep", True),
    "ended": ("finish_execution", True),
}
"""Where a run that reaches outside dies, in their order: the function of `executing`, and whether after it."""
INSIDE: dict[str, tuple[str, bool]] = {
    "inside claimed": ("_claim", True),
    "inside begun": ("_note_begun", True),
    "inside written": ("_effect", True),
    "inside kept": ("_keep", True),
    "inside committed": ("_run_inside", True),
}
"""Where a run that only writes this database dies."""


def main(database: str) -> None:
    """Answer each step with how its worker ended."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.hosts.plain.settings"
    import django
    from django.conf import settings
    from django.test import override_settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()

    from tests.governance.tools import CAIRNLOOP

    override_settings(CAIRNLOOP=CAIRNLOOP).enable()
    for line in sys.stdin:
        worker = os.fork()
        if worker == 0:
            work_until(line.strip())
        _, status = os.waitpid(worker, 0)
        print(signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "lived", flush=True)


def work_until(step: str) -> None:
    """Run what waits; whoever comes to the step is killed, as nobody can refuse."""
    from cairnloop.governance import executing
    from cairnloop.testing import run_waiting_jobs

    def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def dying_after(work: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given, **named: [work(*given, **named), die()][0]

    name, is_after = {**STEPS, **INSIDE}[step]
    setattr(executing, name, dying_after(getattr(executing, name)) if is_after else die)
    run_waiting_jobs()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
