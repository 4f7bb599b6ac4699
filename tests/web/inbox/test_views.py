from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import cairnloop
from cairnloop.conversations import searching
from cairnloop.conversations.reading import mark_read
from cairnloop.models import Conversation
from tests.factories import LIN, MATEUS, actor_of, make_conversation
from tests.web.conftest import HTMX, browser_of, text_of

pytestmark = pytest.mark.django_db

INBOX = "/support/inbox/"


def rows_in(response):
    """The ids of the rows, in their order."""
    return [int(pk) for pk in re.findall(r'id="inbox-row-(\d+)" ', response.content.decode())]


def row_html(response, conversation):
    return text_of(response).split(f'id="inbox-row-{conversation.pk}"')[1].split("</li>")[0]


class TestTheInbox:
    def test_shows_a_row_with_what_one_needs_to_choose(self, browser, ada, conversation):
        cairnloop.assign_conversation(conversation_id=conversation.pk, to=actor_of(ada), by=actor_of(ada))
        row = row_html(browser.get(INBOX), conversation)
        for shown in ("Lin Zhao", "Northbeam Robotics", "Charged twice for March", "Two charges for March, one"):
            assert shown in row
        assert 'aria-label="Ada Brandt"' in row
        assert f'href="{reverse("cairnloop:conversation", args=[conversation.pk])}?from=&amp;at=' in row
        assert re.search(r"<time datetime=[^>]+ data-age><span class=\"cl-visually-hidden\">Waiting </span>", row)

    def test_names_what_has_no_name(self, browser):
        nameless = make_conversation(customer_name="", account_name="", subject="", text=None)
        row = row_html(browser.get(INBOX), nameless)
        assert LIN.ref in row
        assert "No subject" in row
        assert "Nothing was written yet." in row
        assert 'aria-label="Nobody is assigned"' in row

    def test_escapes_whatever_a_customer_wrote(self, browser):
        hostile = make_conversation(subject="<b>x</b>", customer_name='"><script>', text="<img src=x onerror=y>")
        row = row_html(browser.get(INBOX), hostile)
        assert "<b>x</b>" not in row
        assert "<script>" not in row
        assert "<img" not in row

    def test_says_who_spoke_last(self, browser, ada, grace, conversation):
        for by, text, shown in [
            (actor_of(grace), "Looking into it.", "Grace Owusu: Looking into it."),
            (actor_of(ada), "It is fixed.", "You: It is fixed."),
        ]:
            cairnloop.post_reply(conversation_id=conversation.pk, text=text, by=by)
            assert shown in row_html(browser.get(INBOX), conversation)
        cairnloop.add_note(conversation_id=conversation.pk, text="Their plan is Solo.", by=actor_of(ada))
        assert "Note: Their plan is Solo." in row_html(browser.get(INBOX), conversation)

    def test_marks_what_its_reader_has_not_seen(self, browser, ada, grace, conversation):
        assert "unread" in row_html(browser.get(INBOX), conversation)
        mark_read(conversation_id=conversation.pk, by=actor_of(ada), sequence=1)
        assert "unread" not in row_html(browser.get(INBOX), conversation)
        assert "unread" in row_html(browser_of(grace).get(INBOX), conversation)

    @pytest.mark.parametrize("priority", ["low", "high", "urgent"])
    def test_says_a_priority_in_words(self, browser, priority):
        marked = make_conversation(priority=priority)
        row = row_html(browser.get(INBOX), marked)
        assert f"</svg>{priority.capitalize()}</span>" in row

    def test_orders_by_newest_activity_and_ignores_what_it_does_not_know(self, browser):
        older, newer = make_conversation(), make_conversation()
        cairnloop.receive_message(conversation_id=older.pk, text="Hello?", by=LIN)
        unknown = "?status=lost&waiting=nobody&sort=luck&channel=fax&cursor=%25&unknown=1&assignee=%00&status=odd"
        for query in ("", unknown):
            response = browser.get(INBOX + query)
            assert response.status_code == 200
            assert rows_in(response) == [older.pk, newer.pk]

    def test_orders_waiting_views_by_who_waits_longest(self, browser):
        first, second = make_conversation(), make_conversation()
        cairnloop.receive_message(conversation_id=first.pk, text="Hello?", by=LIN)
        assert rows_in(browser.get(f"{INBOX}?waiting=us")) == [first.pk, second.pk]
        assert rows_in(browser.get(f"{INBOX}?waiting=us&sort=opened")) == [second.pk, first.pk]
        urgent = make_conversation(priority="urgent")
        response = browser.get(f"{INBOX}?waiting=us&sort=priority")
        assert rows_in(response) == [urgent.pk, first.pk, second.pk]
        assert "Most urgent" in text_of(response)
        assert "Most urgent" not in text_of(browser.get(f"{INBOX}?status=resolved&sort=priority"))

    def test_combines_filters_from_the_url(self, browser, ada):
        wanted = make_conversation(channel="email", subject="Invoice", text="Hello")
        make_conversation(channel="email", subject="Seats", text="Hello")
        make_conversation(channel="widget", subject="Invoice", text="Hello")
        cairnloop.assign_conversation(conversation_id=wanted.pk, to=actor_of(ada), by=actor_of(ada))
        response = browser.get(f"{INBOX}?channel=email&q=invo&assignee=me&waiting=us&status=open&sort=opened")
        assert rows_in(response) == [wanted.pk]

    def test_shows_a_search_and_how_to_end_it(self, browser, conversation):
        response = browser.get(f"{INBOX}?q=charged&waiting=us")
        assert rows_in(response) == [conversation.pk]
        assert 'value="charged"' in text_of(response)
        assert f'href="{INBOX}?waiting=us"' in text_of(response)

    def test_shows_only_what_its_operator_may_see(self, ada, access, conversation):
        access("ShowsOnlyLin")
        hidden = make_conversation(customer_ref=MATEUS.ref, subject="Webhooks")
        browser = browser_of(ada)
        assert rows_in(browser.get(INBOX)) == [conversation.pk]
        assert rows_in(browser.get(f"{INBOX}?q=webhooks&status=any")) == []
        assert rows_in(browser.get(f"{INBOX}?q={hidden.pk}&status=any")) == []

    def test_gives_htmx_the_rows_of_the_page(self, browser, conversation):
        page, part = browser.get(INBOX), browser.get(INBOX, headers=HTMX)
        assert "<html" not in text_of(part)
        assert row_html(part, conversation) == row_html(page, conversation)

    def test_gives_a_page_to_htmx_when_it_restores_history(self, browser):
        restoring = {**HTMX, "HX-History-Restore-Request": "true"}
        assert "<html" in text_of(browser.get(INBOX, headers=restoring))


class TestTheViews:
    def counts(self, response):
        views = text_of(response).split('id="inbox-views"')[1].split("</nav>")[0]
        found = re.findall(r"<span>([^<]+)</span>(?:<span class=\"cl-count\">([^<]+)</span>)?", views)
        return dict(found)

    def test_count_each_queue(self, browser, ada, grace):
        me = actor_of(ada)
        mine = make_conversation()
        cairnloop.assign_conversation(conversation_id=mine.pk, to=me, by=me)
        hers = make_conversation()
        cairnloop.assign_conversation(conversation_id=hers.pk, to=actor_of(grace), by=me)
        answered = make_conversation()
        cairnloop.post_reply(conversation_id=answered.pk, text="Done.", by=me)
        make_conversation()
        assert self.counts(browser.get(INBOX)) == {
            "My queue": "1", "Unassigned": "1", "Waiting for us": "3", "Waiting for customer": "1", "All open": "4",
            "Resolved": "", "Archived": "",
        }  # fmt: skip

    def test_stop_counting_at_ninety_nine(self, browser):
        lin = {"customer_ref": LIN.ref, "channel": "widget"}
        moment = make_conversation().opened_at
        Conversation.objects.bulk_create(
            Conversation(**lin, opened_at=moment, last_activity_at=moment, changed_at=moment) for _ in range(120)
        )
        assert self.counts(browser.get(INBOX))["All open"] == "99+"

    @pytest.mark.parametrize(
        ("query", "name"),
        [
            ("", "All open"), ("?status=open", "All open"), ("?waiting=us", "Waiting for us"),
            ("?status=resolved", "Resolved"), ("?assignee=me&waiting=us", "My queue"),
            ("?waiting=us&q=x&sort=opened", "Waiting for us"),
        ],
    )  # fmt: skip
    def test_name_the_page(self, browser, query, name):
        text = text_of(browser.get(INBOX + query))
        assert f"<h1>{name}</h1>" in text
        current = re.findall(r'aria-current="page">.*?<span>([^<]+)</span>', text.split('id="inbox-views"')[1])
        assert current == [name]

    def test_leave_out_my_queue_where_there_is_no_me(self, ada, access, conversation):
        access("NamesNobody")
        browser = browser_of(ada)
        assert "My queue" not in self.counts(browser.get(INBOX))
        assert rows_in(browser.get(f"{INBOX}?assignee=me")) == [conversation.pk]


class TestAnEmptyInbox:
    @pytest.mark.parametrize(
        ("query", "title", "step"),
        [
            ("", "No open conversations", "See resolved ones"),
            ("?waiting=us", "Nobody is waiting", "See all open conversations"),
            ("?q=zebra", "No conversation matches", "Search all conversations"),
            ("?q=zebra&status=any", "No conversation matches", "Remove all filters"),
            ("?channel=email", "No conversation matches", "Remove all filters"),
            ("?assignee=someone", "No conversation matches", "Remove all filters"),
            ("?status=archived", "Nothing here", "See all open conversations"),
        ],
    )
    def test_says_why_and_offers_one_step(self, browser, query, title, step):
        text = text_of(browser.get(INBOX + query))
        assert f"<h2>{title}</h2>" in text
        assert f">{step}</a>" in text


class TestPaging:
    def test_loads_more_without_repeating(self, browser):
        rows = [make_conversation().pk for _ in range(30)][::-1]
        first = browser.get(INBOX)
        assert rows_in(first) == rows[:25]
        more_url = re.search(r'href="([^"]*cursor=[^"]*)"', first.content.decode()).group(1).replace("&amp;", "&")
        for headers in ({}, HTMX):
            more = browser.get(more_url, headers=headers)
            assert rows_in(more) == rows[25:]
            assert "Load more" not in text_of(more)

    def test_keeps_the_filters(self, browser):
        for _ in range(26):
            make_conversation(channel="email")
        text = text_of(browser.get(f"{INBOX}?channel=email&sort=opened"))
        assert re.search(r'href="[^"]*channel=email&amp;sort=opened&amp;cursor=', text)


class TestQueryCounts:
    def test_do_not_grow_with_the_rows(self, browser, ada):
        def queries(url, headers=None):
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(url, headers=headers or {}).status_code == 200
            return len(captured)

        urls = [INBOX, f"{INBOX}?waiting=us", f"{INBOX}?q=charged", f"{INBOX}?assignee=me&sort=opened"]
        for _ in range(5):
            mine = make_conversation()
            cairnloop.assign_conversation(conversation_id=mine.pk, to=actor_of(ada), by=actor_of(ada))
        changes = [f"{INBOX}changes/?shown={row.pk}" for row in Conversation.objects.all()[:1]]
        few = [queries(url) for url in urls + changes]
        for number in range(25):
            row = make_conversation(customer_ref=f"cust-{number}")
            cairnloop.assign_conversation(conversation_id=row.pk, to=actor_of(ada), by=actor_of(ada))
            cairnloop.add_note(conversation_id=row.pk, text="Seen.", by=actor_of(ada))
        shown = ",".join(str(pk) for pk in Conversation.objects.values_list("pk", flat=True)[1:])
        changes = [f"{INBOX}changes/?shown={shown}"]
        assert [queries(url) for url in urls + changes] == few

    def test_stay_small(self, browser, conversation, django_assert_max_num_queries):
        """Session, user, two for permissions; then version, rows, their details, counts, and the rail's badge."""
        with django_assert_max_num_queries(9):
            browser.get(INBOX)


class TestChanges:
    def news(self, response):
        return re.search(r'id="inbox-news"[^>]*>(.*?)</div>', text_of(response)).group(1)

    def test_renews_what_changed_and_leaves_the_rest(self, browser):
        one, two = make_conversation(), make_conversation()
        cairnloop.receive_message(conversation_id=one.pk, text="Are you there?", by=LIN)
        response = browser.get(f"{INBOX}changes/?shown={one.pk},{two.pk}&changed={one.pk}", headers=HTMX)
        assert rows_in(response) == [one.pk]
        assert f'id="inbox-row-{one.pk}" hx-swap-oob="true"' in text_of(response)
        assert "Are you there?" in text_of(response)
        assert self.news(response).strip() == ""

    def test_renews_everything_when_nobody_knows_what_changed(self, browser):
        one, two = make_conversation(), make_conversation()
        response = browser.get(f"{INBOX}changes/?shown={one.pk},{two.pk}", headers=HTMX)
        assert set(rows_in(response)) == {one.pk, two.pk}

    def test_counts_what_the_page_does_not_show(self, browser):
        shown = make_conversation()
        make_conversation(), make_conversation()
        response = browser.get(f"{INBOX}changes/?shown={shown.pk}&changed=", headers=HTMX)
        assert rows_in(response) == []
        assert "2 new" in self.news(response)

    def test_counts_by_the_filters_of_the_page(self, browser):
        shown = make_conversation(channel="email")
        make_conversation(channel="widget")
        response = browser.get(f"{INBOX}changes/?channel=email&shown={shown.pk}", headers=HTMX)
        assert self.news(response).strip() == ""

    def test_keeps_a_row_in_its_place_that_no_longer_fits(self, browser, ada, conversation):
        cairnloop.resolve_conversation(conversation_id=conversation.pk, by=actor_of(ada))
        response = browser.get(f"{INBOX}changes/?waiting=us&shown={conversation.pk}", headers=HTMX)
        assert "</svg>Resolved</span>" in row_html(response, conversation)

    def test_takes_away_what_may_not_be_seen_any_more(self, ada, access, conversation):
        access("ShowsOnlyLin")
        hidden = make_conversation(customer_ref=MATEUS.ref)
        response = browser_of(ada).get(f"{INBOX}changes/?shown={hidden.pk},{conversation.pk}", headers=HTMX)
        assert f'<li id="inbox-row-{hidden.pk}" hx-swap-oob="delete">' in text_of(response)
        assert MATEUS.name not in text_of(response)

    @pytest.mark.parametrize("shown", ["", "x", "1,x,,-1,1.5", "9" * 40, "²", ",".join(map(str, range(5_000)))])
    def test_takes_whatever_it_is_told(self, browser, conversation, shown):
        assert browser.get(f"{INBOX}changes/", {"shown": shown, "changed": shown}).status_code == 200


class TestThePreview:
    def test_shows_the_last_messages_and_what_can_be_done(self, browser, ada, conversation):
        for number in range(6):
            cairnloop.receive_message(conversation_id=conversation.pk, text=f"Line {number}", by=LIN)
        text = text_of(browser.get(reverse("cairnloop:inbox-preview", args=[conversation.pk]), headers=HTMX))
        assert "3 earlier messages" in text
        assert "Line 2" in text
        assert "Line 1" not in text
        assert f'action="{reverse("cairnloop:inbox-assignment", args=[conversation.pk])}"' in text
        assert f'action="{reverse("cairnloop:inbox-resolution", args=[conversation.pk])}"' in text

    def test_does_not_count_as_reading(self, browser, conversation):
        browser.get(reverse("cairnloop:inbox-preview", args=[conversation.pk]), headers=HTMX)
        assert "unread" in row_html(browser.get(INBOX), conversation)

    def test_offers_nothing_that_would_be_refused(self, ada, access, conversation):
        access("NamesNobody")
        url = reverse("cairnloop:inbox-preview", args=[conversation.pk])
        assert "<form" not in text_of(browser_of(ada).get(url, headers=HTMX))


class TestASearchForFrequentWords:
    @pytest.fixture(autouse=True)
    def _reach_of_one(self, monkeypatch):
        monkeypatch.setattr(searching, "_frequent", set)
        monkeypatch.setattr(searching, "REACH", 1)

    def test_says_since_when_it_searched_and_how_to_reach_further(self, browser):
        old, new = make_conversation(), make_conversation()
        response = browser.get(INBOX, {"q": "charges"})
        assert rows_in(response) == [new.pk]
        assert "so only those active since" in text_of(response)
        assert "Add a word to search further back." in text_of(response)
        assert old.pk not in rows_in(response)

    def test_says_nothing_when_everything_was_searched(self, browser, conversation):
        assert rows_in(browser.get(INBOX, {"q": "charges"})) == [conversation.pk]
        for asked in ({"q": "charges"}, {}):
            assert "search further back" not in text_of(browser.get(INBOX, asked))
