from __future__ import annotations

import pytest

import cairnloop
from cairnloop.models import AuditEntry, Chunk
from cairnloop.web.knowledge_base.summary import part_changes
from tests.factories import BILLING, actor_of, make_article, revise
from tests.web.conftest import HTMX, text_of
from tests.web.knowledge_base.conftest import newest, sent, url

pytestmark = pytest.mark.django_db


def seen(article):
    fields = sent(article)
    return {name: fields[name] for name in ("seen_revision_id", "seen_changed_at")}


class TestTheSummary:
    def test_of_a_first_publication(self, browser):
        article = make_article(text="[Docs](https://docs.example/x) and [again](https://docs.example/x).")
        page = text_of(browser.get(url("article-publication", article.pk)))
        for said in ("Publish revision 1?", "Customers and operators", "this is the first publication", "1 part added"):
            assert said in page
        assert page.count('<li><a href="https://docs.example/x"') == 1

    def test_shows_where_links_lead_and_which_lead_nowhere(self, browser):
        other = make_article(title="Seats", slug="seats")
        article = make_article(
            text="[a](seats.md) [b](gone.md) [c](#here) [d](ftp://x.example) [e](mailto:a@x.example)"
        )
        page = text_of(browser.get(url("article-publication", article.pk)))
        assert f'<a href="{url("article", other.pk)}" target="_blank"' in page
        assert "gone.md</span>" in page
        assert "ftp://x.example</span>" in page
        assert page.count("leads nowhere") == 2
        assert 'href="mailto:a@x.example"' in page
        shown = text_of(browser.get(url("article", article.pk)))
        assert f'<a href="{url("article", other.pk)}"' in shown
        assert "gone.md" not in shown

    def test_says_what_changes_for_search_and_readers(self, browser, article):
        cairnloop.save_revision(
            article_id=article.pk,
            title="Refunds",
            text=article.live_revision.text.replace("All that part 3", "No more of part 3").replace(
                "## Part 8\n\nWhat part 8 says.", "## Part 9\n\nWhat part 9 says."
            ),
            by=BILLING,
        )
        cairnloop.classify_article(article_id=article.pk, visibility="internal", by=BILLING)
        page = text_of(browser.get(url("article-publication", article.pk)))
        for said in ("1 part added", "1 changed", "1 removed", "6 unchanged", "Operators only", "Part 9", "Part 8"):
            assert said in page
        assert "<del>How refunds work</del> <ins>Refunds</ins>" in page
        assert "Revision 2</a>" not in page
        assert f'href="{url("article-comparison", article.pk)}?from=2&amp;to=3"' in page

    def test_offers_nothing_where_there_is_nothing_to_publish(self, browser, article):
        cairnloop.publish_revision(revision_id=newest(article).pk, by=BILLING)
        page = text_of(browser.get(url("article-publication", article.pk)))
        assert "Revision 3 is live and nothing was written since." in page
        assert url("article-publishing", article.pk) not in page
        empty = make_article(title="Empty", text="## Only a heading")
        page = text_of(browser.get(url("article-publication", empty.pk)))
        assert "Search would find nothing in this revision." in page
        assert url("article-publishing", empty.pk) not in page

    def test_tells_parts_apart_that_stand_under_the_same_headings(self):
        same, other = (("A",), "one"), (("A",), "two")
        changes = part_changes([same, same, (("B",), "x")], [same, other, (("C",), "x")])
        assert (changes.added, changes.changed, changes.removed, changes.unchanged) == (1, 1, 1, 1)
        assert [(part.kind, part.label) for part in changes.shown] == [
            ("added", "C"), ("changed", "A"), ("removed", "B"),
        ]  # fmt: skip


class TestPublishing:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_makes_the_revision_live(self, browser, article, headers):
        response = browser.post(url("article-publishing", article.pk), seen(article), headers=headers)
        assert response.headers.get("HX-Redirect", response.headers.get("Location")) == url("article", article.pk)
        article.refresh_from_db()
        assert article.live_revision.number == 3
        assert Chunk.objects.filter(revision=article.live_revision).count() == 8
        page = text_of(browser.get(url("article", article.pk)))
        assert "Revision 3 is live." in page
        assert "Nothing that part 3 says." in page

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_is_refused_when_someone_saved_since(self, browser, grace, article, headers):
        shown = seen(article)
        revise(article, "Something nobody has read.", by=actor_of(grace))
        response = browser.post(url("article-publishing", article.pk), shown, headers=headers)
        assert response.status_code == 409
        assert "Someone changed this article first." in text_of(response)
        assert f'value="{newest(article).changed_at.isoformat()}"' in text_of(response)
        article.refresh_from_db()
        assert article.live_revision.number == 2

    def test_twice_is_once(self, browser, article):
        shown = seen(article)
        browser.post(url("article-publishing", article.pk), shown)
        response = browser.post(url("article-publishing", article.pk), shown)
        assert response.status_code == 409
        assert "Nothing to publish" in text_of(response)

    def test_of_another_articles_revision_is_refused(self, browser, article):
        other = make_article(title="Other")
        response = browser.post(url("article-publishing", article.pk), seen(other))
        other.refresh_from_db()
        assert response.status_code == 409
        assert not other.is_published


class TestArchiving:
    def test_is_asked_first_and_takes_a_reason(self, browser, article):
        page = text_of(browser.get(url("article-archive", article.pk)))
        assert "Archive “How refunds work”?" in page
        article.refresh_from_db()
        assert article.is_published
        response = browser.post(url("article-archiving", article.pk), {"reason": "Refunds are gone"})
        article.refresh_from_db()
        assert article.status == "archived"
        entry = AuditEntry.objects.filter(action="knowledge_base.article.archived").get()
        assert entry.reason == "Refunds are gone"
        page = text_of(browser.get(response.url))
        assert "Archived. Search no longer finds it" in page
        assert url("article-archive", article.pk) not in page

    def test_of_what_is_archived_is_refused(self, browser, article):
        browser.post(url("article-archiving", article.pk))
        assert browser.post(url("article-archiving", article.pk)).status_code == 409

    def test_with_an_endless_reason_is_refused(self, browser, article):
        response = browser.post(url("article-archiving", article.pk), {"reason": "x" * 501})
        article.refresh_from_db()
        assert response.status_code == 422
        assert "Shorten the reason to 500 characters." in text_of(response)
        assert article.is_published
