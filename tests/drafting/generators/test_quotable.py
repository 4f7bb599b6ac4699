"""A quote never changes its meaning by what is left out around it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairnloop.drafting import leaning
from cairnloop.drafting.generators import quotable
from cairnloop.drafting.generators.extractive import ExtractiveGenerator
from cairnloop.drafting.generators.quotable import UNIT_CHARS, units_of
from cairnloop.drafting.omissions import Omission, omission_in
from cairnloop.drafting.sealing import SealedSource, Standing, seal
from cairnloop.hooks.draft_generator import DraftRequest, DraftResult, DraftSource
from tests.drafting.test_extractive import COURTESIES, FACTS

HARMLESS = (
    "Delete the amber folder of the runner by hand.",
    "Copper licences are swapped free of charge within two days.",
    "Export the crimson history as a file every night.",
    "The indigo plan holds 500 seats and unlimited guests.",
    "Share magenta keys by pasting them into the chat.",
    "Refunds of violet invoices are paid back within one hour.",
)
ELSEWHERE = (
    "Ordinary umbrellas come in nine sizes. Each has a handle of beech.",
    "- Lorries arrive on Mondays.\n- Trains arrive on Fridays.",
    "## Opening hours\n\nThe shop opens at nine.",
    "| colour | price |\n| --- | --- |\n| amber | 5 |",
    "```\nrunner --amber\n```",
    "",
)
SAID_BEFORE = (
    "Never do any of this while a runner hangs:",
    "The following is not part of the trial and cannot be used before you pay:",
    "You must not do what stands below.",
    "**Enterprise plan**",
    "Only on self-hosted machines",
    "Only if you are on the enterprise plan is the next paragraph for you.",
    "Customers often believe wrong things.",
    "The next section applies to nobody but resellers.",
)
SAID_BEHIND = (
    "This is false.",
    "But not on Sundays.",
    "None of the above is true.",
    "However, resellers are exempt.",
    "Except for guests.",
    "That was so until last year.",
    "Unless you pay by invoice.",
    "It is no longer offered.",
    "**Warning:** the artifacts of your team are lost.",
    "**Update:** the advice is retracted.",
    "Please do not use it any more.",
    "Version 4 forbids that.",
    "Since version 4, doing so destroys the artifacts.",
    "Doing this is prohibited.",
)
OF_EVERYTHING = (
    "This article is about the interface we had before.",
    "All instructions on this page are for resellers.",
    "Everything below holds for the enterprise plan.",
    "This page does not apply to resellers.",
    "Please note that this page is for owners.",
    "This guide is for owners.",
    "Only owners can follow this guide.",
    "This document covers version 4.",
    "The prices on this page are about the enterprise plan.",
    "If you use the free plan, this page does not apply to you.",
    "Unless your company pays by invoice, all of what this document says is about somebody else.",
    "Nothing on this page is possible with the free plan.",
    "You only need this page if you are a reseller.",
    "Do not rely on this page once you changed your plan.",
    "If you can open Billing, this page is not for you.",
    "Resellers can skip this page.",
)
OF_THE_PRODUCT = (
    "Owners and the billing contact see this page.",
    "Upload this document under Billing.",
    "This document must be signed by you.",
    "Click Save on this page.",
    "This page is empty at first.",
    "Translate the whole text by hand.",
    "Only owners see this page.",
    "Click Save on this page only once.",
    "Do not close this page while the runner starts.",
    "This page is empty until you pay.",
    "This page does not load without a network.",
    "If a payment fails, this page shows why.",
    "If this page stays blank, ask support.",
    "Ask support if you lost this document.",
    "Without an order you cannot upload this document.",
    "This document must not be signed by anybody else.",
    "This page can only be opened by owners.",
)
HEADINGS = ("Enterprise plan", "What you must never do", "On Windows", "Myths", "If nothing else helps")
BROKEN = (
    "~~{}~~",
    "<!-- {} -->",
    "{} [^1]",
    "![chart](chart.png) {}",
    "<div hidden>\n\n{}\n\n</div>",
    "<!--\n\n{}\n\n-->",
    "> {}",
)


@dataclass(frozen=True)
class Scoped:
    """An article, a statement in it, and the words that limit it; None if it must not be quoted at all."""

    text: str
    statement: str
    limits: tuple[str, ...] | None


@st.composite
def scoped(draw: st.DrawFn) -> Scoped:
    inside = draw(st.lists(st.sampled_from(HARMLESS), min_size=1, max_size=3, unique=True))
    statement = draw(st.sampled_from(inside))
    shape = draw(st.sampled_from(["list", "steps", "nested", "before", "behind", "within", "heading", "all", "broken"]))
    before, behind = draw(st.sampled_from(SAID_BEFORE)), draw(st.sampled_from(SAID_BEHIND))
    limits: tuple[str, ...] | None
    if shape == "list":
        text, limits = f"{before}\n\n" + "\n".join(f"- {each}" for each in inside), (before,)
    elif shape == "steps":
        text, limits = f"{before}\n\n" + "\n".join(f"{n}. {each}" for n, each in enumerate(inside, 1)), (before,)
    elif shape == "nested":
        lead = draw(st.sampled_from(["In every other case:", "As a reseller you never do this:"]))
        text = f"{before}\n\n- {lead}\n" + "\n".join(f"  - {each}" for each in inside)
        limits = (before, lead)
    elif shape == "before":
        text, limits = f"{before}\n\n{statement}", (before,)
    elif shape == "behind":
        text, limits = f"{' '.join(inside)}\n\n{behind}", (behind,)
    elif shape == "within":
        text, limits = f"{before} {' '.join(inside)} {behind}", (before, behind)
    elif shape == "heading":
        path = draw(st.lists(st.sampled_from(HEADINGS), min_size=1, max_size=2, unique=True))
        text = "\n\n".join(f"{'#' * level} {each}" for level, each in enumerate(path, 2)) + f"\n\n{' '.join(inside)}"
        limits = tuple(path)
    elif shape == "all":
        everything = draw(st.sampled_from(OF_EVERYTHING))
        text, limits = f"{everything}\n\nSomething else.\n\n## Opening hours\n\n{statement}", (everything,)
    else:
        text, limits = draw(st.sampled_from(BROKEN)).format(statement), None
    around = [draw(st.sampled_from(ELSEWHERE)) for _ in range(2)]
    return Scoped("\n\n".join(filter(None, (around[0], text, around[1]))), statement, limits)


def draft(question: str, article: str, passage: str) -> DraftResult:
    source = DraftSource(number=1, title="", text=passage, article=article, start=article.index(passage))
    return ExtractiveGenerator().generate(
        request=DraftRequest(
            conversation=FACTS,
            turns=[("customer", question)],
            question=question,
            sources=[source],
            opening=COURTESIES.opening,
            closing=COURTESIES.closing,
        )
    )


class TestWhatIsQuoted:
    @given(scoped(), st.booleans())
    @settings(max_examples=400, deadline=None)
    def test_comes_with_whatever_limits_it(self, article, whole):
        """Also where the passage that was found holds the statement alone."""
        passage = article.text if whole else article.statement
        result = draft(article.statement, article.text, passage)
        said = " ".join(" ".join(claim.text for claim in result.claims).split())
        if article.statement not in said:
            return
        assert article.limits is not None
        assert [limit for limit in article.limits if limit not in said] == []
        source = SealedSource(revision_id=1, article_id=1, title="", text=article.text, start=0, end=len(article.text))
        sealed = seal(result.claims, sources={1: source}, courtesies=COURTESIES.all)
        assert {sentence.standing for sentence in sealed} == {Standing.COURTESY, Standing.QUOTED}

    @pytest.mark.parametrize("before", SAID_BEFORE)
    def test_is_a_list_with_what_leads_to_it(self, before):
        text = f"{before}\n\n1. {HARMLESS[0]}\n2. {HARMLESS[2]}"
        (unit,) = units_of(text)
        # A label in bold is a heading in all but name.
        said = [line.text for line in (*unit.headings, *unit.lines)]
        assert said == [before, f"1. {HARMLESS[0]}", f"2. {HARMLESS[2]}"]

    @pytest.mark.parametrize("behind", SAID_BEHIND)
    def test_is_a_paragraph_with_what_takes_it_back(self, behind):
        (unit,) = units_of(f"{HARMLESS[1]}\n\n{behind}")
        assert unit.lines[0].text == HARMLESS[1]
        assert unit.lines[1].text == behind

    @pytest.mark.parametrize(
        "warning",
        [
            "> [!CAUTION]\n> Obsolete.",
            "```\nDEPRECATED: never do this\n```",
            "| Status |\n| --- |\n| obsolete, never do this |",
        ],
    )
    def test_is_nothing_of_a_section_with_a_warning_that_cannot_be_quoted(self, warning):
        assert list(units_of(f"{warning}\n\n{HARMLESS[0]}")) == []
        assert list(units_of(f"{HARMLESS[0]}\n\n{warning}\n\n## Elsewhere\n\n{HARMLESS[2]}"))

    def test_is_said_below_a_label_in_bold_as_below_a_heading(self):
        *_, unit = units_of(f"**Enterprise plan**\n\nOrdinary umbrellas come in nine sizes.\n\n{HARMLESS[5]}")
        assert [line.text for line in unit.headings] == ["**Enterprise plan**"]
        assert [line.text for line in unit.section] == ["Ordinary umbrellas come in nine sizes.", HARMLESS[5]]

    def test_is_said_below_a_heading_that_limits_whatever_words_it_has(self):
        (unit,) = units_of("## Not included in the trial\n\nThe trial or support have it not included by default.")
        assert not unit.says_its_headings

    @pytest.mark.parametrize("product", OF_THE_PRODUCT)
    def test_is_nothing_about_a_page_or_a_document_of_the_product_in_another_section(self, product):
        text = f"## Seats\n\n{HARMLESS[3]}\n\n## Elsewhere\n\n{product}"
        (seats, _) = units_of(text)
        assert [line.text for line in (*seats.scope, *seats.lines)] == [HARMLESS[3]]
        # In doubt it may limit the quote, and the card says so.
        quote = text.index(HARMLESS[3]), text.index(HARMLESS[3]) + len(HARMLESS[3])
        assert omission_in(text, [quote]) == Omission.ELSEWHERE

    @pytest.mark.parametrize("everything", OF_EVERYTHING)
    def test_is_what_limits_all_of_the_article_wherever_it_stands(self, everything):
        (seats, *_) = units_of(f"## Indigo seats\n\n{HARMLESS[3]}\n\n## Elsewhere\n\n{everything}")
        assert [line.text for line in seats.scope] == [everything]

    def test_is_what_speaks_of_the_article_below_its_own_heading(self):
        scope = "This page covers machines of resellers."
        text = f"## Indigo seats\n\n{HARMLESS[3]}\n\n## Which version\n\n{scope}"
        said = [claim.text for claim in draft(HARMLESS[3], text, text).claims[1:-1]]
        assert said == ["Indigo seats", HARMLESS[3], "Which version", scope]

    def test_is_told_apart_in_one_pass(self, monkeypatch):
        """However long a paragraph, a section or an article is: what is looked at is counted, not timed."""
        looked_at = Counter()

        def counted(text: str) -> bool:
            looked_at["leans"] += 1
            return leaning.leans_back(text)

        monkeypatch.setattr(quotable, "leans_back", counted)
        article = "A runner hangs. " + "It is a hanging runner of yours. " * 500
        article += "\n\n" + "It hangs again.\n\n" * 500 + "Steps below: all on this page is about runners.\n\n" * 500
        assert list(units_of(article)) == []
        assert looked_at["leans"] <= 3 * 1_500
        looked_at.clear()
        many = "".join(f"## Fix {n}\n\nFix a hanging runner number {n}.\n\nThen wait.\n\n" for n in range(500))
        at = many.index("number 250")
        assert len(list(units_of(many, near=(at, at + 10)))) == 1
        assert looked_at["leans"] <= 3

    def test_is_said_below_its_headings(self):
        (unit,) = units_of(f"## Enterprise plan\n\n### Beyond Europe\n\n{HARMLESS[3]}")
        assert [line.text for line in unit.headings] == ["Enterprise plan", "Beyond Europe"]
        assert not unit.says_its_headings

    def test_is_said_below_a_heading_in_its_own_words_without_it(self):
        (unit,) = units_of("## The indigo seats\n\nThe indigo plan holds 500 seats.")
        assert unit.says_its_headings

    def test_keeps_nested_items_where_they_stand(self):
        text = "Never do this to a runner:\n\n- In a public chat:\n  - Share its magenta keys.\n- Delete its folders."
        (unit,) = units_of(text)
        assert [line.text for line in unit.lines][1:] == [
            "- In a public chat:",
            "  - Share its magenta keys.",
            "- Delete its folders.",
        ]

    @pytest.mark.parametrize("broken", BROKEN)
    def test_is_nothing_struck_hidden_or_pictured(self, broken):
        assert [unit for unit in units_of(broken.format(HARMLESS[0])) if "amber" in str(unit)] == []

    def test_is_no_long_paragraph_but_a_sentence_between_its_neighbours(self):
        long = " ".join(f"Sentence {n} of the long paragraph holds something of umbrellas." for n in range(20))
        text = f"{long} Customers tell each other this. {HARMLESS[5]} This is false. {long}"
        found = [unit for unit in units_of(text) if HARMLESS[5] in [line.text for line in unit.lines]]
        assert found
        for unit in found:
            said = [line.text for line in unit.lines]
            assert said[said.index(HARMLESS[5]) + 1] == "This is false."
            assert unit.chars <= UNIT_CHARS

    def test_is_nothing_that_is_too_long_with_what_belongs_to_it(self):
        items = "\n".join(f"- {each * 5}" for each in HARMLESS)
        assert list(units_of(f"Never do this:\n\n{items}")) == []
