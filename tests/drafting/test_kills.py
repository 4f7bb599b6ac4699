"""A worker that dies while it drafts: the customer is neither stranded nor answered twice."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone

from cairnloop.models import AuditEntry, Conversation, Draft, Message
from cairnloop.testing import run_waiting_jobs
from tests.core.test_jobs import rescue
from tests.drafting.support import WORDS_ONLY, KnowledgeBase, ask

STEPS = ["begun", "loaded", "searched", "worded", "decided", "written", "approved", "replied", "recorded", "committed"]
UNDONE = STEPS[:-1]
"""Killed there, nothing was kept yet."""


@pytest.mark.django_db(transaction=True)
class TestAWorkerThatIsKilled:
    def test_leaves_one_reply_and_nobody_stranded_at_whichever_step(self, settings):
        settings.CAIRNLOOP = {**WORDS_ONLY, "AUTOMATION_POLICY": "tests.drafting.support.AllowingPolicy"}
        KnowledgeBase()
        conversations: dict[str, Conversation] = {}
        with subprocess.Popen(
            [sys.executable, "-m", "tests.drafting.doomed_worker", connection.settings_dict["NAME"]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        ) as workers:
            assert workers.stdin and workers.stdout
            for step in STEPS:
                conversations[step] = ask()
                make_due()
                workers.stdin.write(f"{step}\n")
                workers.stdin.flush()
                assert workers.stdout.readline() == "SIGKILL\n", step
            workers.stdin.close()

        kept = {step: Draft.objects.filter(conversation=conversations[step]).count() for step in STEPS}
        assert kept == {**dict.fromkeys(UNDONE, 0), "committed": 1}
        assert self.replies(conversations) == kept

        assert lose_the_workers() == len(STEPS)
        assert async_to_sync(rescue)() == len(STEPS)
        run_waiting_jobs()
        run_waiting_jobs()

        assert self.replies(conversations) == dict.fromkeys(STEPS, 1)
        for step, conversation in conversations.items():
            draft = Draft.objects.get(conversation=conversation)
            assert (draft.status, draft.reply is not None) == ("approved", True), step
            sent = AuditEntry.objects.filter(stream=f"draft:{draft.pk}", action="draft.sent_automatically")
            assert sent.count() == 1, step
            conversation.refresh_from_db()
            assert conversation.waiting_since is None, step

    def replies(self, conversations: dict[str, Conversation]) -> dict[str, int]:
        return {step: each.messages.filter(role="operator").count() for step, each in conversations.items()}


def make_due() -> None:
    """Let the customer have paused, so that the draft's job waits no longer."""
    Message.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE task_name LIKE '%generate_draft'")


def lose_the_workers() -> int:
    """Let a minute pass in which the killed gave no sign of life; how many jobs they left."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'")
        found: int = cursor.fetchone()[0]
    return found
