from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cairnloop.hooks.operator_access import StaffAccess
from cairnloop.models import ChunkVector, Revision
from tests.factories import MATEUS, make_conversation
from tests.web.conftest import browser_of, text_of
from tests.web.search.conftest import make_found_article, search

pytestmark = pytest.mark.django_db


class TestResults:
    def test_show_an_article_with_its_trust_source_and_age(self, browser, skipped, ada):
        page = text_of(search(browser, "skipped seat"))
        assert "Knowledge base <span>can be quoted</span>" in page
        assert "Why a CI run was <mark>skipped</mark>" in page
        assert "Revision 1, " in page
        assert 'data-count="1 result"' in page
        assert "data-unanswered" not in page

    def test_bring_the_passage_with_its_best_sentence_along(self, browser, skipped):
        page = text_of(search(browser, "skipped restart"))
        preview = page.split("<template>")[1].split("</template>")[0]
        best = "A run that was skipped because of the seat limit does not restart by itself."
        assert f"<mark>{best}</mark> Open it under CI, Runs.</p>" in preview
        assert '<p class="cl-soft">When all seats of a workspace are in use' in preview
        assert "Published article" in preview
        assert "Revision 1 by" in preview
        assert f'data-quote="{best}"' in page
        revision = Revision.objects.get()
        assert f'data-passage="{revision.pk}:' in page
        assert f"/knowledge/{skipped.pk}/revisions/1/?start=" in page

    def test_say_in_how_many_conversations_an_article_is_cited(self, browser, skipped):
        type(skipped).objects.update(cited_count=3)
        assert "cited in 3 conversations" in text_of(search(browser, "skipped"))

    def test_warn_of_an_old_article(self, browser, monkeypatch):
        then = timezone.now() - timedelta(days=430)
        with monkeypatch.context() as clock:
            clock.setattr(timezone, "now", lambda: then)
            make_found_article(title="Runner queues", text="Runs wait for capacity.")
        page = text_of(search(browser, "capacity"))
        assert '<span class="cl-hit-meta" data-tone="warning">' in page
        assert "Revision 1, 14 months old" in page

    def test_let_an_internal_article_be_named_but_not_quoted(self, browser):
        make_found_article(title="Refund limits", text="Up to 500 without asking.", visibility="internal")
        page = text_of(search(browser, "limits asking"))
        assert "Internal article" in page
        assert 'data-quote=""' in page
        assert "do not quote it" in page

    def test_show_conversations_by_words_and_by_number(self, browser, conversation):
        page = text_of(search(browser, "duplicate charges invoice"))
        assert 'data-group="conversations"' not in page
        page = text_of(search(browser, "charges invoice"))
        assert f'id="hit-conversation-{conversation.pk}"' in page
        assert f"#{conversation.pk}, Open, just now" in page
        assert f'id="hit-conversation-{conversation.pk}"' in text_of(search(browser, f"#{conversation.pk}"))

    def test_keep_the_order_of_groups(self, browser, skipped, conversation):
        make_conversation(text="My run was skipped, why?")
        page = text_of(search(browser, "skipped"))
        assert page.index('data-group="articles"') < page.index('data-group="conversations"')

    def test_escape_what_people_wrote(self, browser):
        hostile = '<img src=x onerror=alert(1)> seat "><script>'
        make_found_article(title=hostile, text=f"A seat {hostile}")
        make_conversation(subject=hostile, customer_name=hostile, text="a seat")
        page = search(browser, "seat").content.decode()
        assert "<img" not in page
        assert "<script" not in page
        assert page.count("&lt;img src=x onerror=alert(1)&gt;") > 4

    @pytest.mark.parametrize("words", ["", " ", "a", "\x00\x00"])
    def test_are_none_for_less_than_two_characters(self, browser, words):
        assert search(browser, words).status_code == 204

    @pytest.mark.parametrize(
        "words", ["%_\\", "'; DROP TABLE", "a" * 9_000, "word " * 900, "((((", "\ud83d\ude80 rocket", "&|!:*"]
    )
    def test_survive_any_query(self, browser, words):
        assert search(browser, words.encode("utf-16", "surrogatepass").decode("utf-16")).status_code == 200

    def test_need_a_constant_number_of_queries(self, browser):
        counts = []
        for number in range(3):
            make_found_article(title=f"Seats {number}", text="A seat is a person.", slug=f"seats-{number}")
            make_conversation(text="My seat is gone", subject=f"Seat {number}")
            with CaptureQueriesContext(connection) as queries:
                assert f'data-count="{2 * number + 2} results"' in search(browser, "seat").content.decode()
            counts.append(len(queries))
        assert len(set(counts)) == 1


class TestWhatIsInSight:
    def test_are_ones_own_conversations_only(self, browser, access):
        hidden = make_conversation(customer_ref=MATEUS.ref, customer_name=MATEUS.name, text="A seat is missing")
        shown = make_conversation(text="A seat is missing")
        access("ShowsOnlyLin")
        page = text_of(search(browser, "seat missing"))
        assert f"hit-conversation-{shown.pk}" in page
        assert MATEUS.name not in page
        assert f"hit-conversation-{hidden.pk}" not in page
        assert search(browser, "seat", **{"in": hidden.pk}).status_code == 404

    def test_are_no_articles_for_those_who_may_not_read_them(self, browser, settings, skipped):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": f"{__name__}.NoArticles"}
        make_conversation(text="My run was skipped")
        page = text_of(search(browser, "skipped run"))
        assert 'data-group="conversations"' in page
        assert "Why a CI run" not in page
        assert "data-unanswered" not in page

    @pytest.mark.parametrize("given", ["x", "-1", "9" * 30, "1.5", "²"])
    def test_refuses_a_conversation_that_is_none(self, browser, given):
        assert search(browser, "seat", **{"in": given}).status_code == 404


class NoArticles(StaffAccess):
    """A host that keeps the knowledge base from its operators."""

    def can_with_knowledge(self, *, user: Any, verb: Any) -> bool:
        return False


class TestThePage:
    def look(self, browser, **query):
        return text_of(browser.get(reverse("cairnloop:search"), query))

    def test_asks_and_answers_without_javascript(self, browser, skipped):
        assert 'name="q"' in self.look(browser)
        page = self.look(browser, q="skipped seat")
        assert "1 result" in page
        assert "<mark>skipped</mark>" in page
        assert "<template><div" not in page.split("<main", 1)[1]

    def test_offers_a_step_when_nothing_is_found(self, browser):
        assert "Nothing holds these words" in self.look(browser, q="zzzz qqqq")

    def test_leads_back_into_the_conversation_with_the_source(self, browser, skipped, conversation):
        page = self.look(browser, q="skipped", **{"in": conversation.pk})
        assert f"Cite in #{conversation.pk}" in page
        url = page.split('class="cl-finder-cite" href="')[1].split('"')[0].replace("&amp;", "&")
        workspace = text_of(browser.get(url))
        revision = Revision.objects.get()
        assert f'name="passages" value="{revision.pk}:' in workspace
        assert "Remove source Why a CI run was skipped" in workspace
        again = workspace.split('class="cl-link-btn" href="')[1].split('"')[0].replace("&amp;", "&")
        assert f'<input type="hidden" name="cite" value="{revision.pk}:' in text_of(browser.get(again))

    def test_is_what_every_top_bar_leads_to(self, browser, conversation):
        for name, args in (("home", []), ("inbox", []), ("articles", []), ("conversation", [conversation.pk])):
            page = text_of(browser.get(reverse(f"cairnloop:{name}", args=args)))
            search_url = reverse("cairnloop:search")
            inside = f"?in={conversation.pk}" if args else ""
            assert f'class="cl-search-trigger" href="{search_url}{inside}" data-open-palette' in page
            assert page.count("<cl-palette") == 1


class TestAFailingKnowledgeBase:
    @pytest.mark.django_db(transaction=True)
    def test_leaves_conversations_found_and_says_so(self, ada, skipped, broken_index, caplog):
        make_conversation(text="My run was skipped")
        with caplog.at_level(logging.WARNING):
            page = text_of(search(browser_of(ada), "skipped run"))
        assert 'data-group="conversations"' in page
        assert "could not be searched just now" in page
        assert "data-failed data-unanswered" in page
        assert "ProgrammingError" in caplog.text
        assert "skipped run" not in caplog.text


class TestWordsAlone:
    def test_is_said_while_there_is_no_embedder(self, browser, skipped, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "EMBEDDER": ""}
        assert 'data-notice="Matched by words only."' in text_of(search(browser, "skipped"))

    def test_is_said_while_nothing_is_embedded_yet(self, browser, skipped, settings):
        ChunkVector.objects.all().delete()
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "EMBEDDER": "tests.retrieval.support.ConceptEmbedder"}
        said = "Matched in part by words only: not everything is indexed by meaning yet."
        assert f'data-notice="{said}"' in text_of(search(browser, "skipped"))
