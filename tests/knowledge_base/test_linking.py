from __future__ import annotations

import pytest

from cairnloop.core.markdown import render_article
from cairnloop.knowledge_base.linking import links_of
from cairnloop.models import Article
from tests.factories import make_article

pytestmark = pytest.mark.django_db


def at(path: str, **values: str) -> Article:
    article = make_article(publish=True, **values)
    article.come_from(path)
    return article


def rendered(article: Article, text: str) -> str:
    links = links_of(article, text, among=Article.objects.public(), address_of=lambda each: f"/kb/{each.slug}/")
    return render_article(text, resolve_link=links)


class TestLinksOf:
    def test_lead_from_file_to_file_and_to_articles_without_one(self, django_assert_num_queries):
        fees = at("billing/fees.md", slug="fees")
        at("seats/adding seats.md", slug="seats")
        make_article(slug="by-hand")
        text = (
            "[a](../seats/adding%20seats.md#one-more) [b](./fees.md) [c](../by-hand.md) [d](gone.md) [e](../../etc.md)"
        )
        with django_assert_num_queries(1):
            html = rendered(fees, text)
        for address in ("/kb/seats/#section-one-more", "/kb/fees/", "/kb/by-hand/"):
            assert f'href="{address}"' in html
        assert html.count("href=") == 3
        assert ">d</a>" in html

    def test_do_not_lead_to_what_the_reader_may_not_see(self):
        at("secret.md", slug="secret", visibility="internal")
        assert "href" not in rendered(make_article(), "[s](secret.md)")

    def test_ask_nothing_where_there_is_nothing_to_ask(self, django_assert_num_queries):
        article = make_article()
        with django_assert_num_queries(0):
            assert "https://x.example" in rendered(article, "[x](https://x.example) [y](#here) [z](page.html)")
        assert rendered(article, "[n](%00.md) [m](mailto:a@b.example)").count("href") == 1
