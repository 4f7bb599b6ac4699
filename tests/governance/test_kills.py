"""A worker that dies while it runs an action: nothing happens twice, and what nobody saw is listed as unknown."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

import cairnloop
from cairnloop.governance.reconciling import reconcile_executions
from cairnloop.models import AuditEntry, ToolExecution, ToolProposal
from cairnloop.testing import run_waiting_jobs
from rigs.chaos.failpoints import AMBIGUOUS, INSIDE, OUTSIDE
from tests.core.test_jobs import rescue
from tests.drafting.test_kills import lose_the_workers
from tests.governance.test_approving import approve


class Service(BaseHTTPRequestHandler):
    """Counts what it did, by key; it refuses no repetition, so that the count shows each one."""

    counts: Counter[str]

    def do_POST(self) -> None:  # the name the server calls
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.counts[body["key"]] += 1
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def service() -> Iterator[tuple[str, Counter[str]]]:
    counts: Counter[str] = Counter()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Counting", (Service,), {"counts": counts}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", counts
    server.shutdown()
    server.server_close()


@pytest.fixture
def doomed() -> Iterator[Any]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.governance.doomed_worker", connection.settings_dict["NAME"]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as workers:

        def die_at(point: str) -> None:
            assert workers.stdin and workers.stdout
            workers.stdin.write(f"{point}\n")
            workers.stdin.flush()
            assert workers.stdout.readline() == "SIGKILL\n", point

        yield die_at
        assert workers.stdin
        workers.stdin.close()


def recover() -> None:
    """What the clock does once the killed gave no sign of life, and what they left is worked off."""
    lose_the_workers()
    async_to_sync(rescue)()
    run_waiting_jobs()
    reconcile_executions(now=timezone.now() + timedelta(minutes=2))
    run_waiting_jobs()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("tools")
class TestAWorkerThatIsKilled:
    def test_never_makes_it_happen_twice_outside(self, decider: Any, service: tuple[str, Counter[str]], doomed: Any):
        url, counts = service
        proposals: dict[str, ToolProposal] = {}
        for number, point in enumerate(OUTSIDE):
            given = {"cents": number + 1, "url": url}
            proposal = cairnloop.propose_tool(tool="charge", input=given, by=decider)
            approve(proposal.approvals.get(), decider)
            proposals[point] = proposal
            doomed(point)
        recover()
        recover()

        for point, proposal in proposals.items():
            execution = proposal.executions.get()
            expected = ("unknown", AMBIGUOUS[point]) if point in AMBIGUOUS else ("succeeded", 1)
            assert (execution.status, counts[execution.run_key]) == expected, point
            trail = AuditEntry.objects.filter(stream=f"tool_proposal:{proposal.pk}")
            assert trail.filter(action="tool.run_begun").count() == 1, point
        assert ToolExecution.objects.unknown().count() == len(AMBIGUOUS)
        assert max(counts.values()) == 1

    def test_makes_it_happen_exactly_once_inside(self, decider: Any, doomed: Any):
        groups: dict[str, tuple[Group, ToolProposal]] = {}
        for point in INSIDE:
            group = Group.objects.create(name=point)
            given = {"group": group.pk, "to": f"{point}!"}
            proposal = cairnloop.propose_tool(tool="rename_group", input=given, by=decider)
            approve(proposal.approvals.get(), decider)
            groups[point] = group, proposal
            doomed(point)
            group.refresh_from_db()
            assert group.name == (f"{point}!" if point == "5 inside, committed" else point)
        recover()
        for point, (group, proposal) in groups.items():
            group.refresh_from_db()
            execution = proposal.executions.get()
            assert (group.name, execution.status, execution.attempts) == (f"{point}!", "succeeded", 1), point
            trail = AuditEntry.objects.filter(stream=f"tool_proposal:{proposal.pk}")
            assert trail.filter(action="tool.run_succeeded").count() == 1, point
