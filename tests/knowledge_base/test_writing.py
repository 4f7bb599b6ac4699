from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection

import cairnloop
from cairnloop.core.events import subscribed
from cairnloop.knowledge_base.events import ArticleReclassified, RevisionSaved
from cairnloop.knowledge_base.holding import NoSuchArticle, NoSuchRevision, RevisedMeanwhile
from cairnloop.knowledge_base.wording import (
    ControlCharacters,
    InvalidLocale,
    InvalidSlug,
    InvalidTags,
    InvalidVisibility,
    TooLong,
    UntitledArticle,
)
from cairnloop.knowledge_base.writing import SlugTaken
from cairnloop.models import Article, AuditEntry, Revision
from tests.factories import BILLING, LIN, make_article, revise

pytestmark = pytest.mark.django_db

CLIENT = cairnloop.Actor.client("mcp-1")


def tables() -> tuple[Any, ...]:
    return (
        list(Article.objects.order_by("pk").values()),
        list(Revision.objects.order_by("pk").values()),
        AuditEntry.objects.count(),
    )


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


class TestCreateArticle:
    def test_begins_as_an_internal_draft_with_a_first_revision(self):
        article = cairnloop.create_article(title="  Refunds \n explained ", text="\n\nText\r\nmore \n", by=BILLING)
        revision = article.revisions.get()
        assert (article.title, article.slug, article.status) == ("Refunds explained", "refunds-explained", "draft")
        assert (article.visibility, article.locale, article.tags) == ("internal", "en", [])
        assert (revision.number, revision.text, revision.is_published) == (1, "Text\nmore", False)
        assert revision.author == BILLING
        assert actions() == ["knowledge_base.article.created"]

    def test_spells_locale_and_tags_in_one_way(self):
        article = make_article(locale="ZH_hant_tw", tags=["Billing ", "refunds", "billing", ""])
        assert (article.locale, article.tags) == ("zh-Hant-TW", ["billing", "refunds"])

    @pytest.mark.parametrize(
        ("title", "slug"),
        [
            ("Étape à Paris", "étape-à-paris"),
            ("返金について", "返金について"),
            ("???", "article"),
            ("a" * 200, "a" * 190),
        ],
    )
    def test_makes_a_slug_from_letters_of_every_script(self, title, slug):
        assert make_article(title=title).slug == slug

    def test_numbers_slugs_that_are_taken(self):
        make_article(title="Refunds abroad")
        slugs = [make_article(title="Refunds").slug for _ in range(3)]
        assert slugs == ["refunds", "refunds-2", "refunds-3"]

    def test_refuses_a_slug_somebody_asked_for_and_is_taken(self):
        make_article(slug="refunds")
        before = tables()
        with pytest.raises(SlugTaken):
            make_article(slug="refunds")
        assert tables() == before

    @pytest.mark.parametrize(
        ("wrong", "error"),
        [
            ({"title": " \u200b "}, UntitledArticle),
            ({"title": "x" * 201}, TooLong),
            ({"title": "a\x07b"}, ControlCharacters),
            ({"title": "a\x00b"}, cairnloop.InvalidInput),
            ({"title": None}, cairnloop.InvalidInput),
            ({"text": "x" * 500_001}, TooLong),
            ({"text": "one\ntwo\x1b[31m"}, ControlCharacters),
            ({"text": "\ud800"}, cairnloop.InvalidInput),
            ({"tags": "billing"}, InvalidTags),
            ({"tags": ["x" * 51]}, InvalidTags),
            ({"tags": ["a,b"]}, InvalidTags),
            ({"tags": [f"tag {n}" for n in range(21)]}, InvalidTags),
            ({"locale": "english please"}, InvalidLocale),
            ({"locale": "e"}, InvalidLocale),
            ({"visibility": "secret"}, InvalidVisibility),
            ({"slug": "no/way"}, InvalidSlug),
            ({"slug": ""}, InvalidSlug),
            ({"by": LIN}, cairnloop.OperatorNeeded),
            ({"by": CLIENT}, cairnloop.OperatorNeeded),
            ({"by": None}, cairnloop.OperatorNeeded),
        ],
    )
    def test_refuses_and_writes_nothing(self, wrong, error):
        with pytest.raises(error):
            make_article(**wrong)
        assert tables() == ([], [], 0)

    def test_says_in_which_line_a_control_character_stands(self):
        with pytest.raises(ControlCharacters, match="Line 2"):
            make_article(text="one\ntwo\x1b[31m")

    def test_stores_the_longest_text_of_all_different_words(self):
        text = " ".join(f"{chr(0x20000 + n // 900)}{chr(0x20000 + n % 900)}" for n in range(160_000))[:500_000]
        assert make_article(text=text).revisions.get().text == text


class TestSaveRevision:
    def test_rewrites_the_unpublished_revision(self):
        article = make_article()
        first = article.revisions.get()
        saved = revise(article, "New words.", title="Refunds", summary="Shorter")
        assert (saved.pk, saved.number, saved.text, saved.summary) == (first.pk, 1, "New words.", "Shorter")
        assert saved.changed_at > first.changed_at
        assert article.title == "Refunds"

    def test_makes_the_next_number_after_a_publication_and_leaves_what_is_live(self):
        article = make_article(publish=True)
        saved = revise(article, "New words.", title="Refunds")
        assert (saved.number, saved.is_published) == (2, False)
        assert (article.title, article.live_revision.text) == ("How refunds work", "Refunds arrive within five days.")

    def test_refuses_to_write_over_what_the_writer_has_not_seen(self):
        article = make_article()
        seen = article.revisions.get()
        revise(article, "Grace was faster.")
        before = tables()
        with pytest.raises(RevisedMeanwhile):
            revise(article, "Ada", seen_revision_id=seen.pk, seen_changed_at=seen.changed_at)
        assert tables() == before

    def test_refuses_when_a_new_revision_was_begun_meanwhile(self):
        article = make_article(publish=True)
        seen = article.live_revision
        revise(article, "Grace began number two.")
        with pytest.raises(RevisedMeanwhile):
            revise(article, "Ada", seen_revision_id=seen.pk, seen_changed_at=seen.changed_at)

    def test_takes_a_repeated_save_for_what_it_is(self):
        article = make_article()
        seen = article.revisions.get()
        eyes = {"seen_revision_id": seen.pk, "seen_changed_at": seen.changed_at}
        first = revise(article, "Once.", **eyes)
        before = tables()
        assert revise(article, "Once.", **eyes).changed_at == first.changed_at
        assert tables() == before

    def test_makes_no_revision_of_what_is_live_already(self):
        article = make_article(publish=True)
        assert revise(article, article.live_revision.text).pk == article.live_revision_id
        assert article.revisions.count() == 1

    def test_refuses_outsiders_and_unknown_articles(self):
        article = make_article()
        before = tables()
        with pytest.raises(cairnloop.OperatorNeeded):
            revise(article, "x", by=LIN)
        with pytest.raises(NoSuchArticle):
            revise(article, "x", article_id=article.pk + 1)
        with pytest.raises(cairnloop.InvalidInput):
            revise(article, "x", article_id=str(article.pk))
        assert tables() == before

    def test_tells_subscribers_and_the_trail_ids_only(self):
        article = make_article()
        told: list[RevisionSaved] = []
        with subscribed(RevisionSaved, told.append):
            saved = revise(article, "Secret words", summary="Secret summary", title="Secret title")
        assert told == [RevisionSaved(article.pk, saved.pk)]
        entry = AuditEntry.objects.latest("pk")
        assert entry.stream == f"article:{article.pk}"
        assert "Secret" not in str(entry.evidence) + entry.reason


class TestRestoreRevision:
    def test_copies_an_old_one_into_a_new_number(self):
        article = make_article(publish=True)
        revise(article, "Two", publish=True)
        restored = cairnloop.restore_revision(article_id=article.pk, number=1, by=BILLING)
        assert (restored.number, restored.text) == (3, "Refunds arrive within five days.")
        assert AuditEntry.objects.latest("pk").evidence["restored_number"] == 1

    def test_replaces_what_is_unpublished(self):
        article = make_article(publish=True)
        pending = revise(article, "Two")
        restored = cairnloop.restore_revision(article_id=article.pk, number=1, by=BILLING)
        assert (restored.pk, restored.text) == (pending.pk, "Refunds arrive within five days.")

    def test_refuses_a_number_that_never_was(self):
        with pytest.raises(NoSuchRevision):
            cairnloop.restore_revision(article_id=make_article().pk, number=2, by=BILLING)


class TestClassifyArticle:
    def test_changes_what_is_given_and_nothing_else(self):
        article = make_article(tags=["a"], slug="here")
        told: list[ArticleReclassified] = []
        with subscribed(ArticleReclassified, told.append):
            changed = cairnloop.classify_article(article_id=article.pk, visibility="internal", tags=["b"], by=BILLING)
        assert (changed.visibility, changed.tags, changed.slug, changed.locale) == ("internal", ["b"], "here", "en")
        assert told == [ArticleReclassified(article.pk)]
        assert AuditEntry.objects.latest("pk").evidence == {"changed": ["tags", "visibility"], "visibility": "internal"}

    def test_writes_nothing_when_all_is_so_already(self):
        article = make_article(tags=["a"])
        before = tables()
        cairnloop.classify_article(article_id=article.pk, visibility="public", tags=["A"], locale="EN", by=BILLING)
        assert tables() == before

    def test_refuses_a_slug_that_is_taken(self):
        make_article(slug="there")
        article = make_article(slug="here")
        before = tables()
        with pytest.raises(SlugTaken):
            cairnloop.classify_article(article_id=article.pk, slug="there", by=BILLING)
        assert tables() == before


class TestTheDatabase:
    def test_refuses_to_change_what_was_published(self):
        article = make_article(publish=True)
        with pytest.raises(DatabaseError, match="was published"), connection.cursor() as cursor:
            cursor.execute("UPDATE cairnloop_revision SET text = 'x' WHERE id = %s", [article.live_revision_id])

    def test_refuses_a_live_revision_of_another_article(self):
        article, other = make_article(publish=True), make_article(publish=True)
        with pytest.raises(DatabaseError, match="own"), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                "UPDATE cairnloop_article SET live_revision_id = NULL, status = 'archived', published_at = NULL "
                "WHERE id = %s",
                [other.pk],
            )
            cursor.execute(
                "UPDATE cairnloop_article SET live_revision_id = %s WHERE id = %s",
                [other.revisions.get().pk, article.pk],
            )
