"""Whose turn it is when much is to be done."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django import app

import cairnloop
from cairnloop.conversations import jobs as conversation_jobs
from cairnloop.core.jobs import OWN
from cairnloop.drafting import jobs as drafting_jobs
from cairnloop.governance import jobs as governance_jobs
from cairnloop.retrieval import jobs as retrieval_jobs
from cairnloop.testing import run_waiting_jobs
from tests.factories import actor_of, make_article, make_conversation

pytestmark = pytest.mark.django_db(transaction=True)


def started() -> list[str]:
    """The names of the jobs that a worker has begun, in this order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name FROM procrastinate_events e JOIN procrastinate_jobs j ON j.id = e.job_id"
            " WHERE e.type = 'started' ORDER BY e.id"
        )
        return [name.removeprefix(OWN) for (name,) in cursor.fetchall()]


def the_clock_strikes(name: str) -> None:
    app.tasks[OWN + name].defer(timestamp=0)


@pytest.fixture(autouse=True)
def _embedder(settings: Any) -> None:
    settings.CAIRNLOOP = {**settings.CAIRNLOOP, "EMBEDDER": "tests.retrieval.support.ConceptEmbedder"}


class TestAWorker:
    def test_notifies_before_it_indexes_what_was_published_earlier(self, ada):
        for number in range(3):
            make_article(title=f"Refunds {number}", publish=True)
        conversation = make_conversation()
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        the_clock_strikes("ops.rescue_stalled_jobs")
        run_waiting_jobs()
        first, *others = started()
        assert first == "ops.rescue_stalled_jobs"
        assert others[0] == "conversations.notify_resolved"
        assert others.count("retrieval.embed_chunks") == 3

    def test_takes_what_a_person_waits_for_then_finding_then_drafts_then_the_rest(self):
        retrieval_jobs.embed_case.defer(case_id=1)
        retrieval_jobs.index_case.defer(conversation_id=1)
        drafting_jobs.generate_draft.defer(conversation_id=1)
        retrieval_jobs.embed_chunks.defer(revision_id=1)
        governance_jobs.execute_tool.defer(proposal_id=1)
        conversation_jobs.notify_resolved.defer(conversation_id=2)
        the_clock_strikes("governance.reconcile_executions")
        the_clock_strikes("ops.rescue_stalled_jobs")
        run_waiting_jobs()
        assert list(dict.fromkeys(started())) == [
            "ops.rescue_stalled_jobs",
            "governance.execute_tool",
            "conversations.notify_resolved",
            "governance.reconcile_executions",
            "retrieval.embed_chunks",
            "drafting.generate_draft",
            "retrieval.embed_case",
            "retrieval.index_case",
        ]
