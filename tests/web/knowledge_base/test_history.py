from __future__ import annotations

import re

import pytest

import cairnloop
from cairnloop.web.knowledge_base.comparing import difference_of
from tests.factories import BILLING, actor_of, make_article, revise
from tests.web.conftest import text_of
from tests.web.knowledge_base.conftest import newest, sent, url

pytestmark = pytest.mark.django_db


def restore(browser, article, number, **fields):
    return browser.post(url("article-restoring", article.pk, number), fields)


class TestTheHistory:
    def test_lists_every_revision_with_its_state(self, browser, article):
        page = text_of(browser.get(url("article-history", article.pk)))
        table = page.split("<tbody")[1]
        states = re.findall(r"Revision (\d)</a>.*?</svg>(\w+)</span>", table)
        assert states == [("3", "Unpublished"), ("2", "Live"), ("1", "Superseded")]
        assert "Say less" in table
        assert "Ada Brandt" in table
        assert table.count(">Restore<") == 1
        assert f'href="{url("article-comparison", article.pk)}?from=2&amp;to=3"' in table

    def test_offers_readers_nothing_to_restore(self, reader, article):
        assert "Restore<" not in text_of(reader.get(url("article-history", article.pk)))

    def test_goes_on_with_older_ones(self, browser):
        article = make_article(publish=True)
        for number in range(60):
            revise(article, f"Text number {number}.", publish=True)
        page = browser.get(url("article-history", article.pk))
        assert f'href="{url("article-history", article.pk)}?below=12"' in text_of(page)
        older = text_of(browser.get(f"{url('article-history', article.pk)}?below=12"))
        assert re.findall(r">Revision (\d+)</a>", older) == [str(number) for number in range(11, 0, -1)]


class TestTheComparison:
    def test_of_any_two_marks_words_and_folds_the_rest(self, browser, article):
        page = text_of(browser.get(url("article-comparison", article.pk), {"from": 1, "to": 3}))
        hidden = '<span class="cl-visually-hidden">'
        assert f"<del>{hidden}[removed: </span>What{hidden}]</span></del>" in page
        assert f"<ins>{hidden}[added: </span>Nothing that{hidden}]</span></ins> part 3 says." in page
        assert re.search(r"<summary>\d+ unchanged lines</summary>", page)
        assert "What part 8 says." in page

    def test_backwards_takes_away_what_forwards_added(self, browser, article):
        page = text_of(browser.get(url("article-comparison", article.pk), {"from": 3, "to": 1}))
        assert "From revision 3 to 1" in page
        assert "[removed: </span>Nothing that<" in page

    @pytest.mark.parametrize("query", [{}, {"from": "x", "to": "9" * 30}, {"from": "99", "to": "-1"}])
    def test_of_unknown_ones_is_that_of_what_is_live_and_what_is_newest(self, browser, article, query):
        assert "From revision 2 to 3" in text_of(browser.get(url("article-comparison", article.pk), query))

    def test_of_the_same_says_so(self, browser, article):
        page = text_of(browser.get(url("article-comparison", article.pk), {"from": 2, "to": 2}))
        assert "Both revisions say the same." in page

    def test_escapes_what_was_written(self, browser):
        article = make_article(text="<script>alert(1)</script>", title="<b>A</b>")
        revise(article, "x", title="<i>B</i>")
        make = text_of(browser.get(url("article-comparison", article.pk), {"from": 1, "to": 1}))
        assert "<b>A" not in make
        assert "<script>alert" not in make

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("a b c\n\nd e\nsame\n", "a x y c\nd e!\nsame\nmore"),
            ("one two three four", "one four"),
            ("", "all\nof it"),
            ("all\nof it", ""),
            ("1. a\n2. b\n\n```\nx = 1\n```", "1. b\n\n```\nx  =  2\n```\n\nend"),
        ],
    )
    def test_loses_no_word_of_either_text(self, old, new):
        lines = [line for stretch in difference_of(old, new).stretches for line in stretch.lines]
        for text, other in ((old, "added"), (new, "removed")):
            shown = ["".join(span.text for span in line.spans if span.kind != other) for line in lines]
            assert re.sub(r"\s", "", "".join(shown)) == re.sub(r"\s", "", text)


class TestRestoring:
    def test_makes_an_old_revision_the_one_being_written(self, browser, ada):
        article = make_article(text="Old.", publish=True)
        revise(article, "New.", publish=True)
        response = restore(browser, article, 1)
        assert response.url == url("article-editor", article.pk)
        revision = newest(article)
        assert (revision.number, revision.text, revision.author) == (3, "Old.", actor_of(ada))
        article.refresh_from_db()
        assert article.live_revision.text == "New."
        assert "Revision 1 is revision 3 now." in text_of(browser.get(response.url))

    def test_asks_before_it_writes_over_what_somebody_writes(self, browser, grace, article):
        revise(article, "Grace is at it.", by=actor_of(grace))
        response = restore(browser, article, 1)
        assert response.status_code == 409
        assert "Revision 3 is being written by Grace Owusu" in text_of(response)
        assert newest(article).text == "Grace is at it."
        shown = sent(article)
        revise(article, "Grace goes on.", by=actor_of(grace))
        seen = {name: shown[name] for name in ("seen_revision_id", "seen_changed_at")}
        assert restore(browser, article, 1, **seen).status_code == 409
        assert newest(article).text == "Grace goes on."
        seen = {name: sent(article)[name] for name in seen}
        assert restore(browser, article, 1, **seen).status_code == 302
        assert newest(article).text == article.revisions.get(number=1).text

    def test_of_an_unknown_revision_is_not_found(self, browser, article):
        assert restore(browser, article, 99).status_code == 404

    def test_brings_back_what_was_archived(self, browser):
        article = make_article(publish=True)
        cairnloop.archive_article(article_id=article.pk, by=BILLING)
        restore(browser, article, 1)
        browser.post(url("article-publishing", article.pk), sent(article))
        article.refresh_from_db()
        assert (article.status, article.live_revision.number) == ("published", 2)
