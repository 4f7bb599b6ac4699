"""The other host: every request in a transaction, a user model of its own, a deep mount, WSGI only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WALK = "tests/hosts/deep/walk_the_dashboard.py"


@pytest.mark.slow
def test_the_dashboard_works_in_the_other_host():
    other = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.hosts.deep.settings"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--ds=tests.hosts.deep.settings", WALK]
    walked = subprocess.run(command, cwd=ROOT, env=other, capture_output=True, text=True, timeout=300)
    assert walked.returncode == 0, walked.stdout[-4_000:] + walked.stderr[-2_000:]
