"""A worker that is killed by the kernel at the step it is told: `python -m tests.drafting.doomed_worker DATABASE`.

Reads names of steps, one a line; for each a process of its own works off what waits, and ends with SIGKILL there.
"""

from __future__ import annotations

import os
import sys

from rigs.chaos.failpoints import Point, die_at_each_named

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
    die_at_each_named(points_of_drafts())


def points_of_drafts() -> dict[str, Point]:
    """Where a worker can die that prepares a draft, in their order."""
    from cairnloop.drafting import composing, generating, saving, sending

    return {
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


if __name__ == "__main__":
    main(sys.argv[1])
