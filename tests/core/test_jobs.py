from __future__ import annotations

import io
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from cairnloop.core import jobs
from cairnloop.core.errors import GiveUp
from cairnloop.core.transactions import command
from cairnloop.testing import run_waiting_jobs
from tests.factories import LIN, make_conversation

pytestmark = pytest.mark.django_db(transaction=True)

ran: list[str] = []


@jobs.job(retry=jobs.RETRY_NETWORK, lock_on="conversation_id")
def remember(*, conversation_id: int, **_later: object) -> None:
    ran.append(f"remember {conversation_id}")


@jobs.job(retry=jobs.RETRY_NEVER)
def once(*, word: str, **_later: object) -> None:
    ran.append(word)


@jobs.job(retry=jobs.RETRY_NEVER, priority=-1)
def patient(*, word: str, **_later: object) -> None:
    ran.append(word)


@jobs.job(retry=jobs.RETRY_NETWORK)
def hopeless(**_later: object) -> None:
    raise GiveUp("a customer's words")


@jobs.job()
def restless(**_later: object) -> None:
    ran.append("restless")
    restless.defer(once_as="restless", in_seconds=60)
    raise RuntimeError("a customer's words")


@jobs.job()
def cause_and_fail(**_later: object) -> None:
    cause_then_raise()


@jobs.job(retry=jobs.RETRY_NEVER)
def write_nonsense(**_later: object) -> None:
    make_conversation().append(role="nonsense", by=LIN, text="what a customer wrote", at=timezone.now())


@command
def cause_then_raise() -> None:
    once.defer(word="outlived its cause")
    raise GiveUp


@pytest.fixture(autouse=True)
def fresh():
    ran.clear()


def rows() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


def lose_the_worker(task_name: str) -> None:
    """Leave a job as a killed worker would: doing, with a heartbeat long past."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH worker AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s) RETURNING id) "
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM worker) WHERE task_name = %s",
            [timezone.now() - timedelta(hours=1), task_name],
        )


async def within_a_worker(work: Callable[[], Awaitable[Any]]) -> Any:
    from procrastinate.contrib.django import app

    connector = app.connector.get_worker_connector()
    with app.replace_connector(connector):
        async with app.open_async():
            return await work()


async def rescue() -> int:
    return int(await within_a_worker(jobs.rescue_stalled_jobs))


class TestDeferring:
    def test_runs_after_commit(self):
        remember.defer(conversation_id=1)
        run_waiting_jobs()
        assert ran == ["remember 1"]

    def test_vanishes_with_its_cause(self):
        with pytest.raises(RuntimeError), transaction.atomic():
            remember.defer(conversation_id=1)
            raise RuntimeError
        assert rows() == []

    def test_vanishes_with_its_cause_inside_a_worker_too(self):
        cause_and_fail.defer()
        run_waiting_jobs()
        assert [status for name, status in rows() if name == once.name] == []

    def test_once_as_keeps_one_waiting_and_the_transaction_alive(self):
        with transaction.atomic():
            first = remember.defer(conversation_id=1, once_as="1")
            second = remember.defer(conversation_id=1, once_as="1")
            other = remember.defer(conversation_id=2, once_as="2")
        assert (first, second, other) == (True, False, True)
        assert len(rows()) == 2

    def test_what_waits_already_is_no_error_in_the_log_of_the_database(self, django_assert_num_queries):
        remember.defer(conversation_id=1, once_as="1")
        with django_assert_num_queries(1):
            remember.defer(conversation_id=1, once_as="1")

    def test_locks_on_the_named_argument(self):
        remember.defer(conversation_id=7)
        with connection.cursor() as cursor:
            cursor.execute("SELECT lock FROM procrastinate_jobs")
            assert cursor.fetchone() == ("conversation_id:7",)

    def test_runs_those_of_a_higher_priority_first(self):
        patient.defer(word="afterwards")
        once.defer(word="at once")
        run_waiting_jobs()
        assert ran == ["at once", "afterwards"]

    def test_waits_when_delayed(self):
        remember.defer(conversation_id=1, in_seconds=60)
        run_waiting_jobs()
        assert ran == []


class TestFailing:
    def test_gives_up_without_a_retry_and_without_the_words(self, caplog):
        hopeless.defer()
        with caplog.at_level(logging.WARNING, logger="cairnloop.jobs"):
            run_waiting_jobs()
        assert rows() == [(hopeless.name, "failed")]
        assert "customer's words" not in "".join(
            record.getMessage() for record in caplog.records if record.name == "cairnloop.jobs"
        )

    def test_ends_where_an_equal_one_waits_to_do_the_work(self, caplog):
        restless.defer(once_as="restless")
        run_waiting_jobs()
        assert rows() == [(restless.name, "succeeded"), (restless.name, "todo")]
        assert "an equal one waits" in caplog.text and "customer's words" not in caplog.text

    def test_keeps_the_rows_that_postgresql_quotes_out_of_the_logs(self, caplog):
        write_nonsense.defer()
        with caplog.at_level(logging.DEBUG):
            run_waiting_jobs()
        assert "JobInterrupted" in caplog.text
        assert "what a customer wrote" not in caplog.text

    def test_refuses_a_body_that_could_not_ignore_later_arguments(self):
        with pytest.raises(TypeError, match="keyword-only"):
            jobs.job()(lambda conversation_id: None)


class TestRescuing:
    def test_runs_again_what_a_dead_worker_left(self):
        remember.defer(conversation_id=1)
        lose_the_worker(remember.name)
        assert async_to_sync(rescue)() == 1
        run_waiting_jobs()
        assert ran == ["remember 1"]

    def test_never_repeats_what_must_not_run_twice(self):
        once.defer(word="twice?")
        lose_the_worker(once.name)
        async_to_sync(rescue)()
        run_waiting_jobs()
        assert ran == []
        assert rows() == [(once.name, "failed")]

    def test_ends_what_an_equal_one_waits_to_do_and_goes_on(self):
        remember.defer(conversation_id=1, once_as="1")
        lose_the_worker(remember.name)
        remember.defer(conversation_id=1, once_as="1")
        once.defer(word="lost too")
        lose_the_worker(once.name)
        assert async_to_sync(rescue)() == 2
        assert rows() == [(remember.name, "aborted"), (remember.name, "todo"), (once.name, "failed")]

    def test_finds_nothing_the_second_time(self):
        remember.defer(conversation_id=1)
        lose_the_worker(remember.name)
        async_to_sync(rescue)()
        assert async_to_sync(rescue)() == 0


class TestCounting:
    def test_tells_waiting_from_failed(self):
        remember.defer(conversation_id=1)
        hopeless.defer()
        run_waiting_jobs()
        remember.defer(conversation_id=2)
        assert jobs.count_jobs() == {"todo": 1, "doing": 0, "failed": 1}


class TestRunWaitingJobs:
    def test_starts_nothing_by_the_clock(self):
        run_waiting_jobs()
        assert rows() == []


class TestReplayingFailedJobs:
    def test_puts_back_what_may_run_twice_and_names_the_rest(self):
        hopeless.defer()
        once.defer(word="once")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
        assert jobs.replay_failed_jobs(dry_run=True) == jobs.Replay({hopeless.name: 1}, {once.name: 1})
        assert rows() == [(hopeless.name, "failed"), (once.name, "failed")]
        assert jobs.replay_failed_jobs() == jobs.Replay({hopeless.name: 1}, {once.name: 1})
        assert rows() == [(hopeless.name, "todo"), (once.name, "failed")]

    def test_takes_only_the_jobs_that_are_named(self):
        hopeless.defer()
        run_waiting_jobs()
        assert jobs.replay_failed_jobs(name_contains="retrieval") == jobs.Replay({}, {})
        call_command("cairnloop_replay_failed", job="hopeless", stdout=(said := io.StringIO()))
        assert said.getvalue() == f"{hopeless.name} (1)\n1 job put back.\n"
        assert rows() == [(hopeless.name, "todo")]


class TestTheHostsOwnJobs:
    def leave(self, status: str, *, worker: bool = False) -> None:
        """One of the host's, in its own queue, long ago."""
        long_ago = timezone.now() - timedelta(days=100)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts)"
                " VALUES ('host', 'shop.charge', 'doing', 1)"
            )
            if status != "doing":
                cursor.execute("UPDATE procrastinate_jobs SET status = %s", [status])
            cursor.execute("UPDATE procrastinate_events SET at = %s", [long_ago])
        if worker:
            lose_the_worker("shop.charge")

    def test_are_neither_rescued_nor_failed(self):
        self.leave("doing", worker=True)
        assert async_to_sync(rescue)() == 0
        assert rows() == [("shop.charge", "doing")]

    def test_are_not_deleted(self):
        self.leave("succeeded")
        async_to_sync(within_a_worker)(lambda: jobs.prune_finished_jobs(older_than_hours=1))
        assert rows() == [("shop.charge", "succeeded")]

    def test_keep_their_workers(self):
        self.leave("doing", worker=True)
        async_to_sync(rescue)()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_workers")
            assert cursor.fetchone() == (1,)


def test_a_periodic_job_of_a_worker_that_died_makes_way_for_the_next_tick():
    name = min(jobs._by_the_clock)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts) VALUES (%s, %s, 'doing', 1)",
            [jobs.QUEUE, name],
        )
    lose_the_worker(name)
    assert async_to_sync(rescue)() == 1
    assert rows() == [(name, "aborted")]
