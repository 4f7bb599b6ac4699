"""What a tool undid itself is no effect, and hides none that stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction

from cairnloop.governance.installing import install_triggers
from cairnloop.testing import run_waiting_jobs
from tests.governance.test_approving import approve
from tests.governance.test_previewing import HERE as TOOLS
from tests.governance.test_previewing import doing, rows


@pytest.fixture(autouse=True)
def _watched(transactional_db: None, settings: Any) -> None:
    settings.CAIRNLOOP = {"TOOLS": [f"{TOOLS}.Modest"]}
    install_triggers()
    Group.objects.create(name="Taken")


def names_of(proposal: Any) -> list[str | None]:
    return [fields["name"][1] for *_, fields in rows(proposal)]


def test_a_conflict_that_was_caught_is_no_effect(decider: Any):
    def first_free() -> None:
        for name in ("Taken", "Free", "Free"):
            try:
                with transaction.atomic():
                    Group.objects.create(name=f"{name} before")
                    Group.objects.create(name=name)
            except IntegrityError:
                Group.objects.create(name=f"{name} after")

    proposal = doing(first_free)
    assert names_of(proposal) == ["Taken after", "Free before", "Free", "Free after"]
    approve(proposal.approvals.get(), decider)
    run_waiting_jobs()
    assert proposal.executions.get().status == "succeeded"


def test_it_is_none_at_any_depth_and_in_any_table():
    def deep() -> None:
        Group.objects.update(name="Between")
        outer = transaction.savepoint()
        ContentType.objects.create(app_label="a", model="b")
        Group.objects.create(name="Gone")
        inner = transaction.savepoint()
        Group.objects.create(name="Gone as well")
        transaction.savepoint_rollback(inner)
        Group.objects.create(name="Gone too")
        transaction.savepoint_commit(inner)
        transaction.savepoint_rollback(outer)
        Group.objects.create(name="Kept")
        transaction.savepoint_rollback(outer)
        Group.objects.create(name="Kept at last")

    assert names_of(doing(deep)) == ["Between", "Kept at last"]


def in_one_text(cursor: Any) -> None:
    cursor.execute("SAVEPOINT one; INSERT INTO auth_group (name) VALUES ('Gone'); ROLLBACK TO SAVEPOINT one")


def under_a_name_that_is_taken(cursor: Any) -> None:
    cursor.execute("SAVEPOINT one")
    cursor.execute("INSERT INTO auth_group (name) VALUES ('Kept'); SAVEPOINT one")
    cursor.execute("INSERT INTO auth_group (name) VALUES ('Gone')")
    cursor.execute("ROLLBACK TO SAVEPOINT one")


def without_telling(cursor: Any) -> None:
    cursor.execute("SAVEPOINT one")
    cursor.execute("INSERT INTO auth_group (name) VALUES ('Gone')")
    cursor.execute("ROLLBACK TO SAVEPOINT one")
    cursor.execute("SELECT set_config(%s, 'replica', true)", ["session_replication_role"])
    cursor.execute("INSERT INTO auth_group (name) VALUES ('Hidden')")


@pytest.mark.parametrize("work", [in_one_text, under_a_name_that_is_taken, without_telling])
def test_what_cannot_be_told_apart_is_refused(work: Callable[[Any], None]):
    def do_it() -> None:
        with connection.cursor() as cursor:
            work(cursor)

    proposal = doing(do_it)
    assert (proposal.status, proposal.reason) == ("blocked", "Not everything it would change could be seen.")
