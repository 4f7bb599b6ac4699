"""How fast the audit trail is verified and read as it grows."""

from __future__ import annotations

import time

from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cairnloop.audit.sealing import seal
from cairnloop.audit.stored_trail import verify_stored_trail
from cairnloop.models import AuditEntry
from rigs.bench.pages import signed_in
from rigs.bench.report import Report, milliseconds, percentile

ROUNDS = 20
PAGE_TARGET = 0.150
VERIFY_TARGET = 30.0
"""Seconds for a million entries."""
PROMISED_FROM = 100_000
PER_STREAM = 10
STREAMS_AT_ONCE = 500
"""Each is a lock of its transaction, and PostgreSQL's lock table is not large."""

# Through the triggers, as every entry goes; only the digest is made here. One word in ten is rare.
ENTRIES = """
WITH said AS (
    SELECT stream, entry, 'conversation:' || stream AS subject,
        (ARRAY['conversation.opened', 'conversation.replied', 'conversation.assigned', 'conversation.note_added',
               'conversation.resolved'])[1 + entry %% 5] AS action,
        CASE WHEN entry = 1 THEN 'customer' ELSE 'operator' END AS actor_kind,
        CASE WHEN entry = 1 THEN 'cust-' || stream %% 5000 ELSE (1 + (stream + entry) %% 40)::text END AS actor_ref,
        CASE WHEN entry %% 5 = 4 THEN 'Refunded build ' || stream ELSE '' END AS reason,
        jsonb_build_object('sequence', entry) AS evidence,
        now() - interval '400 days' + (stream * 10 + entry) * interval '30 seconds' AS recorded_at
    FROM generate_series(%s::int, %s::int) AS stream, generate_series(1, %s::int) AS entry
)
INSERT INTO cairnloop_auditentry
    (stream, action, actor_kind, actor_ref, reason, evidence, recorded_at, digest)
SELECT subject, action, actor_kind, actor_ref, reason, evidence, recorded_at,
    encode(sha256(convert_to(E'cairnloop.audit.entry.v1\\n' || format(
        '{"action":"%%s","actor_kind":"%%s","actor_ref":"%%s","evidence":{"sequence":%%s},"reason":"%%s",'
        '"recorded_at":"%%s","stream":"%%s"}',
        action, actor_kind, actor_ref, entry, reason,
        to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), subject), 'UTF8')), 'hex')
FROM said ORDER BY stream, entry
"""


def measure(report: Report, *, sizes: tuple[int, ...]) -> None:
    """Print how long verifying takes at each number of entries, and each way to find some."""
    client = signed_in("bench-auditor")
    first: dict[str, float] = {}
    last = 0
    for size in sizes:
        started = time.perf_counter()
        _grow(last + 1, size // PER_STREAM)
        last = size // PER_STREAM
        report.section(f"Audit trail with {size:,} entries (made in {time.perf_counter() - started:.0f} s)")
        _measure_verifying(report, size)
        for name, url in _pages().items():
            spent = [_once(client, url) for _ in range(ROUNDS)][2:]
            p50, p95 = percentile(spent, 0.5), percentile(spent, 0.95)
            report.promise(f"{name}, p95", milliseconds(p95), kept=p95 <= PAGE_TARGET, target="<= 150.0 ms")
            if name in first:
                report.figure(f"{name}, against {sizes[0]:,}", f"{p50 / first[name]:.2f}x")
            first.setdefault(name, p50)


def _measure_verifying(report: Report, size: int) -> None:
    started, worked = time.perf_counter(), time.process_time()
    verification = verify_stored_trail()
    spent, worked = time.perf_counter() - started, time.process_time() - worked
    if not verification.is_intact or verification.entries < size:
        raise RuntimeError(f"The trail that was made does not verify: {verification}")
    report.figure("entries verified", f"{verification.entries / spent:,.0f}/s")
    report.figure("processor time of verifying, without the database's", f"{worked:.1f} s")
    if size >= PROMISED_FROM:
        target = VERIFY_TARGET * size / 1_000_000
        report.promise("verifying all of it", f"{spent:.1f} s", kept=spent <= target, target=f"<= {target:.1f} s")


def _pages() -> dict[str, str]:
    log = reverse("cairnloop:audit")
    return {
        "audit log": log,
        "audit log, one group of actions": f"{log}?action=conversations",
        "audit log, one operator and a month of last year": f"{log}?actor=operator:7&since=2025-12-01&until=2025-12-31",
        "audit log, search for a rare word": f"{log}?q=refunded+471",
        "audit log, search for a word that stands nowhere": f"{log}?q=northbeam",
        "audit log, search for a word in every fifth entry": f"{log}?q=refunded",
    }


def _once(client: Client, url: str) -> float:
    started = time.perf_counter()
    response = client.get(url)
    spent = time.perf_counter() - started
    if response.status_code != 200:
        raise RuntimeError(f"{url} answered {response.status_code}")
    return spent


def _grow(start: int, end: int) -> None:
    """Give so many more subjects their entries, and seal them."""
    # A search index that is built at once takes a tenth of the time of one that grows.
    searched = [index for index in AuditEntry._meta.indexes if index.name.startswith("cl_audit_")]
    with connection.schema_editor() as editor:
        for index in searched:
            editor.remove_index(AuditEntry, index)
    with connection.cursor() as cursor:
        for first in range(start, end + 1, STREAMS_AT_ONCE):
            cursor.execute(ENTRIES, [first, min(first + STREAMS_AT_ONCE - 1, end), PER_STREAM])
    seal(now=timezone.now())
    with connection.schema_editor() as editor:
        for index in searched:
            editor.add_index(AuditEntry, index)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE cairnloop_auditentry")
