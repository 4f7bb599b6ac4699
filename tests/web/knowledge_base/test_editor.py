from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import cairnloop
from cairnloop.models import Article, AuditEntry, Revision
from tests.factories import actor_of, make_article, revise
from tests.web.conftest import HTMX, text_of
from tests.web.knowledge_base.conftest import newest, sent, url

pytestmark = pytest.mark.django_db


class TestANewArticle:
    FIELDS = {"title": "Seats", "text": "Who\r\ncounts.", "visibility": "public", "locale": "de", "tags": "b, a,, A "}

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_begins_as_a_draft_in_its_own_editor(self, browser, ada, headers):
        response = browser.post(url("article-creation"), self.FIELDS, headers=headers)
        article = Article.objects.get()
        assert (article.title, article.status, article.visibility, article.locale) == ("Seats", "draft", "public", "de")
        assert article.tags == ["a", "b"]
        assert (newest(article).text, newest(article).author) == ("Who\ncounts.", actor_of(ada))
        editor = url("article-editor", article.pk)
        assert response.headers.get("HX-Redirect", response.headers.get("Location")) == editor
        assert "Saved as a draft." in text_of(browser.get(editor))

    def test_goes_on_to_its_publication(self, browser):
        response = browser.post(url("article-creation"), {**self.FIELDS, "then": "publication"})
        assert response.url == url("article-publication", Article.objects.get().pk)

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"title": " "}, "An article needs a title."),
            ({"title": "\u200b"}, "An article needs a title."),
            ({"title": "x" * 201}, "200"),
            ({"text": "x" * 500_001}, "500,001 characters"),
            ({"text": "a\0b"}, "cannot be stored"),
            ({"text": "a\x07b"}, "control character"),
            ({"locale": "not a language"}, "language tag"),
            ({"tags": "x" * 51}, "50 characters"),
            ({"visibility": "secret"}, "secret"),
        ],
    )
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_is_refused_clearly_and_leaves_nothing(self, browser, wrong, said, headers):
        response = browser.post(url("article-creation"), {**self.FIELDS, **wrong}, headers=headers)
        assert response.status_code == 422
        assert said in text_of(response)
        assert not Article.objects.exists()
        if not headers and "text" not in wrong:
            assert "\nWho\r\ncounts.</textarea>" in response.content.decode(), "what was written is still there"


class TestSaving:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_begins_a_revision_on_top_of_the_live_one(self, browser, ada, headers):
        article = make_article(publish=True)
        response = browser.post(
            url("article-saving", article.pk), sent(article, text="Within a day.", summary="Faster"), headers=headers
        )
        assert response.status_code == (200 if headers else 302)
        revision = newest(article)
        assert (revision.number, revision.text, revision.summary) == (2, "Within a day.", "Faster")
        assert not revision.is_published
        article.refresh_from_db()
        assert article.live_revision.number == 1

    def test_answers_with_what_changed_around_the_fields(self, browser):
        article = make_article(publish=True)
        response = browser.post(url("article-saving", article.pk), sent(article, text="Within a day."), headers=HTMX)
        page = text_of(response)
        assert page.startswith('<div class="cl-ed-state" id="article-state">')
        assert f'name="seen_changed_at" value="{newest(article).changed_at.isoformat()}"' in page
        assert 'id="article-status" role="status" hx-swap-oob="true"' in page
        assert 'id="article-news" hx-swap-oob="true"' in page
        assert "Changes since revision 1" in page
        assert 'name="text"' not in page, "a field that is being written in is never replaced"

    def test_changes_of_audience_language_and_tags_only_what_the_writer_changed(self, browser, grace):
        article = make_article(visibility="internal", tags=["billing"])
        mine = sent(article, locale="pt-BR")
        cairnloop.classify_article(article_id=article.pk, visibility="public", tags=["money"], by=actor_of(grace))
        browser.post(url("article-saving", article.pk), mine, headers=HTMX)
        article.refresh_from_db()
        assert (article.visibility, article.locale, article.tags) == ("public", "pt-BR", ["money"])

    def test_stores_all_of_it_or_nothing(self, browser):
        article = make_article()
        before, recorded = newest(article).text, AuditEntry.objects.count()
        fields = sent(article, text="Within a day.", tags="x" * 60)
        response = browser.post(url("article-saving", article.pk), fields, headers=HTMX)
        assert response.status_code == 422
        assert newest(article).text == before
        assert AuditEntry.objects.count() == recorded

    def test_of_nothing_new_writes_nothing(self, browser, article):
        before = Revision.objects.count(), newest(article).changed_at
        fields = sent(article, summary="Say less", text=newest(article).text.replace("\n", "\r\n"))
        assert browser.post(url("article-saving", article.pk), fields, headers=HTMX).status_code == 200
        assert (Revision.objects.count(), newest(article).changed_at) == before

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_loses_nothing_when_someone_else_saved_meanwhile(self, browser, grace, headers):
        article = make_article(text="One.\n\nTwo.")
        mine = sent(article, text="One.\n\nMine.", title="My title")
        revise(article, "One.\n\nTheirs.", by=actor_of(grace))
        response = browser.post(url("article-saving", article.pk), mine, headers=headers)
        assert response.status_code == 409
        assert newest(article).text == "One.\n\nTheirs."
        page = text_of(response)
        assert "Not saved: Grace Owusu saved this article after you opened it." in page
        assert "One. Theirs.</textarea>" in page
        assert ">Theirs<" in page.replace('<span class="cl-visually-hidden">[removed: </span>', ">")
        assert f'name="seen_changed_at" value="{newest(article).changed_at.isoformat()}"' in page
        if not headers:
            assert "One. Mine.</textarea>" in page
            assert 'value="My title"' in page
        again = {**mine, **{name: sent(article)[name] for name in ("seen_revision_id", "seen_changed_at")}}
        assert browser.post(url("article-saving", article.pk), again, headers=HTMX).status_code == 200
        assert newest(article).text == "One.\n\nMine."

    def test_notices_a_publication_too(self, browser, grace, article):
        mine = sent(article, text="Mine.")
        cairnloop.publish_revision(revision_id=newest(article).pk, by=actor_of(grace))
        revise(article, "Grace goes on.", by=actor_of(grace))
        assert browser.post(url("article-saving", article.pk), mine, headers=HTMX).status_code == 409
        assert newest(article).text == "Grace goes on."

    @pytest.mark.parametrize("seen", ["", "yesterday", "2026-01-01", "2026-01-01T00:00:00"])
    def test_needs_to_know_what_was_seen(self, browser, article, seen):
        fields = sent(article, text="Mine.", seen_changed_at=seen)
        response = browser.post(url("article-saving", article.pk), fields)
        assert response.status_code == 422
        assert "the form was incomplete" in text_of(response)
        assert "Mine.</textarea>" in text_of(response)
        assert newest(article).text != "Mine."

    def test_goes_on_to_the_publication(self, browser, article):
        fields = sent(article, text="Mine.", then="publication")
        response = browser.post(url("article-saving", article.pk), fields, headers=HTMX)
        assert '<dialog class="cl-dialog" id="publication-dialog"' in text_of(response)
        assert "Publish revision 3?" in text_of(response)
        assert browser.post(url("article-saving", article.pk), fields).url == url("article-publication", article.pk)


class TestTheEditor:
    def test_shows_what_was_written_last_and_what_is_live(self, browser, article):
        page = text_of(browser.get(url("article-editor", article.pk)))
        assert "Nothing that part 3 says.</textarea>" not in page
        assert "Nothing that part 3 says." in page.split("</textarea>")[0]
        assert "Changes since revision 2" in page
        assert 'value="Say less"' in page
        assert "Publish revision 3…" in page

    def test_offers_no_publication_to_who_only_writes(self, ada, browser, article, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": "tests.test_authorisation.MayWriteOnly"}
        page = text_of(browser.get(url("article-editor", article.pk)))
        assert "Save draft" in page
        assert "Publish revision" not in page
        fields = sent(article, text="Mine.", then="publication")
        assert "publication-dialog" not in text_of(
            browser.post(url("article-saving", article.pk), fields, headers=HTMX)
        )

    def test_asks_as_many_questions_for_a_long_history_as_for_a_short_one(self, browser, article):
        def count():
            with CaptureQueriesContext(connection) as asked:
                browser.get(url("article-editor", article.pk))
            return len(asked)

        count()
        few = count()
        for number in range(12):
            revise(article, f"Text number {number}.", publish=True)
        revise(article, "And one more.")
        assert count() == few


class TestThePreview:
    def test_shows_what_readers_will_see(self, browser, article):
        fields = {"title": "A <b>title</b>", "text": "## Deep\r\n\r\n<i>x</i> **bold** [a](javascript:x)"}
        for address in (url("article-new-preview"), url("article-preview", article.pk)):
            page = text_of(browser.post(address, fields, headers=HTMX))
            assert page.startswith('<article class="cl-prose"><h1>A &lt;b&gt;title&lt;/b&gt;</h1>')
            assert '<h2 id="section-deep">Deep</h2>' in page
            assert "&lt;i&gt;x&lt;/i&gt; <strong>bold</strong>" in page
            assert "href=" not in page

    def test_of_a_long_text_shows_its_beginning_and_says_so(self, browser, article):
        fields = {"title": "Long", "text": "word " * 10_000 + "*tail*"}
        page = text_of(browser.post(url("article-preview", article.pk), fields, headers=HTMX))
        assert page.count("word") == 10_000
        assert "tail" not in page
        assert "The preview ends here." in page

    def test_says_when_a_part_has_too_many_marks_to_be_read(self, browser, article):
        fields = {"title": "Starry", "text": "*a* " * 2_000}
        page = text_of(browser.post(url("article-preview", article.pk), fields, headers=HTMX))
        assert "<em>" not in page
        assert "A part with very many marks shows as it was written" in page

    def test_without_htmx_is_the_editor_with_nothing_lost_and_nothing_stored(self, browser, article):
        before = newest(article).text
        fields = sent(article, text="**Mine.**", title="", tags="new")
        page = text_of(browser.post(url("article-preview", article.pk), fields))
        assert "<p><strong>Mine.</strong></p>" in page
        assert "**Mine.**</textarea>" in page
        assert 'value="new"' in page
        assert "data-unsaved" in page
        assert "Not saved." not in page
        assert newest(article).text == before
