"""A worker whose generator never returns for one question: `python -m tests.drafting.hung_worker DATABASE`."""

from __future__ import annotations

import os
import sys
from threading import Event

HERE = "tests.drafting.hung_worker"


class HangingGenerator:
    """Never returns where seats are asked about."""

    def generate(self, *, request: object) -> object:
        """Hang, or raise."""
        if "taken" in getattr(request, "question", ""):
            Event().wait()
        raise RuntimeError


def main(database: str) -> None:
    """Work off what waits until somebody ends it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.hosts.plain.settings"
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.test import override_settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()

    from tests.drafting.support import WORDS_ONLY

    hanging = {"DRAFT_GENERATOR": f"{HERE}.HangingGenerator", "DRAFT_GENERATOR_SECONDS": 1}
    override_settings(CAIRNLOOP={**WORDS_ONLY, **hanging}).enable()
    call_command("procrastinate", "worker")


if __name__ == "__main__":
    main(sys.argv[1])
