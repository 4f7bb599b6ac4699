"""How long the operator's pages take as the tables grow."""

from __future__ import annotations

import time

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse

from rigs.bench.report import Report, milliseconds, percentile

ROUNDS = 40
PAGE_TARGET = 0.060
FLAT_TARGET = 1.3

CONVERSATIONS = """
INSERT INTO cairnloop_conversation (public_id, subject, status, priority, channel, customer_ref, customer_name,
    account_ref, account_name, assignee_ref, assignee_name, sequence, public_sequence, opened_at, last_activity_at,
    waiting_since, resolved_at, rating, changed_at)
SELECT 'bench' || n, (ARRAY['Charged twice', 'Runs are skipped', 'Rotate a key', 'Seat limit reached'])[1 + n %% 4]
       || ' ' || n,
       (ARRAY['open', 'open', 'resolved', 'resolved', 'resolved', 'archived'])[1 + n %% 6], 'normal', 'widget',
       'bench-' || n %% 5000, 'Customer ' || n %% 5000, '', '', CASE WHEN n %% 3 = 0 THEN '1' ELSE '' END, '', 10, 10,
       now() - n * interval '1 minute', now() - n * interval '30 seconds',
       CASE WHEN n %% 6 < 2 AND n %% 5 = 0 THEN now() - n * interval '30 seconds' END,
       CASE WHEN n %% 6 BETWEEN 2 AND 4 THEN now() END, '', now() - n * interval '30 seconds'
FROM generate_series(%s, %s) AS n
"""
MESSAGES = """
INSERT INTO cairnloop_message (conversation_id, sequence, public_sequence, role, author_kind, author_ref, author_name,
    text, metadata, created_at)
SELECT c.id, s, s, CASE WHEN s %% 2 = 1 THEN 'customer' ELSE 'operator' END, 'customer', c.customer_ref, '',
       'Message ' || s || ' about build ' || (c.id * 7 + s) %% 9973
       || CASE WHEN (c.id + s) %% 50 = 0 THEN ' and the seat limit' ELSE '' END, '{}', now()
FROM cairnloop_conversation c, generate_series(1, 10) AS s
WHERE c.public_id LIKE 'bench%%' AND c.id > %s
"""


def measure(report: Report, *, sizes: tuple[int, ...]) -> None:
    """Print the time of every operator page at each number of conversations, ten messages each."""
    client = signed_in("bench-operator")
    first: dict[str, float] = {}
    last = 0
    for size in sizes:
        started = time.perf_counter()
        _grow(last + 1, size)
        last = size
        report.section(
            f"Pages with {size:,} conversations and {size * 10:,} messages "
            f"(made in {time.perf_counter() - started:.0f} s)"
        )
        for name, url in _pages().items():
            spent = [_once(client, url) for _ in range(ROUNDS)]
            p95 = percentile(spent[2:], 0.95)
            report.figure(f"{name}, p50", milliseconds(percentile(spent[2:], 0.5)))
            if "search" in name:
                report.figure(f"{name}, p95", milliseconds(p95))
                continue
            report.promise(f"{name}, p95", milliseconds(p95), kept=p95 <= PAGE_TARGET, target="<= 60.0 ms")
            if name in first:
                growth = percentile(spent[2:], 0.5) / first[name]
                report.promise(
                    f"{name}, against {sizes[0]:,}",
                    f"{growth:.2f}x",
                    kept=growth <= FLAT_TARGET,
                    target=f"<= {FLAT_TARGET}x",
                )
            else:
                first[name] = percentile(spent[2:], 0.5)


def _pages() -> dict[str, str]:
    inbox = reverse("cairnloop:inbox")
    middle = _a_conversation()
    return {
        "inbox": inbox,
        "inbox, search for a rare word": f"{inbox}?q=build+4711",
        "inbox, search for words in every 50th message": f"{inbox}?q=seat+limit",
        "home": reverse("cairnloop:home"),
        "conversation": reverse("cairnloop:conversation", args=[middle]),
    }


def _once(client: Client, url: str) -> float:
    started = time.perf_counter()
    response = client.get(url)
    spent = time.perf_counter() - started
    if response.status_code != 200:
        raise RuntimeError(f"{url} answered {response.status_code}")
    return spent


def _grow(start: int, end: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM cairnloop_conversation")
        (before,) = cursor.fetchone()
        cursor.execute(CONVERSATIONS, [start, end])
        cursor.execute(MESSAGES, [before])
        cursor.execute("VACUUM ANALYZE cairnloop_conversation")
        cursor.execute("VACUUM ANALYZE cairnloop_message")


def _a_conversation() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM cairnloop_conversation WHERE public_id LIKE 'bench%%' ORDER BY id LIMIT 1")
        return int(cursor.fetchone()[0])


def signed_in(username: str) -> Client:
    """Return the browser of a new operator."""
    members = get_user_model().objects
    member = members.create(username=username, is_staff=True, first_name="Ada", last_name="Brandt")
    member.user_permissions.set(Permission.objects.filter(content_type__app_label="cairnloop"))
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(member)
    return client
