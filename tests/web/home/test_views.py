from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import cairnloop
from cairnloop.models import Conversation
from tests.factories import LIN, actor_of, make_conversation
from tests.web.conftest import HTMX, browser_of, text_of

pytestmark = pytest.mark.django_db

HOME = "/support/"


def assigned(conversation, to):
    return cairnloop.assign_conversation(conversation_id=conversation.pk, to=to, by=to)


def part(response, name):
    """The text of one section, without markup."""
    html = text_of(response).split(f'id="home-{name}"')[1].split("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


class TestHome:
    def test_puts_ones_own_before_what_is_nobodys_and_leaves_out_the_rest(self, browser, ada, grace):
        free = make_conversation(subject="Free")
        assigned(make_conversation(subject="Hers"), actor_of(grace))
        mine = assigned(make_conversation(subject="Mine"), actor_of(ada))
        response = browser.get(HOME)
        assert "Mine" in part(response, "next")
        assert "Yours, and waiting longest" in part(response, "next")
        assert f'href="/support/conversations/{mine.pk}/"' in text_of(response)
        assert "Free" in part(response, "then")
        assert 'href="/support/inbox/?assignee=me&amp;waiting=us&amp;sort=priority"' in text_of(response)
        assert f'href="/support/conversations/{free.pk}/"' in text_of(response)
        assert "Hers" not in text_of(response)

    def test_says_how_many_wait(self, browser, ada):
        assert "Nobody waits for you." in text_of(browser.get(HOME))
        make_conversation()
        assert "1 conversation waits, and nobody has taken it." in text_of(browser.get(HOME))
        for _ in range(2):
            assigned(make_conversation(), actor_of(ada))
        assert "2 conversations wait for you. 1 more is nobody’s yet." in text_of(browser.get(HOME))

    def test_tells_what_was_resolved_today_only_when_something_was(self, browser, ada, conversation):
        assert "resolved today" not in text_of(browser.get(HOME))
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        assert '<a id="home-resolved" href="/support/inbox/?status=resolved">1 resolved today</a>' in text_of(
            browser.get(HOME)
        )

    def test_is_calm_when_nobody_waits(self, browser):
        assert "All caught up" in part(browser.get(HOME), "calm")

    def test_says_who_waits_for_colleagues(self, browser, grace, conversation):
        assigned(conversation, actor_of(grace))
        assert "1 conversation waits for a colleague." in part(browser.get(HOME), "calm")

    def test_shows_how_the_day_goes(self, browser, ada):
        for rating in ("positive", "positive", "negative"):
            done = make_conversation()
            cairnloop.resolve_conversation(conversation_id=done.pk, by=actor_of(ada))
            cairnloop.record_rating(conversation_id=done.pk, rating=rating, by=LIN)
        make_conversation()
        today = part(browser.get(HOME), "today")
        assert "Waiting 1 of 1 open" in today
        assert "Resolved 3 today" in today
        assert "Rated good 2 of 3 30 days: 67%" in today

    def test_does_not_call_a_day_without_ratings_a_bad_one(self, browser, ada, conversation):
        assert "Rated good – no rating in 30 days" in part(browser.get(HOME), "today")
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        cairnloop.record_rating(conversation_id=conversation.pk, rating="positive", by=LIN)
        Conversation.objects.update(rated_at=timezone.now() - timedelta(days=2))
        assert "Rated good – none today, 30 days: 100%" in part(browser.get(HOME), "today")

    def test_greets_by_the_hour_and_by_the_first_name(self, browser):
        assert re.search(r"<h1>Good (morning|afternoon|evening), Ada</h1>", text_of(browser.get(HOME)))

    def test_gives_htmx_the_same_again(self, browser, conversation):
        page, again = browser.get(HOME), browser.get(HOME, headers=HTMX)
        assert "<html" not in text_of(again)
        assert part(page, "next") == part(again, "next")
        assert 'hx-trigger="cl:inbox from:body queue:last"' in text_of(again)

    def test_greets_nobody_by_name_without_an_operator(self, ada, access, conversation):
        access("NamesNobody")
        response = browser_of(ada).get(HOME)
        assert re.search(r"<h1>Good (morning|afternoon|evening)</h1>", text_of(response))
        assert "1 conversation waits, and nobody has taken it." in text_of(response)

    def test_offers_to_reply_only_to_who_can(self, browser, ada, access, conversation):
        assert "Open and reply" in text_of(browser.get(HOME))
        access("NamesNobody")
        page = text_of(browser_of(ada).get(HOME))
        assert "Open and reply" not in page
        assert 'id="home-open"' in page


class TestWhatCannotBeRead:
    def test_is_said_and_never_shown_as_nothing_to_do(self, browser):
        """A count that PostgreSQL gives up on: here, because its statement may not run at all."""

        def refuse(execute, sql, params, many, context):
            if "counted)" in sql and "own" not in sql and sql.count("counted)") > 1:
                raise DatabaseError("canceling statement due to statement timeout")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(refuse):
            text = text_of(browser.get(HOME))
        assert "All caught up" not in text
        assert "unavailable right now" in text
        assert "this does not mean that nobody waits" in text

    def test_leaves_the_rest_of_the_page(self, browser, conversation):
        def refuse(execute, sql, params, many, context):
            if "procrastinate" in sql or "rated_at" in sql.split("WHERE")[-1]:
                raise DatabaseError("relation does not exist")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(refuse):
            response = browser.get(HOME)
        assert "Background jobs unavailable" in part(response, "system")
        assert "These numbers are unavailable right now." in part(response, "today")
        assert conversation.subject in part(response, "next")


class TestTheSystem:
    def test_says_that_no_worker_was_ever_seen(self, browser):
        system = part(browser.get(HOME), "system")
        assert "No background job failed 0 waiting" in system
        assert "No worker runs, so background jobs wait never seen" in system

    def test_tells_a_worker_that_runs_from_one_that_fell_silent(self, browser):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
            assert "A worker runs seen" in part(browser.get(HOME), "system")
            cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
        assert "No worker answers, so background jobs wait seen" in part(browser.get(HOME), "system")

    def test_counts_jobs_that_failed(self, browser, ada, conversation):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        assert "3 waiting" in part(browser.get(HOME), "system")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name LIKE '%notify_resolved'")
        assert "1 background job failed" in part(browser.get(HOME), "system")


class TestTheRail:
    def test_counts_what_waits_for_its_operator(self, browser, ada, conversation):
        assert 'class="cl-rail-badge"' not in text_of(browser.get(HOME))
        assigned(conversation, actor_of(ada))
        badge = '<span class="cl-rail-badge">1<span class="cl-visually-hidden"> waiting for you</span></span>'
        assert badge in text_of(browser.get(HOME))
        assert badge in text_of(browser.get("/support/rail/badge/", headers=HTMX))

    def test_shows_only_pages_that_exist(self, browser):
        rail = text_of(browser.get(HOME)).split('class="cl-rail-list"')[1].split("</ul>")[0]
        assert re.findall(r'href="([^"]+)"', rail) == [
            "/support/",
            "/support/inbox/",
            "/support/knowledge/",
        ]

    @pytest.mark.parametrize(("path", "current"), [("/support/", "Home"), ("/support/inbox/", "Inbox")])
    def test_says_where_one_is(self, browser, path, current):
        rail = text_of(browser.get(path)).split('class="cl-rail-list"')[1].split("</ul>")[0]
        marked = rail.split('aria-current="page"')
        assert len(marked) == 2
        assert current in re.sub(r"<[^>]+>", "", marked[1].split("</a>")[0])


class TestQueryCounts:
    def test_do_not_grow_with_the_queue(self, browser, ada):
        def queries():
            with CaptureQueriesContext(connection) as captured:
                browser.get(HOME)
            return len(captured)

        assigned(make_conversation(), actor_of(ada))
        few = queries()
        for _ in range(25):
            make_conversation()
        assert queries() == few
