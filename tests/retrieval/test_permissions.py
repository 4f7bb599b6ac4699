"""A customer finds nothing internal, whatever there is, and cases come only from where one may see."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from cairnloop.conversations.models import Conversation
from cairnloop.core.errors import InvalidInput
from cairnloop.retrieval.evidence import Source, Trust
from cairnloop.retrieval.models import ResolvedCase, ResolvedCaseChunk
from cairnloop.retrieval.searching import NotForCustomers, search_knowledge
from tests.factories import make_conversation
from tests.retrieval.support import CLIENT, CUSTOMER, OPERATOR, embed_everything, make_article, settings

WORDS = ("refund", "invoice", "login", "trail", "webhook", "lead")
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
corpora = st.lists(st.tuples(texts, st.sampled_from(["public", "internal"])), min_size=1, max_size=6)


class AnyCorpus(TestCase):
    """Hypothesis makes the articles and the query."""

    @hypothesis_settings(max_examples=8, deadline=None)
    @given(corpora, texts)
    def test_only_operators_and_the_system_find_internal_articles(
        self, corpus: list[tuple[str, str]], query: str
    ) -> None:
        with override_settings(CAIRNLOOP=settings()):
            for at, (text, visibility) in enumerate(corpus):
                make_article(f"{visibility} {at}", text, visibility=visibility)
            embed_everything()
            for actor in (CUSTOMER, CLIENT):
                for found in search_knowledge(query, actor=actor, limit=20).evidence:
                    self.assertTrue(found.title.startswith("public"))
            everything = {found.title for found in search_knowledge(query, actor=OPERATOR, limit=20).evidence}
            self.assertEqual(everything, {f"{visibility} {at}" for at, (_, visibility) in enumerate(corpus)})


def make_case(conversation: Conversation, text: str) -> None:
    """A resolved case, found by its words."""
    now = timezone.now()
    case = ResolvedCase.objects.create(
        conversation=conversation, subject=text[:50], issue=text, resolution="Done.", resolved_at=now, indexed_at=now
    )
    chunk = ResolvedCaseChunk(case=case, index=0, text=text, words="", length=len(text.split()))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cairnloop_resolvedcasechunk (case_id, index, text, words, length) "
            "VALUES (%s, 0, %s, to_tsvector('english', %s), %s)",
            [chunk.case_id, text, text, chunk.length],
        )


@pytest.mark.django_db
def test_cases_come_only_from_the_conversations_that_were_given_and_are_assistive() -> None:
    mine, others = make_conversation(), make_conversation(subject="Another")
    make_case(mine, "Refund after a double charge")
    make_case(others, "Refund for a lost parcel")
    make_article("Refunds", "How a refund is made.")

    outcome = search_knowledge("refund", actor=OPERATOR, cases=Conversation.objects.filter(pk=mine.pk))

    assert [found.title for found in outcome.assistive] == ["Refund after a double charge"]
    assert {found.trust for found in outcome.evidence if found.source is Source.RESOLVED_CASE} == {Trust.ASSISTIVE}
    assert [found.title for found in outcome.canonical] == ["Refunds"]
    assert not search_knowledge("refund", actor=OPERATOR).assistive
    for nobodys in (Conversation.objects.none(), Conversation.objects.filter(account_ref__in=[])):
        found = search_knowledge("refund", actor=OPERATOR, cases=nobodys)
        assert found.canonical and not found.assistive


@pytest.mark.django_db
def test_cases_of_a_queryset_that_is_cut_are_refused() -> None:
    with pytest.raises(InvalidInput, match="filter it"):
        search_knowledge("refund", actor=OPERATOR, cases=Conversation.objects.all()[:5])


def test_customers_never_search_cases() -> None:
    with pytest.raises(NotForCustomers):
        search_knowledge("refund", actor=CUSTOMER, cases=Conversation.objects.all())
