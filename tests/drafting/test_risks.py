from __future__ import annotations

import pytest

from cairnloop.drafting.risks import risk_of
from cairnloop.drafting.sealing import Doubt, SealedSentence, SealedSource, Standing, seal
from cairnloop.hooks.draft_generator import DraftClaim

TEXT = """## Passwords

When a run is skipped, nobody will ask you to send your password to support by e-mail. **Runs start again.**

## Other things

Is a refund possible? They say: ~~Umbrellas cost 5 euros.~~

## Seats

Seats are “free”. They hold two guests.

## Hanging runners

Never do any of this while a runner hangs:

4. Delete the folder by hand.
1. Reboot the hanging host.

## Prices

| Umbrellas cost | five euros |
| --- | --- |
"""
NOBODY = "When a run is skipped, nobody will ask you to send your password to support by e-mail."


SEATS = "## Seats\n\nSeats are “free”. They hold two guests."
HANGING = TEXT[TEXT.index("## Hanging runners") : TEXT.index("## Prices")]


def sealed(*claims: tuple[str, str], text: str = TEXT, title: str = "") -> tuple[SealedSentence, ...]:
    source = SealedSource(revision_id=7, article_id=3, title=title, text=text, start=0, end=len(text))
    made = [DraftClaim(text=said, source=1, quote=quote, begins_paragraph=True) for said, quote in claims]
    return seal(made, sources={1: source}, courtesies=())


def risk(*claims: tuple[str, str], text: str = TEXT, title: str = "") -> str:
    return risk_of(sealed(*claims, text=text, title=title), fell_back=False).value


class TestRiskOf:
    def test_is_low_for_a_whole_article_word_for_word(self):
        passwords = f"## Passwords\n\n{NOBODY} **Runs start again.**"
        assert risk((NOBODY, NOBODY), ("**Runs start again.**",) * 2, text=passwords) == "low"
        assert risk((f"{NOBODY} **Runs start again.**",) * 2, text=passwords) == "low"
        free, guests = ("Seats are “free”.",) * 2, ("They hold two guests.",) * 2
        assert risk(free, guests, text=SEATS) == "low"
        assert risk(free, guests, text=SEATS, title="Free seats") == "low"

    def test_is_medium_for_another_order_a_title_or_a_section_left_out(self):
        free, guests = ("Seats are “free”.",) * 2, ("They hold two guests.",) * 2
        assert risk(guests, free, text=SEATS) == "medium"
        assert risk(free, guests, text=SEATS, title="Bronze seats") == "medium"
        assert risk(free, guests, text=f"{SEATS}\n\n## Gold\n\nGold pays.") == "medium"

    @pytest.mark.parametrize("text", [NOBODY, "**Runs start again.**", "Seats are “free”."])
    def test_is_medium_where_part_of_the_section_is_left_out(self, text):
        assert risk((text, text)) == "medium"

    @pytest.mark.parametrize(
        ("text", "quote"),
        [
            ("Nobody asks you for your password.", NOBODY),
            ("Runs start", "Runs start"),
            ("a refund possible", "a refund possible"),
            ("Is a refund possible", "Is a refund possible"),
            ("Umbrellas cost 5 euros.", "Umbrellas cost 5 euros."),
            ("Umbrellas cost", "Umbrellas cost"),
        ],
    )
    def test_is_not_for_other_words_and_for_pieces(self, text, quote):
        assert risk((text, quote)) in ("medium", "high")

    def test_is_low_for_items_only_with_what_leads_to_them(self):
        lead = ("Never do any of this while a runner hangs:",) * 2
        delete = ("4. Delete the folder by hand.", "Delete the folder by hand.")
        reboot = ("5. Reboot the hanging host.", "Reboot the hanging host.")
        assert risk(delete, reboot, text=HANGING) == "medium"
        heading = ("Hanging runners",) * 2
        assert risk(heading, lead, delete, reboot, text=HANGING) == "low"
        assert risk(heading, lead, delete, ("1. Reboot the hanging host.",) * 2, text=HANGING) == "low"
        assert risk(heading, lead, delete, text=HANGING) == "medium"
        assert (
            risk(heading, lead, delete, ("6. Reboot the hanging host.", "Reboot the hanging host."), text=HANGING)
            == "medium"
        )

    def test_is_high_without_a_source_and_for_another_generator(self):
        assert risk(("Everything is free.", "Everything is free.")) == "high"
        assert risk_of(sealed((NOBODY, NOBODY)), fell_back=True).value == "high"


class TestWhatIsCutShort:
    @pytest.mark.parametrize(
        ("text", "quote"),
        [
            ("send your password to support by e-mail.", "send your password to support by e-mail."),
            ("Send your password to support!", "send your password to support by e-mail"),
            ("will ask you to send your password", "will ask you to send your password"),
            ("a refund possible", "a refund possible"),
        ],
    )
    def test_is_marked_where_a_not_or_an_if_is_left_out(self, text, quote):
        (sentence,) = sealed((text, quote))
        assert (sentence.standing, sentence.doubt) == (Standing.UNVERIFIED, Doubt.CUT_SHORT)

    @pytest.mark.parametrize(
        "whole",
        [
            "It is forbidden to share an API key with a colleague.",
            "Please refrain from this: share an API key with a colleague.",
            "Beware of those who share an API key with a colleague.",
            "Nowadays we refuse to share an API key with a colleague.",
            "People who are unable to wait share an API key with a colleague.",
            "In the event of an outage share an API key with a colleague.",
            "We stopped those who share an API key with a colleague.",
            "Can owners share an API key with a colleague?",
        ],
    )
    def test_is_marked_also_where_it_is_said_in_other_words(self, whole):
        source = SealedSource(revision_id=7, article_id=3, title="", text=whole, start=0, end=len(whole))
        quote = "share an API key with a colleague"
        (sentence,) = seal([DraftClaim(text=quote, source=1, quote=quote)], sources={1: source}, courtesies=())
        assert sentence.doubt is Doubt.CUT_SHORT

    def test_is_quoted_where_the_sentence_says_so_itself_or_nothing_is_left_out(self):
        (in_other_words,) = sealed(("Nobody asks for your password.", "send your password to support by e-mail"))
        (harmless,) = sealed(("They start again.", "start again.**"))
        assert [in_other_words.standing, harmless.standing] == [Standing.QUOTED] * 2
