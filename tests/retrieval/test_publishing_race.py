"""While two hundred revisions are published, no search fails, misses the article, or returns what was superseded."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from cairnloop.knowledge_base.publishing import publish_revision
from cairnloop.knowledge_base.writing import create_article, save_revision
from cairnloop.retrieval.searching import search_knowledge
from tests.retrieval.support import CUSTOMER, OPERATOR

PUBLISHES = 200


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_what_is_superseded_is_not_found_once_its_successor_committed() -> None:
    article = create_article(title="Refunds", text="A refund takes 1 day.", visibility="public", by=OPERATOR)
    publish_revision(revision_id=article.revisions.get().pk, by=OPERATOR)
    live = [1]
    ended = threading.Event()
    stale: list[tuple[int, int]] = []
    failures: list[BaseException] = []
    searches = [0]

    def search() -> None:
        try:
            while not ended.is_set():
                committed = live[0]
                outcome = search_knowledge("refund days", actor=CUSTOMER)
                numbers = [found.revision_number for found in outcome.evidence]
                stale.extend((number, committed) for number in numbers if number < committed)
                assert len(numbers) <= 1
                searches[0] += 1
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    searcher = threading.Thread(target=search)
    searcher.start()
    try:
        for number in range(2, PUBLISHES + 2):
            revision = save_revision(
                article_id=article.pk, title="Refunds", text=f"A refund takes {number} days.", by=OPERATOR
            )
            publish_revision(revision_id=revision.pk, by=OPERATOR)
            live[0] = number
    finally:
        ended.set()
        searcher.join()

    assert not failures
    assert not stale
    assert searches[0] > 10
    (found,) = search_knowledge("refund days", actor=CUSTOMER).evidence
    assert found.revision_number == PUBLISHES + 1
