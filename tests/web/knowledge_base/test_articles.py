from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import cairnloop
from cairnloop.models import Article
from tests.factories import BILLING, actor_of, make_article, revise
from tests.web.conftest import HTMX, text_of
from tests.web.knowledge_base.conftest import cite, url

pytestmark = pytest.mark.django_db

LIST = "/support/knowledge/"


def rows_in(response):
    return [int(pk) for pk in re.findall(r'<tr role="row" id="article-(\d+)"', response.content.decode())]


def row_html(response, article):
    return text_of(response).split(f'id="article-{article.pk}"')[1].split("</tr>")[0]


class TestTheList:
    def test_shows_a_row_with_what_one_needs_to_choose(self, browser, ada):
        article = make_article(publish=True, tags=["billing"], by=actor_of(ada))
        cairnloop.publish_revision(revision_id=revise(article, "Within a day.").pk, by=actor_of(ada))
        row = row_html(browser.get(LIST), article)
        for shown in ("How refunds work", ">billing</a>", "English", "Published</span>", "Public</span>", "None"):
            assert shown in row
        assert f'href="{url("article", article.pk)}"' in row
        assert re.search(r"Revision </span>2</td>", row)

    def test_escapes_whatever_was_written(self, browser):
        article = make_article(title="<b>x</b>", tags=['"><script>'], publish=True)
        row = row_html(browser.get(LIST), article)
        assert "<b>x" not in row
        assert "<script>" not in row

    def test_says_what_needs_attention(self, browser):
        changed, stale, fresh = (make_article(title=title, publish=True) for title in ("Changed", "Stale", "Fresh"))
        revise(changed, "Within a day.")
        Article.objects.filter(pk=stale.pk).update(published_at=timezone.now() - timedelta(days=430))
        response = browser.get(LIST)
        assert "Unpublished changes" in row_html(response, changed)
        assert "14 months unchanged" in row_html(response, stale)
        assert ">None<" in row_html(response, fresh)

    def test_counts_each_state_and_filters_by_it(self, browser):
        live, draft, archived = make_article(publish=True), make_article(), make_article(publish=True)
        cairnloop.archive_article(article_id=archived.pk, by=BILLING)
        counts = re.findall(r">(\w+) <span>(\d+)</span></a>", text_of(browser.get(LIST)))
        assert counts == [("All", "3"), ("Published", "1"), ("Draft", "1"), ("Archived", "1")]
        for status, article in (("published", live), ("draft", draft), ("archived", archived)):
            assert rows_in(browser.get(f"{LIST}?status={status}")) == [article.pk]

    def test_combines_filters_and_words(self, browser):
        wanted = make_article(title="Rückerstattung", text="In fünf Tagen.", locale="de", tags=["billing"])
        make_article(title="Rückerstattung", text="In fünf Tagen.", locale="en", tags=["billing"])
        make_article(title="Rückerstattung", text="In fünf Tagen.", locale="de", visibility="internal")
        query = "?locale=de&tag=billing&visibility=public&q=tagen+rückerst&status=draft"
        response = browser.get(LIST + query)
        assert rows_in(response) == [wanted.pk]
        for chip in ("“tagen rückerst”", "Public", "billing", "German"):
            assert f'<span class="cl-truncate">{chip}</span>' in text_of(response)

    def test_orders_by_change_title_and_age(self, browser):
        first, second, third = (make_article(title=title, publish=True) for title in ("Bees", "Ants", "Cats"))
        Article.objects.filter(pk=third.pk).update(published_at=timezone.now() - timedelta(days=9))
        assert rows_in(browser.get(LIST)) == [third.pk, second.pk, first.pk]
        assert rows_in(browser.get(f"{LIST}?sort=title")) == [second.pk, first.pk, third.pk]
        assert rows_in(browser.get(f"{LIST}?sort=stale&status=published")) == [third.pk, first.pk, second.pk]

    def test_orders_by_citations_and_says_how_many_there_are(self, browser, ada):
        never, once, twice = (make_article(title=title, publish=True) for title in ("Never", "Once", "Twice"))
        for article in (twice, once, twice):
            cite(article, by=actor_of(ada))
        response = browser.get(f"{LIST}?sort=cited")
        assert rows_in(response) == [twice.pk, once.pk, never.pk]
        assert "Cited in 2 conversations<" in row_html(response, twice)
        assert "Cited in 1 conversation<" in row_html(response, once)
        assert "Cited" not in row_html(response, never)

    def test_ignores_what_it_does_not_know(self, browser):
        article = make_article()
        for order in ("luck", "stale", "-id"):
            query = f"?status=lost&visibility=x&sort={order}&cursor=%25&locale=%00&tag=%00&q=%00"
            assert rows_in(browser.get(LIST + query)) == [article.pk]

    @pytest.mark.parametrize("order", ["changed", "title", "stale&status=published", "cited"])
    def test_loads_more_behind_the_last_row(self, browser, order):
        made = [make_article(title=f"Ä article {number:02}", publish=True).pk for number in range(60)]
        seen, following = [], f"{LIST}?sort={order}"
        for size in (25, 25, 10):
            response = browser.get(following, headers=HTMX if seen else {})
            found = rows_in(response)
            assert len(found) == size
            seen += found
            more = re.search(r'hx-get="(/support/knowledge/[^"]+)"', response.content.decode())
            following = more[1].replace("&amp;", "&") if more else ""
            assert "<html" not in response.content.decode() or len(seen) == 25
        assert not following
        assert sorted(seen) == sorted(made)

    @pytest.mark.parametrize(
        ("query", "title"),
        [
            ("", "No articles yet"),
            ("?q=nothing", "No article matches"),
            ("?tag=nothing", "No article matches"),
            ("?status=archived", "Nothing here"),
        ],
    )
    def test_says_why_there_is_nothing(self, browser, query, title):
        assert title in text_of(browser.get(LIST + query))

    def test_offers_readers_nothing_to_write(self, reader):
        page = text_of(reader.get(LIST))
        assert "No articles yet" in page
        assert url("article-new") not in page

    def test_asks_as_many_questions_for_many_as_for_one(self, browser):
        def count():
            with CaptureQueriesContext(
                connection,
            ) as asked:
                browser.get(LIST)
            return len(asked)

        make_article(publish=True, tags=["a"])
        browser.get(LIST)
        few = count()
        for number in range(30):
            revise(make_article(publish=True, title=f"Number {number}", tags=["a", "b"]), "Other words.")
        assert count() == few


class TestTheRail:
    def test_leads_to_the_articles_for_those_who_may_see_them(self, browser, ada, settings):
        assert f'href="{LIST}" aria-current="page"' in text_of(browser.get(LIST))
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": "tests.test_authorisation.SeesNoKnowledge"}
        assert f'class="cl-rail-link" href="{LIST}"' not in text_of(browser.get("/support/"))
