"""With a hundred thousand conversations, whatever the dashboard asks stays on indexes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cairnloop.conversations.beginning import first_message
from cairnloop.conversations.models import ConversationQuerySet
from cairnloop.conversations.queries import (
    ORDERINGS,
    ORDERINGS_OF_OPEN,
    InboxFilter,
    count_capped,
    count_waiting_for,
    filter_inbox,
    inbox_lines,
    inbox_searched_since,
    inbox_version,
    list_conversations_for_customer,
    list_unread_for_customer,
    next_in_line,
    summarise_ratings,
    thread_for_customer,
)
from cairnloop.conversations.queueing import first_in_queue, next_open_conversation
from cairnloop.core.actors import Actor
from cairnloop.models import Conversation
from cairnloop.web.paging import page_after

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

CONVERSATIONS = """
INSERT INTO cairnloop_conversation (id, public_id, subject, status, priority, channel, customer_ref, customer_name,
    account_ref, account_name, assignee_ref, assignee_name, sequence, public_sequence, opened_at, last_activity_at,
    waiting_since, resolved_at, rating, rated_at, changed_at, unread_answers)
SELECT n, 'p' || n, 'Subject ' || md5(n::text), status,
    (ARRAY['low', 'normal', 'high', 'urgent'])[n % 7 % 4 + 1], CASE n % 4000 WHEN 1 THEN 'email' ELSE 'widget' END,
    'cust-' || n % 20000, 'Name ' || md5((n % 20000)::text), 'acc-' || n % 500, 'Account ' || n % 500,
    CASE WHEN n % 4 = 0 THEN '' ELSE (n % 37)::text END, '', 1, 1, at, at,
    CASE WHEN status = 'open' AND n % 3 <> 0 THEN at END, CASE WHEN status = 'resolved' THEN at END,
    CASE WHEN n % 50 = 2 THEN 'positive' ELSE '' END, CASE WHEN n % 50 = 2 THEN at END, at, (n % 2)
FROM (SELECT n, now() - n * interval '90 seconds' AS at,
    CASE WHEN n % 20 < 2 THEN 'open' WHEN n % 20 = 2 THEN 'archived' ELSE 'resolved' END AS status
    FROM generate_series(1, 100000) n) many
"""
MESSAGES = """
INSERT INTO cairnloop_message (conversation_id, sequence, public_sequence, role, author_kind, author_ref, author_name,
    text, metadata, created_at)
SELECT n, 1, 1, 'customer', 'customer', 'cust', '', 'Message ' || md5(n::text || 'm')
    || CASE WHEN n % 5 = 0 THEN ' about builds' ELSE ' about seats' END
    || CASE WHEN n % 997 = 0 THEN ' zebra' ELSE '' END,
    '{}', now()
FROM generate_series(1, 100000) n
"""
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename = ANY(%s) AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
TABLES = ("cairnloop_conversation", "cairnloop_message")


@pytest.fixture(scope="module")
def many(django_db_setup: None, django_db_blocker: Any) -> Any:
    """A hundred thousand conversations, with statistics; gone afterwards."""
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            with transaction.atomic():
                _fill(cursor)
            cursor.execute(f"VACUUM ANALYZE {', '.join(TABLES)}")
        yield
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")


def _fill(cursor: Any) -> None:
    """Fill the tables, and make their indexes anew afterwards: to grow them row by row takes several times as long."""
    cursor.execute(INDEXES, [list(TABLES)])
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    cursor.execute(CONVERSATIONS)
    # PostgreSQL may have planned the check of the foreign key on this connection while the table was empty, and would
    # read all of it for every message.
    cursor.execute(f"ANALYZE {TABLES[0]}")
    cursor.execute(MESSAGES)
    # Tables with checks to come take no index.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for _, definition in indexes:
        cursor.execute(definition)


def plan(queryset: Any) -> list[dict[str, Any]]:
    sql, params = queryset.query.sql_with_params()
    return plan_of(sql, params)


def plan_of(sql: str, params: Any = None) -> list[dict[str, Any]]:
    """Return every node of the plan PostgreSQL makes for a statement."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        (answer,) = cursor.fetchone()
    root = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    found, pending = [], [root]
    while pending:
        node = pending.pop()
        found.append(node)
        pending.extend(node.get("Plans", []))
    return found


ME = "7"
FILTERS = {
    "all open": InboxFilter(),
    "my queue": InboxFilter(assignee_ref=ME, waiting="us"),
    "mine": InboxFilter(assignee_ref=ME),
    "unassigned": InboxFilter(assignee_ref="", waiting="us"),
    "waiting for us": InboxFilter(waiting="us"),
    "waiting for customer": InboxFilter(waiting="customer"),
    "resolved": InboxFilter(status="resolved"),
    "archived": InboxFilter(status="archived"),
    "any status": InboxFilter(status=""),
    "one channel": InboxFilter(channel="email"),
    "a common channel": InboxFilter(status="", channel="widget"),
    "a rare channel": InboxFilter(status="", channel="email"),
    "a channel nobody uses": InboxFilter(status="resolved", channel="host"),
    "resolved by one": InboxFilter(status="resolved", assignee_ref=ME),
    "a rare word": InboxFilter(status="", words="zebra"),
    "a common word": InboxFilter(status="", words="builds"),
    "a common word in open": InboxFilter(words="builds"),
    "the beginning of a word": InboxFilter(status="", words="a3f"),
    "several words": InboxFilter(status="", words="builds zebra"),
    "a customer": InboxFilter(status="", words="cust-4711"),
    "an id": InboxFilter(status="", words="#4711"),
    "everything at once": InboxFilter(assignee_ref=ME, waiting="us", channel="email", words="builds"),
}


def sequential(nodes: list[dict[str, Any]]) -> list[str]:
    scans = [node for node in nodes if node["Node Type"] == "Seq Scan"]
    return [node["Relation Name"] for node in scans if node["Relation Name"] in TABLES]


class TestInboxPages:
    @pytest.mark.parametrize("order", ORDERINGS)
    @pytest.mark.parametrize("name", FILTERS)
    def test_stay_on_indexes(self, many, name, order):
        wanted = FILTERS[name]
        if order in ORDERINGS_OF_OPEN and wanted.status != "open":
            order = "activity"  # The inbox does the same: only open conversations wait.
        found = filter_inbox(Conversation.objects.all(), wanted)
        assert sequential(plan(found.order_by(*ORDERINGS[order])[:26])) == []

    @pytest.mark.parametrize("order", ORDERINGS)
    def test_stay_on_indexes_far_down(self, many, order):
        found = filter_inbox(Conversation.objects.all(), InboxFilter())
        cursor = ""
        for _ in range(3):
            page = page_after(found, cursor, ordering=ORDERINGS[order], size=1_000)
            cursor = page.next_cursor
        with CaptureQueriesContext(connection) as captured:
            page_after(found, cursor, ordering=ORDERINGS[order], size=25)
        nodes = plan_of(captured.captured_queries[0]["sql"])
        assert sequential(nodes) == []
        assert "Sort" not in {node["Node Type"] for node in nodes}


class TestTheQueue:
    @pytest.mark.parametrize("operator_ref", [None, ME])
    def test_is_read_in_order_and_no_further_than_it_is_shown(self, many, operator_ref):
        every = Conversation.objects.all()
        middle = every.waiting().unassigned().order_by("priority_rank", "waiting_since", "id")[300]
        with CaptureQueriesContext(connection) as captured:
            first_in_queue(every, operator_ref=operator_ref, limit=6)
            next_open_conversation(every, operator_ref=operator_ref, after=middle)
        for query in captured.captured_queries:
            nodes = plan_of(query["sql"])
            assert not {node["Node Type"] for node in nodes} & {"Sort", "Incremental Sort", "Bitmap Heap Scan"}
            assert {node["Index Name"] for node in nodes if "Index Name" in node} == {"cl_conversation_queue"}
        assert len(captured) == 2


def in_its_order(wanted: InboxFilter) -> ConversationQuerySet:
    order = "waiting" if wanted.waiting == "us" else "activity"
    return filter_inbox(Conversation.objects.all(), wanted).order_by(*ORDERINGS[order])


class TestACustomersOwn:
    def test_list_and_thread_stay_on_indexes(self, many):
        with CaptureQueriesContext(connection) as captured:
            first = list_conversations_for_customer(customer_ref="cust-4711", limit=3)
            last = (first[-1].last_activity_at, first[-1].public_id)
            list_conversations_for_customer(customer_ref="cust-4711", before=last, limit=3)
            thread_for_customer(conversation_id=first[0].pk, after=0)
            list_unread_for_customer(customer_ref="cust-4711", limit=10)
            first_message(customer_ref="cust-4711", client_id="a1")
        plans = [plan_of(query["sql"]) for query in captured]
        assert [sequential(nodes) for nodes in plans] == [[], [], [], [], []]
        assert "cl_conversation_customer_act" in str(plans[0])
        assert "cl_conversation_unread" in str(plans[3])


class TestCountsAndFigures:
    def test_stay_on_indexes(self, many):
        every, now = Conversation.objects.all(), timezone.now()
        with CaptureQueriesContext(connection) as captured:
            count_capped({name: in_its_order(wanted) for name, wanted in list(FILTERS.items())[:7]})
            count_capped({"today": every.resolved_since(now - timedelta(hours=12))}, limit=1_000)
            count_waiting_for(every, operator=Actor.operator(ME))
            summarise_ratings(every, since=now - timedelta(days=30), today=now - timedelta(hours=12))
            next_in_line(every, operator=Actor.operator(ME), limit=6)
            inbox_version(every)
            inbox_lines(list(every.open().order_by("-last_activity_at", "-id")[:25]), reader=Actor.operator(ME))
        assert [query["sql"] for query in captured if sequential(plan_of(query["sql"]))] == []


class TestSearches:
    @pytest.mark.parametrize("words", ["about", "abou", "about message", "message about mess"])
    @pytest.mark.parametrize("order", ORDERINGS)
    def test_go_through_conversations_in_order_for_frequent_words(self, many, words, order):
        found = filter_inbox(Conversation.objects.all(), InboxFilter(status="", words=words))
        nodes = plan(found.order_by(*ORDERINGS[order])[:26])
        assert sequential(nodes) == []
        assert "cl_message_words" not in {node.get("Index Name") for node in nodes}
        assert inbox_searched_since(Conversation.objects.all(), InboxFilter(status="", words=words)) is not None

    @pytest.mark.parametrize("words", ["zebra", "zeb", "about zebra", "4711", "a3f"])
    def test_look_rare_words_up(self, many, words):
        found = filter_inbox(Conversation.objects.all(), InboxFilter(status="", words=words))
        assert "cl_message_words" in {node.get("Index Name") for node in plan(found.order_by("-id")[:26])}
        assert inbox_searched_since(Conversation.objects.all(), InboxFilter(status="", words=words)) is None
