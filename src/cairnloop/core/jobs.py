"""Background work on the host's own PostgreSQL: the one place that knows the job engine.

A job is deferred inside the caller's transaction, through Django's own connection: it exists if and only if its
cause was committed.
"""

from __future__ import annotations

import functools
import inspect
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, connections
from procrastinate import exceptions as engine_errors
from procrastinate import manager as engine_manager
from procrastinate import retry as engine_retry
from procrastinate import tasks as engine_tasks
from procrastinate.contrib.django import app as engine
from procrastinate.contrib.django import procrastinate_app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.settings import settings as engine_settings
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job as EngineJob
from procrastinate.jobs import Status as EngineStatus
from procrastinate.periodic import PeriodicRegistry

from cairnloop.core.errors import CairnloopError, GiveUp
from cairnloop.core.transactions import savepoint

logger = logging.getLogger("cairnloop.jobs")

QUEUE = "cairnloop"
TABLE = "procrastinate_jobs"
MODEL = "procrastinate.ProcrastinateJob"
OWN = "cairnloop:"
"""What the names of our own jobs begin with."""

WAITS = "EXISTS (SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo')"
"""Whether a job waits, as a part of a query that asks for more; its parameter is the job's `once_only`."""


class JobInterrupted(CairnloopError):
    """The database did not take what a job wanted to write. It is tried again if its kind allows it."""

    code = "job_interrupted"


class _Retry(engine_retry.BaseRetryStrategy):
    """Exponential backoff that respects GiveUp."""

    def __init__(self, *, attempts: int, first_wait_seconds: int) -> None:
        self.attempts = attempts
        self.first_wait_seconds = first_wait_seconds

    def get_retry_decision(self, *, exception: BaseException, job: EngineJob) -> engine_retry.RetryDecision | None:
        if isinstance(exception, GiveUp) or job.attempts >= self.attempts:
            return None
        wait = timedelta(seconds=self.first_wait_seconds * 2**job.attempts)
        return engine_retry.RetryDecision(retry_in={"seconds": int(wait.total_seconds())})


RETRY_NETWORK = _Retry(attempts=6, first_wait_seconds=4)
"""For whatever crosses a network: six more tries over about four minutes."""
RETRY_DATABASE = _Retry(attempts=4, first_wait_seconds=1)
"""For work on our own rows: a deadlock or a restart passes quickly."""
RETRY_NEVER = None
"""For effects that must not happen twice."""

# Of the jobs that are due the highest goes first, and of equals the oldest.
PRIORITY_RESCUE = 1
"""For what gives the others back their turn."""
PRIORITY_AWAITED = 0
"""For what a person waits for; the engine's own default, so that a host's jobs take turns with it."""
PRIORITY_FINDING = -1
"""For what lets articles be found. It is never more than was published, and drafts are judged by what can be found."""
PRIORITY_DRAFTS = -2
"""For drafts, which never cease to come where many customers write."""
PRIORITY_LEARNING = -3
"""For what nobody waits for: cases, and indexes that make a search faster."""


@dataclass(frozen=True)
class JobHandle:
    """A declared job: call `defer` inside the transaction that causes it."""

    name: str
    run: Callable[..., None]
    """The job's body, for tests that want to run it in place."""
    lock_on: str | None
    priority: int = PRIORITY_AWAITED

    def defer(self, *, in_seconds: int = 0, once_as: str | None = None, **arguments: Any) -> bool:
        """Enqueue the job in the caller's transaction; False if `once_as` names one that already waits.

        `arguments` are ids and primitives only. `in_seconds` delays it.
        """
        options: dict[str, Any] = {"priority": self.priority}
        if self.lock_on:
            options["lock"] = f"{self.lock_on}:{arguments[self.lock_on]}"
        if in_seconds:
            options["schedule_in"] = {"seconds": in_seconds}
        if once_as:
            options["queueing_lock"] = self.once_only(once_as)
            # Asked first: the refused INSERT below is an error in the log of the database, each time.
            if _waits(options["queueing_lock"]):
                return False
        task = engine_tasks.configure_task(name=self.name, job_manager=_caller_transaction(), queue=QUEUE, **options)
        try:
            # A refused duplicate is a failed INSERT: only a savepoint keeps the caller's transaction alive.
            with savepoint():
                task.defer(**arguments)
        except engine_errors.AlreadyEnqueued:
            return False
        return True

    def once_only(self, once_as: str) -> str:
        """Return what the engine keeps unique among the jobs that wait."""
        return f"{self.name}:{once_as}"


def job(
    *,
    retry: engine_retry.BaseRetryStrategy | None = RETRY_DATABASE,
    lock_on: str | None = None,
    priority: int = PRIORITY_AWAITED,
) -> Callable[[Callable[..., None]], JobHandle]:
    """Declare a background job; its name is `cairnloop:<context>.<function>`.

    `lock_on` names the argument by which jobs run one after the other. Of the jobs that are due, those of a higher
    `priority` run first. Unknown arguments are the body's to ignore (`**_later`), so that a newer release may defer
    to an older worker.
    """

    def declare(function: Callable[..., None]) -> JobHandle:
        name = _name_of(function)
        _refuse_strict_signature(function, name)
        engine.task(name=name, queue=QUEUE, retry=retry or False, pass_context=True)(_logged(function, name))
        return JobHandle(name=name, run=function, lock_on=lock_on, priority=priority)

    return declare


_by_the_clock: set[str] = set()


def periodic(*, cron: str, priority: int = PRIORITY_AWAITED) -> Callable[[Callable[[], Awaitable[None] | None]], str]:
    """Declare a job that the workers start by the clock, once per tick however many workers there are.

    Returns its name. An async body runs in the worker's own loop and may use the functions below.
    """

    def declare(function: Callable[[], Awaitable[None] | None]) -> str:
        name = _name_of(function)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def body(timestamp: int) -> None:
                await function()
        else:

            @functools.wraps(function)
            def body(timestamp: int) -> None:
                function()

        task = engine.task(name=name, queue=QUEUE, queueing_lock=name, priority=priority)(body)
        engine.periodic(cron=cron)(task)
        _by_the_clock.add(name)
        return name

    return declare


async def rescue_stalled_jobs(*, seconds_since_heartbeat: float = 30) -> int:
    """Take back our jobs of workers that died and return how many; safe to run twice.

    They run again, except those declared RETRY_NEVER: these end as failed, for nobody knows how far they came. One
    whose equal waits already ends too, and so does a periodic one: the equal, or the next tick, does the work. Workers
    stay registered: the host may have some of its own, and one that is taken off its list ends.
    """
    manager = engine.job_manager
    # Of ours alone: what the host's own jobs are to do is the host's to say.
    stalled = list(await manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=seconds_since_heartbeat))
    for lost in stalled:
        task = engine.tasks.get(lost.task_name)
        if lost.task_name in _by_the_clock:
            # The next tick does what this one did not.
            await manager.finish_job(lost, status=EngineStatus.ABORTED, delete_job=False)
            continue
        if task is None or task.retry_strategy is None:
            await manager.finish_job(lost, status=EngineStatus.FAILED, delete_job=False)
            continue
        try:
            await manager.retry_job(lost)
        except engine_errors.UniqueViolation:
            await manager.finish_job(lost, status=EngineStatus.ABORTED, delete_job=False)
    return len(stalled)


async def prune_finished_jobs(*, older_than_hours: int) -> None:
    """Delete our succeeded, cancelled and aborted jobs; failed ones stay for a person to see."""
    await engine.job_manager.delete_old_jobs(
        nb_hours=older_than_hours, queue=QUEUE, include_cancelled=True, include_aborted=True
    )


@dataclass(frozen=True)
class Replay:
    """Failed jobs by name: how many were put back, and how many may not run twice."""

    replayed: Mapping[str, int]
    left_alone: Mapping[str, int]


def replay_failed_jobs(*, name_contains: str = "", dry_run: bool = False) -> Replay:
    """Put failed jobs back into the queue, due now, and count them by name.

    Those declared RETRY_NEVER stay failed: nobody knows how far they came. So do jobs of releases that this process
    no longer knows, and those for which an equal one waits already.
    """
    manager = _caller_transaction()
    replayed: Counter[str] = Counter()
    left_alone: Counter[str] = Counter()
    for failed in manager.list_jobs(queue=QUEUE, status=EngineStatus.FAILED.value):
        if name_contains not in failed.task_name:
            continue
        task = engine.tasks.get(failed.task_name)
        if failed.id is None or task is None or task.retry_strategy is None:
            left_alone[failed.task_name] += 1
            continue
        if not dry_run and not _put_back(manager, failed.id):
            continue
        replayed[failed.task_name] += 1
    return Replay(replayed, left_alone)


def _put_back(manager: engine_manager.JobManager, job_id: int) -> bool:
    try:
        with savepoint():
            manager.retry_job_by_id(job_id, retry_at=datetime.now(UTC))
    except engine_errors.ProcrastinateException:
        return False
    return True


def count_jobs() -> dict[str, int]:
    """Return how many of our jobs wait ("todo"), run ("doing") and failed ("failed")."""
    totals = {"todo": 0, "doing": 0, "failed": 0}
    for queue in _caller_transaction().list_queues(queue=QUEUE):
        for status in totals:
            totals[status] += int(queue[status])
    return totals


def is_running(name: str, *, seconds_since_heartbeat: float = 30, **arguments: Any) -> bool:
    """Return whether a live worker is at a job of this name with these arguments.

    A worker that gave no sign of life for so long counts as gone.
    """
    alive = (
        "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs j JOIN procrastinate_workers w ON w.id = j.worker_id"
        " WHERE j.status = 'doing' AND j.task_name = %s AND j.args @> %s::jsonb"
        " AND w.last_heartbeat > now() - make_interval(secs => %s))"
    )
    with connections[engine_settings.DATABASE_ALIAS].cursor() as cursor:
        cursor.execute(alive, [name, json.dumps(arguments), seconds_since_heartbeat])
        return bool(cursor.fetchone()[0])


def last_worker_seen() -> datetime | None:
    """Return when a worker last gave a sign of life, or None if there never was one."""
    connector = _caller_transaction().connector
    (row,) = connector.execute_query_all("SELECT max(last_heartbeat) AS seen FROM procrastinate_workers")
    seen: datetime | None = row["seen"]
    return seen


def run_waiting_jobs() -> None:
    """Run every job that is due, in this process, and return when none is left; for tests and scripts.

    What the clock would start stays away: a test must not depend on the minute it runs in.
    """
    with _no_clock(), engine.replace_connector(DjangoConnector(engine_settings.DATABASE_ALIAS).get_worker_connector()):
        engine.run_worker(queues=[QUEUE], wait=False, install_signal_handlers=False, listen_notify=False)


@contextmanager
def _no_clock() -> Iterator[None]:
    # `engine` is a stand-in that forwards reads only; what is set on it never reaches the engine.
    app = procrastinate_app.current_app
    registry, app.periodic_registry = app.periodic_registry, PeriodicRegistry()  # type: ignore[no-untyped-call]  # theirs
    try:
        yield
    finally:
        app.periodic_registry = registry


def _caller_transaction() -> engine_manager.JobManager:
    # Inside a worker the engine's own connector is a pool of other connections; a job deferred there would outlive
    # its cause. Django's connection is the one the caller's transaction runs on.
    return engine_manager.JobManager(DjangoConnector(engine_settings.DATABASE_ALIAS))


def _waits(queueing_lock: str) -> bool:
    with connections[engine_settings.DATABASE_ALIAS].cursor() as cursor:
        cursor.execute(f"SELECT {WAITS}", [queueing_lock])
        return bool(cursor.fetchone()[0])


def _name_of(function: Callable[..., object]) -> str:
    context = function.__module__.removeprefix("cairnloop.").removesuffix(".jobs")
    return f"{OWN}{context}.{function.__name__}"


def _refuse_strict_signature(function: Callable[..., None], name: str) -> None:
    parameters = inspect.signature(function).parameters.values()
    tolerant = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    keyword_only = all(parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD) for parameter in parameters)
    if not (tolerant and keyword_only):
        raise TypeError(f"{name} must take keyword-only arguments and ignore unknown ones (**_later).")


def _run_once(function: Callable[..., None], name: str, running: EngineJob, arguments: dict[str, Any]) -> None:
    try:
        function(**arguments)
    except Exception as error:
        # The engine cannot put it back beside its equal, and would leave it running for ever; that one does the work.
        if not running.queueing_lock or not _waits(running.queueing_lock):
            raise
        logger.warning("job %s failed: %s; an equal one waits", name, type(error).__name__)


def _logged(function: Callable[..., None], name: str) -> Callable[..., None]:
    @functools.wraps(function)
    def body(context: JobContext, **arguments: Any) -> None:
        try:
            _run_once(function, name, context.job, arguments)
        except DatabaseError as error:
            logger.warning("job %s failed: %s", name, type(error).__name__)
            # The engine logs what is raised, and PostgreSQL quotes whole rows in its messages.
            raise JobInterrupted(f"{name}: {type(error).__name__}") from None
        except Exception as error:
            # The class only: a message may carry what a customer wrote.
            logger.warning("job %s failed: %s", name, type(error).__name__)
            raise

    return body
