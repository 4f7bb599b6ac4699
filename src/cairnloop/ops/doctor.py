"""Is everything in place? Findings about the host's settings and the running system, each with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from cairnloop.audit.standing import last_verification
from cairnloop.audit.triggers import TABLES
from cairnloop.conf import get_settings
from cairnloop.core import live
from cairnloop.core.jobs import count_jobs, last_worker_seen
from cairnloop.governance.installing import unwatched, watched_models
from cairnloop.governance.registry import registered_tools
from cairnloop.hooks import HOOKS
from cairnloop.live_layer import PostgresChannelLayer
from cairnloop.retrieval import embedding
from cairnloop.retrieval.embedding import EmbeddingFailed
from cairnloop.retrieval.vector_indexes import CASE_VECTORS, CHUNK_VECTORS
from cairnloop.retrieval.vector_spaces import refuse_other_dimensions

STOPPERS = ("cairnloop.E001", "cairnloop.E002", "database", "migrations")
"""Findings after which every further question would only fail."""
WORKER_SILENCE = timedelta(seconds=60)


class Level(StrEnum):
    """How a finding stands: ready, worth a look, or in the way."""

    READY = "ready"
    LOOK = "look"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found, and what to do where something is missing."""

    level: Level
    subject: str
    found: str
    advice: str = ""


Probe = Callable[[], Iterator[Finding]]


def examine() -> list[Finding]:
    """Run every probe and return what was found, in reading order. Prints and stores nothing, reveals no secret."""
    findings: list[Finding] = []
    for probe in PROBES:
        findings.extend(probe())
        if any(finding.level is Level.BLOCKED and finding.subject in STOPPERS for finding in findings):
            break
    return findings


def probe_settings() -> Iterator[Finding]:
    """Cairnloop's own system checks."""
    levels = {checks.WARNING: Level.LOOK, checks.ERROR: Level.BLOCKED}
    messages = checks.run_checks(tags=["cairnloop"])
    for message in messages:
        yield Finding(levels.get(message.level, Level.LOOK), message.id or "check", message.msg, message.hint or "")
    if not messages:
        yield Finding(Level.READY, "settings", "CAIRNLOOP is complete and every hook keeps its contract.")


def probe_hooks() -> Iterator[Finding]:
    """Which hooks the host has filled."""
    configured = get_settings()
    for name, spec in HOOKS.items():
        if getattr(configured, spec.setting):
            yield Finding(Level.READY, name, "The one you set is used.")
        elif spec.packaged and spec.path == spec.packaged[1]:
            yield Finding(Level.READY, name, f"The one of {spec.packaged[0]} is used, which is installed.")
        else:
            yield Finding(Level.READY, name, f"The default is used. {spec.without}")


def probe_database() -> Iterator[Finding]:
    """The database answers, is recent enough, and has every table."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            version = int(cursor.fetchone()[0])
    except DatabaseError as error:
        yield Finding(
            Level.BLOCKED,
            "database",
            f"PostgreSQL does not answer ({type(error).__name__}).",
            "Start it, and check DATABASES.",
        )
        return
    if version < 140000:
        yield Finding(
            Level.BLOCKED,
            "database",
            f"PostgreSQL {version // 10000} is too old.",
            "Use version 14 or newer.",
        )
        return
    yield Finding(Level.READY, "database", f"PostgreSQL {version // 10000} answers.")
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(
        [node for node in executor.loader.graph.leaf_nodes() if node[0] in ("cairnloop", "procrastinate")]
    )
    if waiting:
        yield Finding(Level.BLOCKED, "migrations", f"{len(waiting)} are not applied.", "Run: python manage.py migrate")
    else:
        yield Finding(Level.READY, "migrations", "All are applied.")


def probe_audit() -> Iterator[Finding]:
    """The database still refuses to change the audit trail, and it was intact when it was last verified."""
    last = last_verification()
    if last is not None and last.flaw is not None:
        yield Finding(
            Level.BLOCKED,
            "audit trail",
            "It was damaged when it was last verified.",
            "Keep a copy of the database as it is, then run: python manage.py cairnloop_audit verify",
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = ANY(%s::regclass[]) AND NOT tgisinternal "
            "AND tgenabled <> 'D' AND tgname LIKE 'cairnloop_audit_%%'",
            [list(TABLES)],
        )
        (guards,) = cursor.fetchone()
    if guards < 3 * len(TABLES):
        yield Finding(
            Level.BLOCKED,
            "audit trail",
            "A trigger that protects it is missing or switched off.",
            "Find out who removed it, then run: python manage.py cairnloop_audit verify",
        )
    else:
        yield Finding(Level.READY, "audit trail", "Append-only, chained by the database.")


def probe_tools() -> Iterator[Finding]:
    """The tables that tools write tell what happens to them."""
    tools = registered_tools()
    silent = sorted(unwatched(set().union(*(watched_models(each) for each in tools.values() if each.transactional))))
    if silent:
        yield Finding(
            Level.LOOK,
            "tools",
            f"No effect can be shown on: {', '.join(silent)}. Proposals of tools that write there are blocked.",
            "Run: python manage.py migrate",
        )
    elif tools:
        yield Finding(Level.READY, "tools", f"{len(tools)} can be proposed.")


def probe_worker() -> Iterator[Finding]:
    """A worker is alive, and nothing piles up or failed."""
    seen = last_worker_seen()
    if seen is None or timezone.now() - seen > WORKER_SILENCE:
        yield Finding(
            Level.LOOK,
            "worker",
            "No worker has been seen in the last minute, so notifications wait.",
            "Start one: python manage.py procrastinate worker",
        )
    else:
        yield Finding(Level.READY, "worker", "A worker is alive.")
    counts = count_jobs()
    if counts["failed"]:
        yield Finding(
            Level.LOOK,
            "jobs",
            f"{counts['failed']} failed and will not run again by themselves.",
            "Look at them: python manage.py procrastinate shell",
        )
    else:
        yield Finding(Level.READY, "jobs", f"{counts['todo']} waiting, none failed.")


def probe_embedder() -> Iterator[Finding]:
    """The embedder can be made, and fits what is stored; nobody is asked for a vector."""
    try:
        embedder = embedding.find_embedder()
        if embedder is not None:
            embedding.prepare(embedder)
            for vectors in (CHUNK_VECTORS, CASE_VECTORS):
                refuse_other_dimensions(embedder, vectors=vectors)
            yield Finding(Level.READY, "vectors", f"{embedding.model_of(embedder)} is ready.")
    except (ImproperlyConfigured, EmbeddingFailed) as error:
        yield Finding(
            Level.LOOK, "vectors", f"{error} Search matches words alone.", "See EMBEDDER in docs/reference/settings.md."
        )


def probe_live() -> Iterator[Finding]:
    """How news travels."""
    if not get_settings().live_sockets:
        yield Finding(Level.READY, "live updates", "Sockets are switched off; dashboard and widget poll.")
        return
    try:
        layer = live.layer()
    except live.NoChannelLayer as error:
        yield Finding(Level.BLOCKED, "live updates", str(error), "Correct BACKEND in CHANNEL_LAYERS.")
        return
    if not live.is_shared(layer):
        yield Finding(
            Level.LOOK,
            "live updates",
            "The channel layer holds them in the memory of one process, so workers and other servers are not heard.",
            "Set BACKEND in CHANNEL_LAYERS to 'cairnloop.live_layer.PostgresChannelLayer', or use channels-redis.",
        )
    elif isinstance(layer, PostgresChannelLayer):
        yield Finding(Level.READY, "live updates", "PostgreSQL carries them (LISTEN/NOTIFY).")
    else:
        yield Finding(Level.READY, "live updates", f"Your channel layer carries them ({type(layer).__name__}).")


PROBES: tuple[Probe, ...] = (
    probe_settings,
    probe_hooks,
    probe_database,
    probe_audit,
    probe_tools,
    probe_worker,
    probe_embedder,
    probe_live,
)
