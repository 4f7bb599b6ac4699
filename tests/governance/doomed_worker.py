"""A worker of the tests that is killed at the point it is told: `python -m tests.governance.doomed_worker DATABASE`."""

from __future__ import annotations

import os
import sys

from rigs.chaos.failpoints import die_at_each_named, points_of_actions


def main(database: str) -> None:
    """Work on a test database, with the tools of the tests."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.hosts.plain.settings"
    import django
    from django.conf import settings
    from django.test import override_settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()

    from tests.governance.tools import CAIRNLOOP

    override_settings(CAIRNLOOP=CAIRNLOOP).enable()
    die_at_each_named(points_of_actions())


if __name__ == "__main__":
    main(sys.argv[1])
