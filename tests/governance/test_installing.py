"""Tables that tools write tell what happens to them, from the next `migrate` on."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from cairnloop.governance.installing import install_triggers, unwatched
from cairnloop.ops.doctor import probe_tools
from tests.governance.tools import HERE


@pytest.mark.django_db
class TestInstalling:
    def test_follows_each_migrate_and_the_doctor_sees_it(self, settings: Any):
        settings.CAIRNLOOP = {"TOOLS": [f"{HERE}.Rename"]}
        with connection.cursor() as cursor:
            cursor.execute('DROP TRIGGER IF EXISTS "00_cairnloop_effect" ON auth_group')
        (found,) = probe_tools()
        assert "auth_group" in found.found and "migrate" in found.advice
        call_command("migrate", verbosity=0)
        assert unwatched(["auth_group"]) == set()
        assert install_triggers() == []
        (found,) = probe_tools()
        assert found.advice == ""

    def test_does_nothing_for_a_host_without_tools(self, settings: Any):
        settings.CAIRNLOOP = {}
        assert install_triggers() == [] and list(probe_tools()) == []
