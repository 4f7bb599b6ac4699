"""What a trigger of the host does to the rows a tool writes is part of what is shown, whatever it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from cairnloop.governance.installing import install_triggers
from cairnloop.models import ToolProposal
from cairnloop.testing import run_waiting_jobs
from tests.governance.test_approving import approve
from tests.governance.test_previewing import HERE, doing, rows

NAMES = ("audit_group", "Audit", "zz_group")
"""Triggers fire by their names: before ours, if it were named after the product, and behind it."""
EARLIER = "00_a"
"""Before ours all the same."""
SHOUTS = """
CREATE FUNCTION host_shouts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.name NOT LIKE '%!' THEN
        UPDATE auth_group SET name = NEW.name || '!' WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER "{name}" AFTER INSERT OR UPDATE ON auth_group FOR EACH ROW EXECUTE FUNCTION host_shouts();
"""
KEEPS = """
CREATE FUNCTION host_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO auth_group (id, name) VALUES (OLD.id, OLD.name || '-archived');
    RETURN NULL;
END $$;
CREATE TRIGGER "{name}" AFTER DELETE ON auth_group FOR EACH ROW EXECUTE FUNCTION host_keeps();
"""


@pytest.fixture
def watched(transactional_db: None, settings: Any) -> None:
    settings.CAIRNLOOP = {"TOOLS": [f"{HERE}.Anything"]}
    install_triggers()


@pytest.fixture
def host(transactional_db: None) -> Iterator[Callable[[str, str], None]]:
    def add(sql: str, name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql.replace("{name}", name))

    yield add
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS host_shouts, host_keeps CASCADE")


def rename(group: Group) -> Callable[[], Any]:
    return lambda: Group.objects.filter(pk=group.pk).update(name="South")


def run(proposal: ToolProposal, decider: Any) -> str:
    approve(proposal.approvals.get(), decider)
    run_waiting_jobs()
    return proposal.executions.get().status


@pytest.mark.usefixtures("watched")
class TestATriggerOfTheHost:
    @pytest.mark.parametrize("name", NAMES)
    def test_is_seen_when_it_changes_the_row_that_was_changed(self, name: str, group: Group, host: Any, decider: Any):
        was = group.name
        host(SHOUTS, name)
        proposal = doing(rename(group))
        assert rows(proposal) == [("auth.Group", "update", str(group.pk), {"name": (was, "South!")})]
        assert run(proposal, decider) == "succeeded"
        assert Group.objects.get(pk=group.pk).name == "South!"

    @pytest.mark.parametrize("name", NAMES)
    def test_is_seen_when_it_changes_the_row_that_was_made(self, name: str, host: Any):
        host(SHOUTS, name)
        proposal = doing(lambda: Group.objects.create(name="South"))
        assert rows(proposal) == [("auth.Group", "insert", "new 1", {"name": (None, "South!")})]

    @pytest.mark.parametrize("name", NAMES)
    def test_is_seen_when_it_brings_back_the_row_that_was_deleted(self, name: str, group: Group, host: Any):
        host(KEEPS, name)
        key, was = str(group.pk), group.name
        proposal = doing(lambda: Group.objects.filter(pk=key).delete())
        assert rows(proposal) == [("auth.Group", "update", key, {"name": (was, f"{was}-archived")})]

    @pytest.mark.parametrize("name", NAMES)
    def test_is_compared_when_it_runs(self, name: str, group: Group, host: Any, decider: Any):
        host(SHOUTS, name)
        limits = iter(["one", "one million", "one million"])
        proposal = doing(lambda: Group.objects.filter(pk=group.pk).update(name=next(limits)))
        assert run(proposal, decider) == "failed"
        assert proposal.approvals.order_by("pk")[0].cause == "effect_changed"
        group.refresh_from_db()
        assert "million" not in group.name

    def test_blocks_what_it_makes_impossible_to_follow(self, group: Group, host: Any):
        host(SHOUTS, EARLIER)
        proposal = doing(rename(group))
        assert proposal.status == "blocked" and "auth_group" in proposal.reason and "trigger" in proposal.reason
        group.refresh_from_db()
        assert group.name != "South!"
