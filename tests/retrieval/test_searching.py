"""What search promises: the right evidence, only for those who may see it, in one order, whatever fails."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from cairnloop.core.errors import InvalidInput
from cairnloop.retrieval.evidence import Degradation, Reason
from cairnloop.retrieval.searching import search_knowledge
from cairnloop.retrieval.sources import articles
from tests.retrieval.support import (
    CLIENT,
    CUSTOMER,
    OPERATOR,
    FailingEmbedder,
    NextEmbedder,
    embed_everything,
    make_article,
    publish,
    settings,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _an_embedder() -> object:
    with override_settings(CAIRNLOOP=settings()):
        yield


def titles(query: str, **options: object) -> list[str]:
    """What is found, best first."""
    outcome = search_knowledge(query, **{"actor": OPERATOR, **options})  # type: ignore[arg-type]
    return [found.title for found in outcome.evidence]


def test_words_find_at_once_and_meaning_once_vectors_are_there() -> None:
    make_article("Getting your reimbursement", "We return the amount within five days.")
    make_article("Opening hours", "We answer from nine to five.")

    before = search_knowledge("amount days", actor=OPERATOR)
    assert [found.title for found in before.evidence] == ["Getting your reimbursement"]
    assert before.evidence[0].reasons == (Reason.WORDS,)
    embed_everything()

    meant = search_knowledge("refund", actor=OPERATOR)
    assert meant.evidence[0].title == "Getting your reimbursement"
    assert meant.evidence[0].reasons == (Reason.MEANING,)
    assert meant.degradation is None


def test_the_title_weighs_more_than_the_text() -> None:
    make_article("Various", "Webhooks are mentioned here among many things.")
    make_article("Webhooks", "How to receive them.")
    embed_everything()
    assert titles("webhooks")[0] == "Webhooks"


def test_an_article_of_many_sections_leaves_others_their_place() -> None:
    make_article("Voucher list", *(f"Voucher list, part {number}: vouchers of the list." for number in range(160)))
    short = {f"Giving {word}" for word in ("alpha", "bravo", "delta", "gamma")}
    for title in short:
        make_article(title, "Before you begin, read what a voucher is for and who keeps the list of them.")
    embed_everything()
    assert set(titles("voucher list")) == {"Voucher list", *short}


@pytest.mark.parametrize(
    "identifier", ["ERR_4012", "ci-cache", "v1.2.3", "lin@north.example", "/etc/trail/agent.conf", "TS-999"]
)
def test_an_identifier_is_found_as_it_is_written(identifier: str) -> None:
    make_article("Everything else", "Error err 4013, ci and a cache, version 1.2.4, trail agent, north, ts 998. " * 5)
    make_article("The one", f"When you see {identifier} in the log, restart the agent.")
    embed_everything()
    outcome = search_knowledge(f"what does {identifier} mean", actor=OPERATOR)
    assert outcome.evidence[0].title == "The one"
    assert Reason.IDENTIFIER in outcome.evidence[0].reasons


def test_customers_and_clients_find_public_articles_only() -> None:
    make_article("Refund for customers", "A refund takes five days.")
    make_article("Refund limits for staff", "A refund above 100 needs a lead.", visibility="internal")
    embed_everything()
    for actor in (CUSTOMER, CLIENT):
        assert titles("refund lead staff", actor=actor) == ["Refund for customers"]
    assert set(titles("refund lead staff")) == {"Refund for customers", "Refund limits for staff"}


def test_a_failing_embedder_leaves_words() -> None:
    make_article("Refunds", "A refund takes five days.")
    with override_settings(CAIRNLOOP={"EMBEDDER": f"{FailingEmbedder.__module__}.FailingEmbedder"}):
        outcome = search_knowledge("refund", actor=OPERATOR)
    assert outcome.degradation is Degradation.EMBEDDER_FAILED
    assert [found.title for found in outcome.evidence] == ["Refunds"]


def test_what_no_vector_of_the_model_stands_for_was_searched_by_words() -> None:
    assert search_knowledge("unheard-of", actor=OPERATOR).degradation is None
    make_article("Refunds", "A refund takes five days.")
    assert search_knowledge("unheard-of", actor=OPERATOR).degradation is Degradation.NOT_EMBEDDED
    outcome = search_knowledge("refund", actor=OPERATOR)
    assert outcome.degradation is Degradation.NOT_EMBEDDED
    assert outcome.evidence[0].reasons == (Reason.WORDS,)
    embed_everything()
    with override_settings(CAIRNLOOP={"EMBEDDER": f"{NextEmbedder.__module__}.NextEmbedder"}):
        changed = search_knowledge("refund", actor=OPERATOR)
    with override_settings(CAIRNLOOP={"EMBEDDER": ""}):
        by_words = search_knowledge("refund", actor=OPERATOR)
    assert changed.degradation is Degradation.NOT_EMBEDDED
    assert changed.answerability == by_words.answerability
    assert search_knowledge("refund", actor=OPERATOR).degradation is None


def test_an_article_that_waits_for_its_vectors_stands_where_its_words_place_it() -> None:
    make_article("Money", "Reimbursement of an invoice.")
    make_article("Opening hours", "We answer from nine to five.")
    embed_everything()
    make_article("Bill by card", "Your bill shows the card that was charged.")
    waiting = search_knowledge("bill card", actor=OPERATOR)
    assert [found.title for found in waiting.evidence][:2] == ["Bill by card", "Money"]
    assert waiting.degradation is Degradation.NOT_EMBEDDED
    with override_settings(CAIRNLOOP={"EMBEDDER": ""}):
        assert waiting.answerability == search_knowledge("bill card", actor=OPERATOR).answerability
    embed_everything()
    embedded = search_knowledge("bill card", actor=OPERATOR)
    assert embedded.evidence[0].title == "Bill by card"
    assert embedded.degradation is None


def test_an_article_that_is_published_anew_while_it_is_searched_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    article = make_article("Refunds", "A refund takes five days.")
    fetch = articles.fetch
    new = iter(["A refund takes six days."])

    def fetch_later(*args: Any) -> Any:
        for text in new:
            publish(article, text)
        return fetch(*args)

    monkeypatch.setattr(articles, "fetch", fetch_later)
    (found,) = search_knowledge("refund", actor=OPERATOR).evidence
    assert (found.text, found.revision_number) == ("A refund takes six days.", 2)


def test_meaning_still_counts_beside_an_article_that_waits_for_its_vectors() -> None:
    make_article("Bill by card", "Your bill shows the card that was charged.")
    make_article("Money", "Reimbursement of a receipt.")
    embed_everything()
    make_article("Cards", "Many kinds of a card are known.")
    outcome = search_knowledge("bill card", actor=OPERATOR)
    assert [found.title for found in outcome.evidence] == ["Bill by card", "Cards", "Money"]
    assert outcome.degradation is None


def test_without_an_embedder_words_are_searched() -> None:
    make_article("Refunds", "A refund takes five days.")
    with override_settings(CAIRNLOOP={"EMBEDDER": ""}):
        outcome = search_knowledge("refund", actor=OPERATOR)
    assert outcome.degradation is Degradation.NO_EMBEDDER
    assert [found.title for found in outcome.evidence] == ["Refunds"]


def test_the_snippet_is_what_the_citation_says() -> None:
    article = make_article("Refunds", "First of all, breathe. " * 20 + "A refund takes five days. Then all is well.")
    (found, *_) = search_knowledge("refund days", actor=OPERATOR).evidence
    text = article.revisions.get().text
    assert text[found.citation.start : found.citation.end] == found.snippet.text  # type: ignore[union-attr]
    assert {found.snippet.text[start:end] for start, end in found.snippet.matches} == {"refund", "days"}


@pytest.mark.parametrize("query", ["", "   ", "\x00", "the of and", "'; DROP TABLE --", "a & | ! ( b", "%s %", "\\"])
def test_odd_queries_are_answered(query: str) -> None:
    make_article("Refunds", "A refund takes five days.")
    search_knowledge(query, actor=OPERATOR)


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_an_impossible_limit_is_refused(limit: int) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        search_knowledge("refund", actor=OPERATOR, limit=limit)


def test_each_language_is_read_in_its_own_way() -> None:
    make_article("Rechnungen bezahlen", "Offene Rechnungen werden monatlich bezahlt.", locale="de")
    make_article("Invoices", "Invoices are paid monthly.")
    embed_everything()
    assert titles("Rechnung bezahlt")[0] == "Rechnungen bezahlen"
    assert titles("invoice paid")[0] == "Invoices"
    assert titles("invoice", locale="de") in ([], ["Rechnungen bezahlen"])


@pytest.mark.parametrize(
    "given",
    [
        {"query": "a \ud800 word"},
        {"query": 5},
        {"limit": "8"},
        {"limit": True},
        {"limit": 2.0},
        {"locale": 5},
        {"locale": "\ud800"},
        {"locale": "e\x00n"},
        {"chunks_per_article": "1"},
        {"cases": []},
    ],
)
def test_what_is_no_query_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        search_knowledge(**{"query": "word", "actor": OPERATOR, **given})
