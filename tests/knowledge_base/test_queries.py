from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

import cairnloop
from cairnloop.knowledge_base.holding import NoSuchArticle, NoSuchRevision
from cairnloop.knowledge_base.queries import (
    ORDERINGS,
    ArticleFilter,
    article_history,
    article_lines,
    count_by_status,
    list_articles,
    opened_article,
    revision_of,
    tags_in_use,
)
from cairnloop.models import Article
from cairnloop.web.paging import page_after
from tests.factories import BILLING, make_article, revise

pytestmark = pytest.mark.django_db


def found(order: str = "title", **wanted: str) -> list[str]:
    return [each.title for each in list_articles(wanted=ArticleFilter(**wanted), order=order)]


@pytest.fixture
def shelf() -> dict[str, Article]:
    """A published, a drafted and an archived article."""
    fees = make_article(title="Fees abroad", text="Nobody pays.", tags=["money"], publish=True)
    revise(fees, "Everybody pays a little.", publish=True)
    seats = make_article(
        title="Seats", text="Add a zebra to your team.", visibility="internal", tags=["teams", "money"]
    )
    old = make_article(title="Fax numbers", text="Send a facsimile.", locale="de", publish=True)
    cairnloop.archive_article(article_id=old.pk, by=BILLING)
    return {"fees": fees, "seats": seats, "old": old}


class TestListArticles:
    @pytest.mark.usefixtures("shelf")
    @pytest.mark.parametrize(
        ("wanted", "titles"),
        [
            ({}, ["Fax numbers", "Fees abroad", "Seats"]),
            ({"status": "published"}, ["Fees abroad"]),
            ({"visibility": "internal"}, ["Seats"]),
            ({"tag": "money"}, ["Fees abroad", "Seats"]),
            ({"locale": "de"}, ["Fax numbers"]),
            ({"words": "abroad little"}, ["Fees abroad"]),
            ({"words": "everybody"}, ["Fees abroad"]),
            ({"words": "zeb"}, ["Seats"]),
            ({"words": "ze"}, []),
            ({"words": "facsimile"}, ["Fax numbers"]),
            ({"words": "zebra", "tag": "money", "status": "draft"}, ["Seats"]),
            ({"words": "' | : & \x00 )("}, []),
        ],
    )
    def test_narrows_by_everything_at_once(self, wanted, titles):
        assert found(**wanted) == titles

    @pytest.mark.usefixtures("shelf")
    def test_forgets_what_was_superseded_and_finds_what_is_not_live_yet(self, shelf):
        assert found(words="nobody") == []
        revise(shelf["fees"], "Soon free for walruses.")
        assert found(words="walruses") == found(words="everybody") == ["Fees abroad"]

    def test_puts_what_went_live_longest_ago_first(self, shelf):
        make_article(title="Newer", publish=True)
        assert found("stale") == ["Fees abroad", "Newer"]
        revise(shelf["fees"], "Fresh again.", publish=True)
        assert found("stale") == ["Newer", "Fees abroad"]

    @pytest.mark.parametrize("order", ORDERINGS)
    def test_pages_without_repeating_or_skipping(self, order):
        titles = ["b", "a", "Ä 漢字 " + "x" * 190, "ab", "𝒳" * 200, "B", "a"]
        for title in titles:
            make_article(title=title, publish=True)
        rows, cursor, pages = [], "", 0
        while pages == 0 or cursor:
            page = page_after(
                list_articles(wanted=ArticleFilter(), order=order), cursor, ordering=ORDERINGS[order], size=2
            )
            rows, cursor, pages = rows + page.rows, page.next_cursor, pages + 1
        assert rows == list(Article.objects.order_by(*ORDERINGS[order]))
        assert pages == 4

    def test_takes_an_order_by_what_others_counted(self):
        few, many = make_article(title="few", publish=True), make_article(title="many", publish=True)
        revise(many, "Two.")
        counted = Article.objects.annotate(citations=Count("revisions"))
        ordering = ("-citations", "-id")
        listed = list_articles(wanted=ArticleFilter(), order="", among=counted)
        first = page_after(listed, "", ordering=ordering, size=1)
        assert first.rows == [many]
        assert page_after(listed, first.next_cursor, ordering=ordering, size=1).rows == [few]

    @pytest.mark.usefixtures("shelf")
    def test_counts_each_status_in_one_statement(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert count_by_status(wanted=ArticleFilter()) == {"draft": 1, "published": 1, "archived": 1}
        assert count_by_status(wanted=ArticleFilter(tag="money")) == {"draft": 1, "published": 1, "archived": 0}

    @pytest.mark.usefixtures("shelf")
    def test_counts_tags(self):
        assert tags_in_use() == [("money", 2), ("teams", 1)]


class TestArticleLines:
    def test_say_in_one_query_what_is_not_live_yet(self, shelf, django_assert_num_queries):
        revise(shelf["fees"], "Soon.", by=cairnloop.Actor.operator("1", name="Ada"))
        articles = list(list_articles(wanted=ArticleFilter(), order="title"))
        with django_assert_num_queries(1):
            lines = article_lines(articles)
        assert [(line.article.title, line.newest.number, line.has_unpublished_changes) for line in lines] == [
            ("Fax numbers", 1, False),
            ("Fees abroad", 3, True),
            ("Seats", 1, False),
        ]
        assert lines[1].newest.author_name == "Ada"


class TestOneArticle:
    def test_opens_with_what_is_live_and_what_was_written_last(self, shelf, django_assert_num_queries):
        pending = revise(shelf["fees"], "Soon.")
        with django_assert_num_queries(2):
            opened = opened_article(article_id=shelf["fees"].pk)
        assert opened.live is not None
        assert (opened.live.number, opened.newest) == (2, pending)
        assert opened_article(article_id=shelf["seats"].pk).live is None
        with pytest.raises(NoSuchArticle):
            opened_article(article_id=0)

    def test_tells_its_history_without_loading_texts(self, shelf, django_assert_num_queries):
        article = opened_article(article_id=shelf["fees"].pk).article
        with django_assert_num_queries(1):
            history = article_history(article=article)
        assert [(each.revision.number, each.is_live, each.characters) for each in history] == [
            (2, True, 24),
            (1, False, 12),
        ]
        assert "text" in history[0].revision.get_deferred_fields()
        assert [each.revision.number for each in article_history(article=article, before=2)] == [1]

    def test_finds_a_revision_of_this_article_only(self, shelf):
        assert revision_of(article_id=shelf["fees"].pk, number=1).text == "Nobody pays."
        with pytest.raises(NoSuchRevision):
            revision_of(article_id=shelf["seats"].pk, number=2)


ARTICLES = """
INSERT INTO cairnloop_article (id, title, slug, status, visibility, locale, tags, cited_count, created_at, changed_at)
SELECT n, md5(n::text), 's' || n, 'draft', 'internal', 'en', ARRAY['tag ' || n % 500], n % 90, now(),
    now() - n * interval '1 minute'
FROM generate_series(1, 20000) n
"""
REVISIONS = """
INSERT INTO cairnloop_revision (id, article_id, number, title, text, summary, author_kind, author_ref, author_name,
    created_at, changed_at, published_at)
SELECT n, n, 1, md5(n::text), 'Text ' || md5(n::text || 'm') || CASE WHEN n % 4999 = 0 THEN ' zebra' ELSE '' END, '',
    'system', 'seed', '', now(), now(), CASE WHEN n % 2 = 0 THEN now() - n * interval '1 minute' END
FROM generate_series(1, 20000) n
"""
LIVE = """
UPDATE cairnloop_article SET status = 'published', live_revision_id = id,
    published_at = now() - id * interval '1 minute'
WHERE id % 2 = 0
"""


class TestWithManyArticles:
    @pytest.fixture
    def many(self) -> None:
        with connection.cursor() as cursor:
            for statement in (ARTICLES, REVISIONS, LIVE, "ANALYZE cairnloop_article", "ANALYZE cairnloop_revision"):
                cursor.execute(statement)

    @pytest.mark.usefixtures("many")
    def test_every_list_stays_on_indexes(self):
        cases: dict[str, tuple[str, ArticleFilter]] = {
            "cl_article_changed": ("changed", ArticleFilter()),
            "cl_article_title": ("title", ArticleFilter()),
            "cl_article_published": ("stale", ArticleFilter()),
            "cl_article_cited": ("cited", ArticleFilter()),
            "cl_article_status_changed": ("changed", ArticleFilter(status="archived")),
            "cl_article_tags": ("changed", ArticleFilter(tag="tag 7")),
            "cl_revision_words": ("changed", ArticleFilter(words="zebra")),
        }
        for index, (order, wanted) in cases.items():
            listed = list_articles(wanted=wanted, order=order)
            for cursor in ("", page_after(listed, "", ordering=ORDERINGS[order], size=1).next_cursor):
                plan = _plan(listed, cursor, order)
                assert index in plan, (index, plan)
                # To tell which of the found are live, reading the narrow table of articles once may be cheapest.
                read = {"cairnloop_revision"} if wanted.words else {"cairnloop_article", "cairnloop_revision"}
                assert not read & _read_from_the_start(json.loads(plan)), (index, plan)

    @pytest.mark.usefixtures("many")
    def test_a_later_page_enters_the_index_where_the_earlier_one_ended(self):
        listed = list_articles(wanted=ArticleFilter(), order="title")
        cursor = page_after(listed, "", ordering=ORDERINGS["title"], size=5).next_cursor
        assert "Index Cond" in _plan(listed, cursor, "title")


def _plan(listed: Any, cursor: str, order: str) -> str:
    with CaptureQueriesContext(connection) as captured:
        page_after(listed, cursor, ordering=ORDERINGS[order], size=20)
    with connection.cursor() as explain:
        explain.execute(f"EXPLAIN (FORMAT JSON) {captured[-1]['sql']}")
        (answer,) = explain.fetchone()
    return answer if isinstance(answer, str) else json.dumps(answer)


def _read_from_the_start(plan: Any) -> set[str]:
    if isinstance(plan, list):
        return {name for part in plan for name in _read_from_the_start(part)}
    if not isinstance(plan, dict):
        return set()
    inner = {name for part in plan.values() for name in _read_from_the_start(part)}
    return inner | ({plan["Relation Name"]} if plan.get("Node Type") == "Seq Scan" else set())
