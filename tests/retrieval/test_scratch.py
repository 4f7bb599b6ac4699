"""The database of an evaluation that was killed is dropped by the next one, and no other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.db import connection

from cairnloop.retrieval.evaluating import scratch


def databases() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def left() -> Iterator[list[str]]:
    """Empty databases with the names that are asked for; gone afterwards."""
    names: list[str] = []
    yield names
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def make(left: list[str], suffix: object) -> str:
    name = f"cairnloop_evaluate_{suffix}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    left.append(name)
    return name


def a_process_that_ended() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.django_db(transaction=True)
class TestTheScratchDatabase:
    def test_drops_what_a_killed_evaluation_left(self, left):
        name = make(left, a_process_that_ended())
        with scratch.scratch_database():
            assert name not in databases()

    def test_leaves_that_of_a_running_process_and_others_alone(self, left):
        running, other = make(left, os.getppid()), make(left, "of_a_colleague")
        scratch.drop_stale()
        assert {running, other} <= databases()

    def test_leaves_one_alone_that_somebody_is_connected_to(self, left):
        name = make(left, a_process_that_ended())
        connected = connection.copy()
        connected.settings_dict = {**connection.settings_dict, "NAME": name}
        try:
            connected.ensure_connection()
            scratch.drop_stale()
            assert name in databases()
        finally:
            connected.close()
