"""The same promises in the other host: ATOMIC_REQUESTS, its own user model, mounted deep, WSGI without sockets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAME_TESTS = {
    "conversations on the dashboard": ["tests/web/conversation", "tests/web/search"],
    "every door, and what stands behind them": [
        "tests/test_authorisation.py",
        "tests/conversations/test_messaging.py",
        "tests/conversations/test_opening.py",
        "tests/conversations/test_queueing.py",
        "tests/conversations/test_resolving.py",
        "tests/core/test_transactions.py",
        "tests/core/test_jobs.py",
        "tests/audit/test_recording.py",
        "tests/hosts/deep/walk_the_dashboard.py",
    ],
}
"""What a host's settings, users and URLs can change; the rest would be the same tests twice. Each is a run of its own,
one for each of two processes: every further one would set the host up once more."""
LEFT_OUT = "not browser and not slow"


@pytest.mark.slow
class TestTheDeepHost:
    @pytest.mark.parametrize("same", SAME_TESTS)
    def test_keeps_the_same_promises(self, same):
        command = [sys.executable, "-m", "pytest", "--ds=tests.hosts.deep.settings", *SAME_TESTS[same], "-m", LEFT_OUT]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.hosts.deep.settings"}
        ran = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=900
        )
        assert ran.returncode == 0, ran.stdout[-4000:]
        assert " passed" in ran.stdout.splitlines()[-1]
