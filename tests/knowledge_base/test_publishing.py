from __future__ import annotations

import pytest

import cairnloop
from cairnloop.core.events import subscribed
from cairnloop.knowledge_base.events import ArticleArchived, RevisionPublished
from cairnloop.knowledge_base.holding import NoSuchRevision, RevisedMeanwhile
from cairnloop.knowledge_base.publishing import AlreadyPublished, NothingToPublish
from cairnloop.models import Article, AuditEntry, Chunk, Revision
from tests.factories import BILLING, LIN, make_article, revise

pytestmark = pytest.mark.django_db

TEXT = "Before.\n\n## Fast\n\nIt takes a day.\n\n## Slow\n\n- five days\n- or six\n"


class TestPublishRevision:
    def test_makes_it_live_with_its_chunks_in_one_go(self):
        told: list[RevisionPublished] = []
        with subscribed(RevisionPublished, told.append):
            article = make_article(text=TEXT, publish=True)
        revision = article.live_revision
        assert (article.status, revision.number) == ("published", 1)
        assert article.published_at == revision.published_at is not None
        chunks = list(Chunk.objects.filter(revision=revision).order_by("index"))
        assert [(each.index, each.heading_path, each.text) for each in chunks] == [
            (0, [], "Before."),
            (1, ["Fast"], "It takes a day."),
            (2, ["Slow"], "- five days\n- or six"),
        ]
        assert all(each.text == revision.text[each.start : each.end] for each in chunks)
        assert told == [RevisionPublished(article.pk, revision.pk, None)]
        entry = AuditEntry.objects.latest("pk")
        assert (entry.action, entry.evidence["chunks"]) == ("knowledge_base.revision.published", 3)

    def test_supersedes_the_live_one_and_keeps_it_as_it_was(self):
        article = make_article(publish=True)
        old = article.live_revision
        told: list[RevisionPublished] = []
        with subscribed(RevisionPublished, told.append):
            new = revise(article, "Two.", title="Refunds", publish=True)
        assert (article.live_revision_id, article.title) == (new.pk, "Refunds")
        assert told == [RevisionPublished(article.pk, new.pk, old.pk)]
        assert Revision.objects.get(pk=old.pk).text == old.text

    def test_refuses_what_somebody_rewrote_meanwhile(self):
        article = make_article()
        seen = article.revisions.get()
        revise(article, "Not what was read.")
        with pytest.raises(RevisedMeanwhile):
            cairnloop.publish_revision(revision_id=seen.pk, by=BILLING, seen_changed_at=seen.changed_at)
        assert not Chunk.objects.exists()
        assert not Article.objects.published().exists()

    def test_refuses_a_second_time(self):
        article = make_article(publish=True)
        with pytest.raises(AlreadyPublished):
            cairnloop.publish_revision(revision_id=article.live_revision_id, by=BILLING)

    @pytest.mark.parametrize("text", ["", "# Only\n\n## headings", "---\n\n***"])
    def test_refuses_where_there_is_nothing_to_find(self, text):
        article = make_article(text=text)
        with pytest.raises(NothingToPublish):
            cairnloop.publish_revision(revision_id=article.revisions.get().pk, by=BILLING)
        assert Revision.objects.unpublished().exists()

    def test_refuses_outsiders_and_unknown_revisions(self):
        revision = make_article().revisions.get()
        with pytest.raises(cairnloop.OperatorNeeded):
            cairnloop.publish_revision(revision_id=revision.pk, by=LIN)
        with pytest.raises(NoSuchRevision):
            cairnloop.publish_revision(revision_id=revision.pk + 1, by=BILLING)

    def test_leaves_nothing_behind_when_a_subscriber_fails(self):
        article = make_article()

        def fail(_event: RevisionPublished) -> None:
            raise RuntimeError("index")

        with subscribed(RevisionPublished, fail), pytest.raises(RuntimeError):
            cairnloop.publish_revision(revision_id=article.revisions.get().pk, by=BILLING)
        article.refresh_from_db()
        assert (article.status, Chunk.objects.count()) == ("draft", 0)
        assert AuditEntry.objects.latest("pk").action == "knowledge_base.article.created"


class TestArchiveArticle:
    def test_takes_the_live_revision_away(self):
        article = make_article(publish=True)
        live = article.live_revision_id
        told: list[ArticleArchived] = []
        with subscribed(ArticleArchived, told.append):
            archived = cairnloop.archive_article(article_id=article.pk, by=BILLING, reason="Out of date")
        assert (archived.status, archived.live_revision_id, archived.published_at) == ("archived", None, None)
        assert told == [ArticleArchived(article.pk, live)]
        assert AuditEntry.objects.latest("pk").reason == "Out of date"

    def test_also_puts_away_what_never_went_live(self):
        assert cairnloop.archive_article(article_id=make_article().pk, by=BILLING).status == "archived"

    def test_refuses_a_second_time_and_outsiders(self):
        article = make_article()
        with pytest.raises(cairnloop.OperatorNeeded):
            cairnloop.archive_article(article_id=article.pk, by=LIN)
        cairnloop.archive_article(article_id=article.pk, by=BILLING)
        with pytest.raises(cairnloop.InvalidTransition):
            cairnloop.archive_article(article_id=article.pk, by=BILLING)

    def test_comes_back_by_publishing_an_old_revision_anew(self):
        article = make_article(publish=True)
        cairnloop.archive_article(article_id=article.pk, by=BILLING)
        again = cairnloop.restore_revision(article_id=article.pk, number=1, by=BILLING)
        cairnloop.publish_revision(revision_id=again.pk, by=BILLING)
        article.refresh_from_db()
        assert (article.status, article.live_revision.number) == ("published", 2)
