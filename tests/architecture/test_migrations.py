from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from cairnloop.testing import allow_flush


@pytest.mark.django_db
class TestMigrations:
    def test_are_complete(self):
        from django.apps import apps

        loader = MigrationLoader(connection)
        changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(
            graph=loader.graph
        )
        assert "cairnloop" not in changes


@pytest.mark.django_db(transaction=True)
class TestReversing:
    def test_takes_every_table_away_and_brings_it_back(self):
        def tables() -> set[str]:
            return {name for name in connection.introspection.table_names() if name.startswith("cairnloop_")}

        before = tables()
        assert before
        try:
            call_command("migrate", "cairnloop", "zero", verbosity=0)
            assert tables() == set()
        finally:
            call_command("migrate", "cairnloop", verbosity=0)
            allow_flush()
        assert tables() == before
