"""A worker that is killed by the kernel at the step it is told: `python -m tests.drafting.doomed_worker DATABASE`.

Reads names of steps, one a line; for each a process of its own works off what waits, and ends with SIGKILL there.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

ALLOWING = "tests.drafting.support.AllowingPolicy"


def main(database: str) -> None:
    """Answer each step with how its worker ended."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.hosts.plain.settings"
    import django
    from django.conf import settings
    from django.test import override_settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()

    from tests.drafting.support import WORDS_ONLY

    override_settings(CAIRNLOOP={**WORDS_ONLY, "AUTOMATION_POLICY": ALLOWING}).enable()
    for line in sys.stdin:
        worker = os.fork()
        if worker == 0:
            work_until(line.strip())
        _, status = os.waitpid(worker, 0)
        print(signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "lived", flush=True)


def work_until(step: str) -> None:
    """Run what waits; whoever comes to the step is killed, as nobody can refuse."""
    from cairnloop.drafting import composing, generating, saving, sending
    from cairnloop.testing import run_waiting_jobs

    def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def dying_after(work: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given, **named: [work(*given, **named), die()][0]

    where: dict[str, tuple[Any, str, bool]] = {
        "begun": (generating, "gather_wanted", False),
        "loaded": (generating, "gather_wanted", True),
        "searched": (composing, "_search", True),
        "worded": (composing, "_word", True),
        "decided": (generating, "rule_on", True),
        "written": (saving, "_insert", True),
        "approved": (sending, "post_automatic_reply", False),
        "replied": (sending, "post_automatic_reply", True),
        "recorded": (saving, "_follow_verdict", True),
        "committed": (generating, "save_draft", True),
    }
    module, name, is_after = where[step]
    setattr(module, name, dying_after(getattr(module, name)) if is_after else die)
    run_waiting_jobs()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
