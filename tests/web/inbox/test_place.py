"""The way back: whoever opens a conversation out of a list returns to exactly that list."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

import cairnloop
from cairnloop.models import Conversation
from tests.factories import actor_of, make_conversation
from tests.web.conftest import HTMX, browser_of, text_of

pytestmark = pytest.mark.django_db

INBOX = "/support/inbox/"


def rows_in(response):
    return [int(each) for each in re.findall(r'<li class="cl-inbox-row" id="inbox-row-(\d+)"', text_of(response))]


def link_of(response, conversation):
    """The link of a row, as a browser follows it."""
    return unescape(re.search(rf'id="inbox-row-{conversation.pk}-open" href="([^"]+)"', text_of(response)).group(1))


def way_back(response):
    return unescape(re.search(r'href="([^"]+)" data-key="Escape"', text_of(response)).group(1))


def next_of(response):
    found = re.search(r'href="([^"]+)" data-key="j"', text_of(response))
    return found and unescape(found.group(1))


def more_url(response):
    return unescape(re.search(r'id="inbox-more"><a href="([^"]+)"', text_of(response)).group(1))


def id_in(url):
    return int(re.search(r"/conversations/(\d+)/", url).group(1))


class TestTheWayBack:
    @pytest.mark.parametrize("query", ["", "?waiting=us&q=charged&sort=opened", "?status=any&channel=widget"])
    def test_leads_to_the_same_list_and_row(self, browser, conversation, query):
        page = browser.get(link_of(browser.get(INBOX + query), conversation))
        assert way_back(page) == f"{INBOX}{query}#inbox-row-{conversation.pk}-open"
        assert rows_in(browser.get(way_back(page))) == [conversation.pk]

    def test_keeps_the_rows_that_had_been_loaded(self, browser):
        made = [make_conversation() for _ in range(60)][::-1]
        first = browser.get(INBOX)
        second = browser.get(more_url(first), headers=HTMX)
        upto = parse_qs(urlsplit(more_url(second)).query)["cursor"][0]
        back = browser.get(INBOX, {"upto": upto})
        assert rows_in(back) == [each.pk for each in made[:50]]
        assert rows_in(browser.get(more_url(back), headers=HTMX)) == [each.pk for each in made[50:]]
        assert rows_in(browser.get(INBOX, {"upto": "all"})) == [each.pk for each in made]
        page = browser.get(link_of(back, made[40]))
        assert rows_in(browser.get(way_back(page))) == rows_in(back)

    def test_leads_to_a_later_page_without_javascript(self, browser):
        made = [make_conversation() for _ in range(30)][::-1]
        second = browser.get(more_url(browser.get(INBOX)))
        page = browser.get(link_of(second, made[27]))
        assert rows_in(browser.get(way_back(page))) == [each.pk for each in made[25:]]
        assert "Back to the beginning" in text_of(second)

    def test_survives_everything_done_in_the_conversation(self, browser, conversation):
        url = link_of(browser.get(f"{INBOX}?waiting=us"), conversation)
        back = way_back(browser.get(url))
        forms = re.findall(r'<form[^>]+action="([^"]+)" hx-post', text_of(browser.get(url)))
        replies = next(unescape(each) for each in forms if "/replies/" in each)
        sent = browser.post(replies, {"text": "Done.", "seen_sequence": "1", "client_id": "op-1"})
        assert way_back(browser.get(sent.url)) == back
        refused = browser.post(replies, {"text": " ", "seen_sequence": "2", "client_id": "op-2"})
        assert way_back(refused) == back
        taken = browser.post(
            next(unescape(each) for each in forms if "/assignment/" in each), {"to": "me", "instead_of": ""}
        )
        assert way_back(browser.get(taken.url)) == back

    def test_is_the_plain_inbox_for_those_who_came_from_elsewhere(self, browser, conversation):
        assert way_back(browser.get(reverse("cairnloop:conversation", args=[conversation.pk]))) == INBOX

    @pytest.mark.parametrize(
        "hostile",
        [
            "https://evil.example/", "//evil.example", "javascript:alert(1)", '"><script>alert(1)</script>',
            "q=%00&status=lost", "upto=%3Cscript%3E&cursor=//x", "a" * 20_000, "%", "&" * 4_000,
            "from=from", "waiting=us&waiting=x",
        ],
    )  # fmt: skip
    def test_never_leaves_the_inbox(self, browser, conversation, hostile):
        url = reverse("cairnloop:conversation", args=[conversation.pk])
        page = browser.get(url, {"from": hostile, "at": hostile})
        assert page.status_code == 200
        assert way_back(page).startswith(INBOX)
        assert "evil.example" not in way_back(page)
        assert "<script>alert" not in page.content.decode()


class TestTheNextOne:
    def test_is_the_next_row_of_the_list_whatever_is_done_to_this_one(self, browser, ada):
        """In the order of newest activity a reply moves its row to the top; one goes on below all the same."""
        oldest, middle, newest = (make_conversation() for _ in range(3))
        url = link_of(browser.get(INBOX), middle)
        cairnloop.post_reply(conversation_id=middle.pk, text="Done.", by=actor_of(ada))
        page = browser.get(url)
        assert id_in(next_of(page)) == oldest.pk
        assert way_back(browser.get(next_of(page))) == f"{INBOX}#inbox-row-{oldest.pk}-open"
        assert next_of(browser.get(next_of(page))) is None
        assert id_in(next_of(browser.get(link_of(browser.get(f"{INBOX}?sort=opened"), newest)))) == middle.pk

    def test_keeps_to_the_filters_and_to_what_may_be_seen(self, ada, access, browser):
        found = make_conversation(subject="Zebra one")
        make_conversation(subject="Seats")
        make_conversation(subject="Zebra hidden", customer_ref="cust-other")
        last = make_conversation(subject="Zebra two")
        access("ShowsOnlyLin")
        page = browser.get(link_of(browser.get(f"{INBOX}?q=zebra"), last))
        assert id_in(next_of(page)) == found.pk

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_follows_a_resolution(self, browser, headers):
        older, newer = make_conversation(), make_conversation()
        url = link_of(browser.get(f"{INBOX}?sort=opened"), newer)
        query = f"?{urlsplit(url).query}"
        for resolved, then in [(newer, reverse("cairnloop:conversation", args=[older.pk])), (older, INBOX)]:
            response = browser.post(
                reverse("cairnloop:conversation-resolution", args=[resolved.pk]) + query,
                {"seen_sequence": resolved.sequence}, headers=headers,
            )  # fmt: skip
            url = response.headers["HX-Redirect" if headers else "Location"]
            assert urlsplit(url).path == then
            query = f"?{urlsplit(url).query}"
        assert "sort=opened" in url
        assert "It was the last of this list." in text_of(browser.get(url))


class TestWhatIsNew:
    def news(self, response):
        return re.search(r'id="inbox-news"[^>]*>(.*?)</div>', text_of(response)).group(1).strip()

    def loaded(self, response):
        return ",".join(map(str, rows_in(response))), parse_qs(urlsplit(more_url(response)).query)["cursor"][0]

    def test_is_not_what_moves_up_because_another_row_left(self, browser, ada):
        for _ in range(30):
            make_conversation()
        first = browser.get(f"{INBOX}?waiting=us")
        shown, upto = self.loaded(first)
        for pk in rows_in(first)[:3]:
            conversation = Conversation.objects.get(pk=pk)
            cairnloop.resolve_conversation(conversation_id=pk, by=actor_of(ada), seen_sequence=conversation.sequence)
        query = f"waiting=us&shown={shown}&upto={upto}"
        assert self.news(browser.get(f"{INBOX}changes/?{query}", headers=HTMX)) == ""

    def test_is_not_what_its_reader_has_just_written_in(self, ada, grace):
        made = [make_conversation() for _ in range(30)]
        first = browser_of(ada).get(INBOX)
        shown, upto = self.loaded(first)
        cairnloop.post_reply(conversation_id=made[0].pk, text="Done.", by=actor_of(ada))
        query = f"shown={shown}&upto={upto}"
        assert self.news(browser_of(ada).get(f"{INBOX}changes/?{query}", headers=HTMX)) == ""
        assert "1 new" in self.news(browser_of(grace).get(f"{INBOX}changes/?{query}", headers=HTMX))
