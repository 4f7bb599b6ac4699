from __future__ import annotations

import pytest
from django.db import DatabaseError, connection

import cairnloop
from cairnloop.hooks.operator_access import StaffAccess
from tests.drafting.conftest import knowledge, knowledge_kept  # noqa: F401  # what drafts are prepared from
from tests.drafting.support import WORDS_ONLY, ask, draft_for
from tests.factories import actor_of
from tests.web.conftest import browser_of, text_of
from tests.web.home.test_views import HOME, part

pytestmark = pytest.mark.django_db


class ReadsNoArticles(StaffAccess):
    """A host whose operators answer without a look into the knowledge base."""

    def can_with_knowledge(self, *, user, verb):
        return False


@pytest.fixture
def decided(knowledge, ada):  # noqa: F811
    """Three draft replies that were sent, and one that was discarded."""
    for _ in range(3):
        cairnloop.approve_draft(draft_id=draft_for(ask()).pk, by=actor_of(ada), seen_sequence=1)
    cairnloop.discard_draft(draft_id=draft_for(ask()).pk, by=actor_of(ada), reason="incomplete")
    return knowledge


class TestDraftReplies:
    def test_are_shown_by_what_became_of_them(self, browser, decided):
        response = browser.get(HOME)
        outcomes = part(response, "outcomes")
        assert "Sent as prepared 3 (75%)" in outcomes
        assert "Discarded 1 (25%) mostly: Something is missing (1)" in outcomes
        assert "Skipped runs 4 drafts: 75% as prepared, 0% with edits, 25% discarded" in outcomes
        assert f'href="/support/knowledge/{decided.skipped.pk}/"' in text_of(response)
        assert '<rect x="75.00" y="0" width="0.00"' in text_of(response)
        assert "Policy: a person decides 4 drafts: 75% as prepared" in outcomes

    def test_are_told_apart_by_the_policy_that_decided(self, browser, decided, ada, settings):
        settings.CAIRNLOOP = {**WORDS_ONLY, "AUTOMATION_POLICY": "tests.drafting.support.RewordingPolicy"}
        cairnloop.discard_draft(draft_id=draft_for(ask()).pk, by=actor_of(ada), reason="wrong")
        outcomes = part(browser.get(HOME), "outcomes")
        assert "Policy: a person decides 4 drafts: 75% as prepared" in outcomes
        assert "Policy: only in words of one’s own 1 draft: 0% as prepared" in outcomes

    def test_name_no_article_to_who_may_not_see_any(self, ada, decided, settings):
        settings.CAIRNLOOP = {**WORDS_ONLY, "OPERATOR_ACCESS": f"{__name__}.ReadsNoArticles"}
        outcomes = part(browser_of(ada).get(HOME), "outcomes")
        assert "Sent as prepared 3 (75%)" in outcomes
        assert "Skipped runs" not in outcomes

    def test_count_only_in_conversations_one_may_see(self, ada, decided, access):
        cairnloop.discard_draft(
            draft_id=draft_for(ask(customer_ref="somebody")).pk, by=actor_of(ada), reason="off_topic"
        )
        access("ShowsOnlyLin")
        outcomes = part(browser_of(ada).get(HOME), "outcomes")
        assert "Discarded 1 (25%)" in outcomes
        assert "something else" not in outcomes

    def test_are_told_of_before_there_are_any_and_not_where_there_never_will_be(self, browser, settings):
        assert "it shows here what became of them" in part(browser.get(HOME), "outcomes")
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "DRAFT_GENERATOR": ""}
        assert 'id="home-outcomes"' not in text_of(browser.get(HOME))

    def test_say_so_and_leave_the_page_when_they_cannot_be_read(self, browser, decided):
        def refuse(execute, sql, params, many, context):
            if "cairnloop_draftsentence" in sql:
                raise DatabaseError("canceling statement due to statement timeout")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(refuse):
            response = browser.get(HOME)
        assert "These numbers are unavailable right now." in part(response, "outcomes")
        assert "Charged twice" in part(response, "next")
