from __future__ import annotations

import logging
from typing import Any

import pytest
from django.contrib.postgres.search import SearchVector
from django.db import connection
from django.db.models import Value
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cairnloop.models import GapEvent, ResolvedCase, ResolvedCaseChunk
from tests.factories import MATEUS, make_conversation
from tests.retrieval.support import embed_everything
from tests.web.conftest import browser_of, text_of
from tests.web.search.conftest import make_found_article, search

pytestmark = pytest.mark.django_db


def left_standing(browser: Client, words: str, **fields: object) -> int:
    """The palette says that a question stood; the status of its answer."""
    return browser.post(reverse("cairnloop:search-gaps"), {"q": words, **fields}).status_code


def make_case(text: str, **values: object) -> None:
    """A resolved case that search finds by its words."""
    row = make_conversation(text="It was solved.", **values)
    now = timezone.now()
    case = ResolvedCase.objects.create(
        conversation=row, subject=row.subject, issue=text, resolution="Solved.", resolved_at=now, indexed_at=now
    )
    words = SearchVector(Value(text), config="english")
    ResolvedCaseChunk.objects.create(case=case, index=0, text=text, length=len(text.split()), words=words)


@pytest.fixture
def nearby(settings: Any) -> None:
    """Articles with vectors: something is near whatever is asked."""
    settings.CAIRNLOOP = {**settings.CAIRNLOOP, "EMBEDDER": "cairnloop.retrieval.embedders.local.LocalEmbedder"}
    make_found_article(title="Refunds", text="To get your money back, ask for a refund within 14 days.", slug="refunds")
    make_found_article(title="Passwords", text="Open the login page to choose another password.", slug="passwords")
    make_found_article(title="Cancel a plan", text="A plan ends with the month in which you end it.", slug="cancel")
    embed_everything()


class TestAQuestionLeftStanding:
    def test_is_kept_when_nothing_was_found(self, browser, conversation):
        assert left_standing(browser, "How do I export billing data?", **{"in": conversation.pk}) == 204
        gap = GapEvent.objects.get()
        assert (gap.surface, gap.outcome, gap.reason) == ("search", "empty_recall", "no_canonical_results")
        assert gap.excerpt == "How do I export billing data?"
        assert gap.conversation_id == conversation.pk

    def test_is_kept_once_a_day(self, browser):
        for words in ("Export billing data", "export  BILLING data?"):
            left_standing(browser, words)
        assert GapEvent.objects.count() == 1

    def test_is_kept_as_weak_when_only_cases_were_found(self, browser):
        make_case("The exporter of billing data was broken")
        assert 'data-group="cases"' in text_of(search(browser, "exporter billing"))
        left_standing(browser, "exporter billing")
        gap = GapEvent.objects.get()
        assert (gap.outcome, gap.reason, gap.assistive_count) == ("weak_grounding", "assistive_only_results", 1)

    def test_is_no_gap_when_an_article_answers(self, browser, skipped):
        make_case("A run was skipped")
        left_standing(browser, "skipped run")
        assert not GapEvent.objects.exists()

    def test_is_kept_once_when_only_meaning_found_something_and_it_is_beside_the_point(self, browser, nearby):
        for _ in range(2):
            assert "data-unanswered" not in text_of(search(browser, "bake sourdough bread"))
            assert left_standing(browser, "bake sourdough bread") == 204
        browser.get(reverse("cairnloop:search"), {"q": "bake sourdough bread"})
        gap = GapEvent.objects.get()
        assert (gap.outcome, gap.reason, gap.canonical_count) == ("weak_grounding", "not_answerable", 3)
        assert len(gap.attempted) == 3

    def test_is_no_gap_when_it_is_judged_answerable_or_names_an_article(self, browser, nearby):
        left_standing(browser, "how do I get a refund of my money")
        left_standing(browser, "Cancel a plan")
        assert not GapEvent.objects.exists()

    def test_is_judged_by_nothing_where_the_calibration_cannot_be_used(self, browser, settings, nearby, tmp_path):
        damaged = tmp_path / "calibration.json"
        damaged.write_text("{")
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "CALIBRATION_FILE": str(damaged)}
        page = browser.get(reverse("cairnloop:search"), {"q": "bake sourdough bread"})
        assert "could not be searched" not in text_of(page)
        assert left_standing(browser, "bake sourdough bread") == 204
        assert not GapEvent.objects.exists()

    @pytest.mark.parametrize("words", ["#42", "4217", "lin@northbeam.example", "Lin Zhao", "zhao northbeam", "a", ""])
    def test_is_no_question_when_it_looks_for_a_conversation(self, browser, conversation, words):
        left_standing(browser, words)
        assert not GapEvent.objects.exists()

    def test_leaves_people_out_of_what_is_kept(self, browser, conversation):
        left_standing(browser, "Why was Lin Zhao charged? lin@northbeam.example", **{"in": conversation.pk})
        excerpt = GapEvent.objects.get().excerpt
        assert "Zhao" not in excerpt
        assert "northbeam" not in excerpt

    def test_is_not_kept_while_it_is_typed(self, browser):
        for words in ("ex", "export", "export billing"):
            search(browser, words)
        assert not GapEvent.objects.exists()

    def test_is_kept_when_a_page_was_asked(self, browser):
        browser.get(reverse("cairnloop:search"), {"q": "export billing data"})
        assert GapEvent.objects.get().outcome == "empty_recall"

    def test_shows_no_case_out_of_sight(self, browser, access):
        make_case("The exporter was broken", customer_ref=MATEUS.ref, customer_name=MATEUS.name, subject="Exporter")
        access("ShowsOnlyLin")
        assert 'data-group="cases"' not in text_of(search(browser, "exporter"))

    def test_is_refused_from_another_site(self, ada):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(ada)
        assert left_standing(browser, "export billing data") == 403
        assert not GapEvent.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_is_kept_as_an_error_when_the_search_fails(self, ada, broken_index):
        assert left_standing(browser_of(ada), "export billing data") == 204
        assert GapEvent.objects.get().outcome == "retrieval_error"

    @pytest.mark.django_db(transaction=True)
    def test_never_breaks_the_search_when_it_cannot_be_kept(self, ada, caplog, transactional_db):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE cairnloop_gapevent RENAME TO moved_away")
        try:
            with caplog.at_level(logging.WARNING):
                page = browser_of(ada).get(reverse("cairnloop:search"), {"q": "export billing data"})
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE moved_away RENAME TO cairnloop_gapevent")
        assert page.status_code == 200
        assert "Keeping a gap failed: ProgrammingError" in caplog.text
        assert "billing" not in caplog.text
