from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairnloop.drafting.courtesies import courtesies_for, given_name
from cairnloop.drafting.generators.extractive import ExtractiveGenerator
from cairnloop.drafting.sealing import SealedSource, Standing, seal
from cairnloop.hooks.draft_generator import DraftRequest, DraftResult, DraftSource
from cairnloop.hooks.facts import ConversationFacts

FACTS = ConversationFacts(
    id=1,
    public_id="c1",
    subject="",
    status="open",
    priority="normal",
    channel="widget",
    customer_ref="cust-lin",
    account_ref="",
    assignee_ref="",
    opened_at=datetime(2026, 3, 1, tzinfo=UTC),
    resolved_at=None,
    rating="",
)
SKIPPED = """## Skipped runs

A run is skipped when every seat is taken. It does not restart by itself. Prices are the same everywhere.

1. Open CI and choose Runs.
2. Choose Re-run skipped.
"""
REFUNDS = "## Refunds\n\nDuplicate card charges go back to the same card within 10 business days."
COURTESIES = courtesies_for("Lin Zhao")


def draft(question: str, *texts: str) -> DraftResult:
    sources = [DraftSource(number=number, title="", text=text) for number, text in enumerate(texts, 1)]
    return ExtractiveGenerator().generate(
        request=DraftRequest(
            conversation=FACTS,
            turns=[("customer", question)],
            question=question,
            sources=sources,
            opening=COURTESIES.opening,
            closing=COURTESIES.closing,
        )
    )


def said(result: DraftResult) -> list[str]:
    return [claim.text for claim in result.claims if claim.source]


class TestTheExtractiveGenerator:
    def test_quotes_what_fits_with_the_sentence_it_leans_on(self):
        assert said(draft("Why does a skipped run not restart?", SKIPPED)) == [
            "A run is skipped when every seat is taken.",
            "It does not restart by itself.",
        ]

    def test_takes_the_steps_of_a_list_together(self):
        assert said(draft("How do I re-run what was skipped, and choose?", SKIPPED)) == [
            "Open CI and choose Runs.",
            "Choose Re-run skipped.",
        ]

    def test_answers_two_questions_from_two_passages(self):
        quoted = draft("Why was my run skipped, and when do duplicate charges go back to my card?", SKIPPED, REFUNDS)
        assert [claim.source for claim in quoted.claims if claim.source] == [1, 2]

    def test_leaves_out_a_passage_that_answers_nothing_more(self):
        assert [claim.source for claim in draft("When are duplicate charges refunded?", REFUNDS, REFUNDS).claims] == [
            None,
            1,
            None,
        ]

    def test_says_nothing_where_no_sentence_fits(self):
        assert draft("Do you sell umbrellas?", SKIPPED, REFUNDS).claims == ()

    @pytest.mark.parametrize(
        "text",
        [
            "See [refunds of charges](../refunds.md) for every charge.",
            "![charges](refund.png) and charges of a card",
            "| charges | refund |\n| --- | --- |\n| card | days |",
            "```\nrefund charges card now\n```",
            "# How charges of a card are refunded",
            "> A refund of charges is quoted here.",
        ],
    )
    def test_quotes_no_markup_that_means_nothing_in_a_message(self, text):
        assert draft("refund charges card", text).claims == ()

    @given(st.text(max_size=300), st.lists(st.text(max_size=400), max_size=3))
    @settings(max_examples=150, deadline=None)
    def test_says_only_what_can_be_sealed(self, question, texts):
        self.check(question, texts)

    def test_seals_what_it_says_of_real_prose(self):
        for question in ("skipped runs restart", "refund to my card", "choose runs and charges", "seat taken"):
            self.check(question, [SKIPPED, REFUNDS])

    def check(self, question: str, texts: list[str]) -> None:
        result = draft(question, *texts)
        sources = {
            number: SealedSource(revision_id=number, article_id=number, text=text, start=0, end=len(text))
            for number, text in enumerate(texts, 1)
        }
        for sentence in seal(result.claims, sources=sources, courtesies=COURTESIES.all):
            # A quote of a few letters proves nothing, so that it is marked; nothing else ever is.
            assert sentence.standing is not Standing.UNVERIFIED or sum(map(str.isalnum, sentence.text)) < 8
        assert draft(question, *texts) == result


class TestCourtesies:
    @pytest.mark.parametrize(
        ("name", "given"),
        [
            ("Lin Zhao", "Lin"),
            ("Anne-Marie O’Neil", "Anne-Marie"),
            ("", ""),
            ("evil.example Zhao", ""),
            ("[click](https://evil.example)", ""),
            ("a" * 31, ""),
            ("R2D2", ""),
            ("李 小龙", "李"),
        ],
    )
    def test_greet_by_a_plain_first_name_only(self, name, given):
        assert given_name(name) == given
