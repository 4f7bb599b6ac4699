from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairnloop.drafting.courtesies import courtesies_for, given_name
from cairnloop.drafting.generators.extractive import ExtractiveGenerator
from cairnloop.drafting.sealing import SealedSource, Standing, seal
from cairnloop.hooks.draft_generator import DraftRequest, DraftResult, DraftSource
from cairnloop.hooks.facts import ConversationFacts
from cairnloop.knowledge_base.chunking import chunk

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
RUNS = SKIPPED[: SKIPPED.index("1. ")]
CHARGES = "Duplicate card charges go back to the same card within 10 business days."
REFUNDS = f"## Refunds of charges\n\n{CHARGES}"
COURTESIES = courtesies_for("Lin Zhao")
SIGNATURES = (
    "We rotated the secret as described. Since then every delivery fails verification on our side. What we compute, in "
    'case it helps: ```python hmac.new(secret, body, sha256).hexdigest() == header.removeprefix("v1=") ``` The same '
    "code worked for eleven months."
)
FITS = "\n\nAccept the delivery if **any** of them fits."
KNOWLEDGE = Path(__file__).parents[2] / "examples" / "trailmark" / "trailmark" / "knowledge"


def passage(path: str, words: str) -> str:
    """The passage of an article of the example in which some words stand."""
    text = (KNOWLEDGE / path).read_text(encoding="utf-8").split("---\n", 2)[2].strip()
    return next(part for part in (text[each.start : each.end] for each in chunk("", text)) if words in part)


def draft(question: str, *texts: str, instruction: str = "") -> DraftResult:
    sources = [DraftSource(number=number, title="", text=text) for number, text in enumerate(texts, 1)]
    return ExtractiveGenerator().generate(
        request=DraftRequest(
            conversation=FACTS,
            turns=[("customer", question)],
            question=question,
            sources=sources,
            opening=COURTESIES.opening,
            closing=COURTESIES.closing,
            instruction=instruction,
        )
    )


def said(result: DraftResult) -> list[str]:
    return [claim.text for claim in result.claims if claim.source]


class TestTheExtractiveGenerator:
    def test_quotes_the_whole_paragraph_in_which_the_best_sentence_stands(self):
        assert said(draft("Why does a skipped run not restart?", RUNS)) == [
            "A run is skipped when every seat is taken.",
            "It does not restart by itself.",
            "Prices are the same everywhere.",
        ]

    def test_says_the_heading_unless_the_quote_says_the_same_words(self):
        assert said(draft("When does a duplicate charge go back to my card?", f"## Duplicate charge\n\n{CHARGES}")) == [
            CHARGES
        ]
        assert said(draft("When does a duplicate charge go back to my card?", f"## Business plan\n\n{CHARGES}")) == [
            "Business plan",
            CHARGES,
        ]
        assert said(
            draft("When does a duplicate charge go back to my card?", f"## Duplicate charge A\n\n{CHARGES}")
        ) == [
            "Duplicate charge A",
            CHARGES,
        ]

    def test_takes_a_list_together_with_what_leads_to_it(self):
        result = draft("How do I re-run what was skipped, and choose?", SKIPPED)
        assert said(result)[-2:] == ["1. Open CI and choose Runs.", "2. Choose Re-run skipped."]
        assert said(result)[0] == "A run is skipped when every seat is taken."
        assert all(claim.quote == claim.text for claim in result.claims if claim.source)

    def test_counts_steps_and_not_their_sentences(self):
        text = "Rotate it:\n\n3. Choose **Send test**. Any status from 200 on will do.\n4. End the overlap.\n"
        quoted = [claim for claim in draft("How do I end the overlap?", text).claims if claim.source]
        assert [(claim.text, claim.begins_paragraph) for claim in quoted] == [
            ("Rotate it:", True),
            ("3. Choose **Send test**.", True),
            ("Any status from 200 on will do.", False),
            ("4. End the overlap.", True),
        ]

    def test_quotes_a_sentence_of_few_letters_with_its_neighbour(self):
        text = "Can you share deployment keys? Never. Ask an owner for that."
        assert said(draft("Can I share deployment keys?", text)) == [
            "Can you share deployment keys? Never.",
            "Ask an owner for that.",
        ]

    @pytest.mark.parametrize(
        "step",
        [
            "See [the runs](../runs.md) of the day.",
            "Paste this:\n\n   > it",
            "Run it so.\n\n   ```\n   run --again\n   ```",
        ],
    )
    def test_leaves_out_a_list_one_step_of_which_cannot_be_quoted(self, step):
        text = f"Do it so:\n\n1. Open CI and choose Runs.\n2. {step}\n3. Choose Re-run skipped.\n"
        assert draft("How do I re-run what was skipped, and choose?", text).claims == ()

    def test_answers_two_questions_from_two_passages(self):
        quoted = draft("Why was my run skipped, and when do duplicate charges go back to my card?", SKIPPED, REFUNDS)
        assert [claim.source for claim in quoted.claims if claim.source] == [1, 1, 1, 1, 1, 1, 2, 2]

    def test_says_all_of_a_section_that_is_short(self):
        long = SKIPPED + "\n" + "Umbrellas have nothing to do with runs that are skipped here. " * 8
        assert (
            said(draft("Why was my run skipped when every seat is taken?", SKIPPED))[-1] == "2. Choose Re-run skipped."
        )
        assert (
            said(draft("Why was my run skipped when every seat is taken?", long))[-1]
            == "Prices are the same everywhere."
        )

    def test_leaves_out_a_passage_that_answers_nothing_more(self):
        quoted = draft("When are duplicate charges refunded?", REFUNDS, REFUNDS.replace("Duplicate", "Double"))
        assert [claim.source for claim in quoted.claims] == [None, 1, 1, None]

    def test_leaves_out_passages_that_have_a_word_in_common_by_chance(self):
        quoted = draft(
            SIGNATURES,
            passage("webhooks/rotate-a-webhook-secret.md", "The usual cause"),
            passage("webhooks/rotate-a-webhook-secret.md", "HMAC-SHA256").removesuffix(FITS),
            passage("builds/keep-artifacts.md", "our public key"),
        )
        assert [claim.source for claim in quoted.claims if claim.source] == [2, 2]

    def test_follows_what_an_operator_asks_for_where_a_source_says_it(self):
        asked = "Why does a skipped run not restart?"
        before = said(draft(asked, SKIPPED, REFUNDS))
        after = said(draft(asked, SKIPPED, REFUNDS, instruction="Mention how long refunds to a card take"))
        assert after == ["Skipped runs", *before, "Refunds of charges", CHARGES]
        assert said(draft(asked, SKIPPED, REFUNDS, instruction="mention umbrellas")) == before

    def test_gives_what_fits_best_alone_where_it_is_to_be_shorter(self):
        asked = "Why was my run skipped, and when do duplicate charges go back to my card?"
        assert CHARGES in said(draft(asked, RUNS, REFUNDS))
        assert said(draft(asked, RUNS, REFUNDS, instruction="Shorter!")) == [
            "A run is skipped when every seat is taken.",
            "It does not restart by itself.",
            "Prices are the same everywhere.",
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
            number: SealedSource(revision_id=number, article_id=number, title="", text=text, start=0, end=len(text))
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
