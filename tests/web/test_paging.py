from __future__ import annotations

import base64
import json

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from cairnloop.conversations.queries import ORDERINGS
from cairnloop.models import Conversation
from cairnloop.web.paging import page_after
from tests.factories import LIN, make_conversation

pytestmark = pytest.mark.django_db


def walk(ordering, *, size=2, between=lambda: None):
    """Every id, page by page."""
    found, cursor = [], ""
    while True:
        page = page_after(Conversation.objects.all(), cursor, ordering=ordering, size=size)
        found.append([row.pk for row in page.rows])
        cursor = page.next_cursor
        if not cursor:
            return found
        between()


@pytest.fixture
def seven(ada):
    """Seven conversations: three share a moment, two wait for nobody."""
    rows = [make_conversation() for _ in range(7)]
    moment = timezone.now()
    Conversation.objects.filter(pk__in=[row.pk for row in rows[1:4]]).update(
        last_activity_at=moment, waiting_since=moment
    )
    Conversation.objects.filter(pk__in=[row.pk for row in rows[5:]]).update(waiting_since=None)
    return rows


class TestPageAfter:
    @pytest.mark.parametrize("order", ORDERINGS)
    @pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
    def test_shows_every_row_once_and_in_order(self, seven, order, size):
        expected = list(Conversation.objects.order_by(*ORDERINGS[order]).values_list("pk", flat=True))
        pages = walk(ORDERINGS[order], size=size)
        assert [pk for page in pages for pk in page] == expected
        assert all(len(page) == size for page in pages[:-1])

    def test_neither_repeats_nor_skips_when_rows_arrive_meanwhile(self, seven):
        pages = walk(ORDERINGS["activity"], between=lambda: make_conversation())
        shown = [pk for page in pages for pk in page]
        assert sorted(shown) == sorted(row.pk for row in seven)

    def test_goes_on_behind_a_row_that_was_removed(self, seven):
        first = page_after(Conversation.objects.all(), "", ordering=ORDERINGS["opened"], size=2)
        Conversation.objects.filter(pk=first.rows[-1].pk).update(customer_ref="gone")
        rest = page_after(
            Conversation.objects.owned_by(LIN.ref), first.next_cursor, ordering=ORDERINGS["opened"], size=9
        )
        assert [row.pk for row in rest.rows] == [row.pk for row in seven[4::-1]]

    def test_says_that_there_is_no_more(self, seven):
        page = page_after(Conversation.objects.all(), "", ordering=ORDERINGS["opened"], size=7)
        assert page.next_cursor == ""

    def test_takes_one_query(self, seven, django_assert_num_queries):
        cursor = page_after(Conversation.objects.all(), "", ordering=ORDERINGS["waiting"], size=2).next_cursor
        with django_assert_num_queries(1):
            page_after(Conversation.objects.all(), cursor, ordering=ORDERINGS["waiting"], size=2)


def cursor_of(*values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


class TestADamagedCursor:
    @pytest.mark.parametrize(
        "cursor",
        [
            "x", "%%%", "a" * 5_000, cursor_of(), cursor_of("-id"), cursor_of("-id", None), cursor_of("-id", "7"),
            cursor_of("-id", True), cursor_of("-id", 1.5), cursor_of("-id", [1]), cursor_of("-id", 1, 2),
            cursor_of("id", 1), cursor_of("-pk", 1), "bnVsbA", "W10", "[" * 90,
        ],
    )  # fmt: skip
    def test_gives_the_first_page(self, seven, cursor):
        page = page_after(Conversation.objects.all(), cursor, ordering=ORDERINGS["opened"], size=2)
        assert [row.pk for row in page.rows] == [seven[6].pk, seven[5].pk]

    @pytest.mark.parametrize(
        "moment", ["yesterday", "2026-03-12T10:00:00", "", 5, None, "9999-12-31T23:59:59.999999-23:59"]
    )
    def test_gives_the_first_page_for_what_is_no_moment(self, seven, moment):
        cursor = cursor_of("-last_activity_at", "-id", moment, 1)
        page = page_after(Conversation.objects.all(), cursor, ordering=ORDERINGS["activity"], size=7)
        assert len(page.rows) == 7

    def test_gives_the_first_page_of_another_order(self, seven):
        cursor = page_after(Conversation.objects.all(), "", ordering=ORDERINGS["opened"], size=2).next_cursor
        page = page_after(Conversation.objects.all(), cursor, ordering=ORDERINGS["waiting"], size=2)
        assert page.rows[0].pk == seven[0].pk

    def test_of_an_id_beyond_everything_gives_an_empty_page(self, seven):
        page = page_after(Conversation.objects.all(), cursor_of("-id", -(10**30)), ordering=ORDERINGS["opened"], size=2)
        assert page.rows == []


class TestAnyCursor(TestCase):
    @settings(max_examples=200, deadline=None)
    @given(st.one_of(st.text(), st.recursive(st.none() | st.integers() | st.text() | st.booleans(), st.lists).map(
        lambda values: base64.urlsafe_b64encode(json.dumps(["-last_activity_at", "-id", values, 5]).encode()).decode()
    )))  # fmt: skip
    def test_gives_a_page(self, cursor):
        for ordering in ORDERINGS.values():
            page = page_after(Conversation.objects.all(), cursor, ordering=ordering, size=2)
            assert (page.rows, page.next_cursor) == ([], "")
