"""A transactional tool writes Cairnloop's database and no other: there is nothing that would undo it elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction

import cairnloop
from cairnloop.governance.installing import install_triggers
from cairnloop.governance.registry import registered_tools
from cairnloop.testing import run_waiting_jobs
from tests.factories import BILLING
from tests.governance.test_approving import approve
from tests.governance.test_previewing import HERE as TOOLS
from tests.governance.test_previewing import Anything, doing, rows
from tests.governance.tools import HERE as OUTSIDE

HERE = "tests.governance.test_elsewhere"
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "second"])


class Elsewhere:
    """Sends groups to another database."""

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "second" if model is Group else None


@pytest.fixture(scope="module", autouse=True)
def second(django_db_setup: None) -> Iterator[None]:
    """The same database by another alias, as a replica, an archive or a mistake would be."""
    connections.settings["second"] = deepcopy(connections.settings["default"])
    yield
    connections["second"].close()
    del connections["second"], connections.settings["second"]


@pytest.fixture(autouse=True)
def _begin_closed(settings: Any) -> Iterator[None]:
    settings.CAIRNLOOP = {"TOOLS": [f"{TOOLS}.Anything", f"{OUTSIDE}.Tag"]}
    install_triggers()
    connections["second"].close()
    yield
    connections["second"].close()


def copy_in() -> None:
    with connections["second"].cursor() as cursor, cursor.copy("COPY auth_group (name) FROM STDIN") as rows:
        rows.write_row(["Leaked"])


def past_django() -> None:
    connections["second"].ensure_connection()
    connections["second"].connection.execute("INSERT INTO auth_group (name) VALUES ('Leaked')")


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("work", [lambda: Group.objects.using("second").create(name="Leaked"), copy_in, past_django])
def test_it_writes_nothing_there(work: Callable[[], Any], is_open: bool):
    if is_open:
        connections["second"].ensure_connection()
    proposal = doing(work)
    assert (proposal.status, proposal.effect) == ("blocked", None)
    assert "another database (second)" in proposal.reason
    assert not Group.objects.exists()
    # Afterwards everybody may write there again.
    work()
    assert Group.objects.get().name == "Leaked"


def test_it_may_read_there(decider: Any):
    Group.objects.create(name="Northbeam")

    def copy_name() -> None:
        with transaction.atomic(using="second"):
            name = Group.objects.using("second").get(name="Northbeam").name
        Group.objects.create(name=f"{name} 2")

    proposal = doing(copy_name)
    assert rows(proposal) == [("auth.Group", "insert", "new 1", {"name": (None, "Northbeam 2")})]
    approve(proposal.approvals.get(), decider)
    run_waiting_jobs()
    assert proposal.executions.get().status == "succeeded"


def test_it_writes_nothing_there_when_it_runs_either(decider: Any):
    proposal = doing(lambda: Group.objects.create(name="Northbeam"))
    approve(proposal.approvals.get(), decider)
    Anything.doing = staticmethod(copy_in)  # type: ignore[assignment]
    run_waiting_jobs()
    assert not Group.objects.exists()
    assert (proposal.executions.get().status, proposal.executions.get().error) == ("failed", "broke_off")


@pytest.mark.parametrize(
    ("door", "status"), [("authorize", "denied"), ("preview", "open"), ("target_version", "blocked")]
)
def test_no_answer_of_it_writes_there(monkeypatch: Any, door: str, status: str):
    def leak(self: Any, *, input: Any, context: Any) -> str:
        Group.objects.using("second").create(name="Leaked")
        return "Fine."

    monkeypatch.setattr(Anything, door, leak)
    assert doing(lambda: None).status == status
    assert not Group.objects.exists()


def test_what_is_not_transactional_may(monkeypatch: Any):
    def note(self: Any, *, input: Any, context: Any) -> bool:
        Group.objects.using("second").create(name="Asked")
        with connections["default"].cursor() as cursor:
            cursor.execute("SET work_mem = '8MB'")
        return True

    monkeypatch.setattr(f"{OUTSIDE}.Tag.authorize", note)
    assert cairnloop.propose_tool(tool="tag", input={"cents": 1}, by=BILLING).is_open
    assert Group.objects.get().name == "Asked"


def test_a_model_that_is_written_elsewhere_is_refused_when_the_host_starts(settings: Any):
    settings.DATABASE_ROUTERS = [f"{HERE}.Elsewhere"]
    with pytest.raises(ImproperlyConfigured, match=r"'auth\.Group', which DATABASE_ROUTERS sends to 'second'"):
        registered_tools()
