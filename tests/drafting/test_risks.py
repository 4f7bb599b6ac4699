from __future__ import annotations

import pytest

from cairnloop.drafting.risks import risk_of
from cairnloop.drafting.sealing import Doubt, SealedSentence, SealedSource, Standing, says_word_for_word, seal
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


GOES_ON = ("goes on",)
SEATS = "## Seats\n\nSeats are “free”. They hold two guests."
HANGING = TEXT[TEXT.index("## Hanging runners") : TEXT.index("## Prices")]


def sealed(*claims: tuple[str, ...], text: str = TEXT, title: str = "") -> tuple[SealedSentence, ...]:
    """Each claim is what it says and its quote; a third word has it go on in the same paragraph."""
    source = SealedSource(revision_id=7, article_id=3, title=title, text=text, start=0, end=len(text))
    made = [
        DraftClaim(text=said, source=1, quote=quote, begins_paragraph=not goes_on) for said, quote, *goes_on in claims
    ]
    return seal(made, sources={1: source}, courtesies=())


def risk(*claims: tuple[str, ...], text: str = TEXT, title: str = "") -> str:
    return risk_of(sealed(*claims, text=text, title=title), fell_back=False).value


class TestRiskOf:
    def test_is_low_for_a_whole_article_word_for_word(self):
        passwords = f"## Passwords\n\n{NOBODY} **Runs start again.**"
        assert risk((NOBODY, NOBODY), ("**Runs start again.**",) * 2 + GOES_ON, text=passwords) == "low"
        assert risk((f"{NOBODY} **Runs start again.**",) * 2, text=passwords) == "low"
        free, guests = ("Seats are “free”.",) * 2, ("They hold two guests.",) * 2 + GOES_ON
        assert risk(free, guests, text=SEATS) == "low"
        assert risk(free, guests, text=SEATS, title="Free seats") == "low"

    def test_is_medium_where_the_customer_may_have_asked_several_things(self):
        claims = sealed(("Seats are “free”. They hold two guests.",) * 2, text=SEATS)
        assert risk_of(claims, fell_back=False).value == "low"
        assert risk_of(claims, fell_back=False, asks_several=True).value == "medium"
        assert risk_of(claims, fell_back=True, asks_several=True).value == "high"

    @pytest.mark.parametrize(
        ("written", "other"),
        [
            ("[over there](https://acme.example/ “Seats”)", '[over there](https://acme.example/ "Seats")'),
            ("[over there](https://acme.example/ ‘Seats’)", "[over there](https://acme.example/ 'Seats')"),
        ],
    )
    def test_is_not_low_where_typography_makes_or_breaks_a_link(self, written, other):
        for article, claim in ((written, other), (other, written)):
            text = f"Seats are listed {article} every day."
            assert risk((text, text), text=text) == "low"
            assert risk((f"Seats are listed {claim} every day.", text), text=text) != "low"
            assert says_word_for_word(f"They’re {article}  there.", f"They're {article}\nthere.")

    def test_is_medium_for_another_order_a_title_or_a_section_left_out(self):
        free, guests = ("Seats are “free”.",) * 2, ("They hold two guests.",) * 2 + GOES_ON
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

    @pytest.mark.parametrize("address", ["../billing.md", "billing.md", "#billing", "/billing"])
    def test_is_medium_for_a_link_that_leads_nowhere_from_a_message(self, address):
        text = f"Read [how billing works]({address}) before you pay."
        assert risk((text, text), text=text) == "medium"
        text = text.replace(address, f"https://a.example/{address.lstrip('./')}")
        assert risk((text, text), text=text) == "low"

    def test_is_high_without_a_source_and_for_another_generator(self):
        assert risk(("Everything is free.", "Everything is free.")) == "high"
        assert risk_of(sealed((NOBODY, NOBODY)), fell_back=True).value == "high"


class TestHowTheArticleIsBuilt:
    """A draft that says every word of an article may turn it round by what it makes an item, and of what."""

    NESTED = """When a runner hangs you may do this:

- Restart the runner agent.

  Once a day will do.
- Never do this while the runner hangs:
  - Delete the cache folder by hand.
  - Reboot the hanging host.
- Call the whole team.
"""
    HONEST = (
        "When a runner hangs you may do this:",
        "- Restart the runner agent.",
        "  Once a day will do.",
        "- Never do this while the runner hangs:",
        "  - Delete the cache folder by hand.",
        "  - Reboot the hanging host.",
        "- Call the whole team.",
    )

    def nested(self, at: int = 0, text: str = HONEST[0]) -> str:
        """The risk of the draft that says all of it, one sentence of it in another way."""
        said = [*self.HONEST[:at], text, *self.HONEST[at + 1 :]]
        quotes = [each.lstrip(" -") for each in self.HONEST]
        return risk(*zip(said, quotes, strict=True), text=self.NESTED)

    def test_is_low_where_items_stay_where_they_are(self):
        assert self.nested() == "low"

    @pytest.mark.parametrize(
        ("at", "text"),
        [
            (0, "- When a runner hangs you may do this:"),
            (1, "Restart the runner agent."),
            (1, "1. Restart the runner agent."),
            (2, "Once a day will do."),
            (2, "- Once a day will do."),
            (4, "- Delete the cache folder by hand."),
            (4, "Delete the cache folder by hand."),
            (5, "- Reboot the hanging host."),
            (5, "Reboot the hanging host."),
            (5, "    - Reboot the hanging host."),
            (6, "  - Call the whole team."),
            (6, "* Call the whole team."),
            (6, "Call the whole team."),
        ],
    )
    def test_is_medium_where_one_stands_elsewhere(self, at, text):
        assert self.nested(at, text) == "medium"

    @pytest.mark.parametrize(
        ("text", "claims"),
        [
            ("Never do this:\n\n- Delete it by hand.\n- Reboot the host.", ["Never do this:", "- Delete it by hand."]),
            (
                "Never do this:\n\n1. Delete it by hand.\n2. Reboot the host.",
                ["Never do this:", "1. Delete it by hand."],
            ),
        ],
    )
    def test_is_medium_where_the_last_item_becomes_a_paragraph(self, text, claims):
        said = [(each, each) for each in claims]
        reboot = "Reboot the host."
        mark = claims[-1].split()[0].replace("1", "2")
        assert risk(*said, (f"{mark} {reboot}", reboot), text=text) == "low"
        assert risk(*said, (reboot, reboot), text=text) == "medium"

    def test_is_medium_where_two_lists_become_one(self):
        text = "You may do this:\n\n- Restart the agent.\n\n* Never delete the folder."
        lead, restart = ("You may do this:",) * 2, ("- Restart the agent.",) * 2
        assert risk(lead, restart, ("* Never delete the folder.", "Never delete the folder."), text=text) == "low"
        assert risk(lead, restart, ("- Never delete the folder.", "Never delete the folder."), text=text) == "medium"

    def test_is_low_for_a_heading_with_a_number_unless_the_list_below_goes_on_with_it(self):
        heading, lead = ("1. Delete the folder",) * 2, ("Never do any of this:",) * 2
        reboot, wait = ("2. Reboot the host.",) * 2, ("3. Wait for a day.",) * 2
        text = f"## {heading[0]}\n\n{lead[0]}\n\n{reboot[0]}\n{wait[0]}"
        assert risk(heading, lead, reboot, wait, text=text) == "low"
        assert risk(heading, reboot, wait, text=text.replace(f"{lead[0]}\n\n", "")) == "medium"

    def test_is_medium_where_a_quotation_becomes_a_statement(self):
        text = "We never write mails such as this:\n\n> Your account is closed."
        assert (
            risk(("We never write mails such as this:",) * 2, ("Your account is closed.",) * 2, text=text) == "medium"
        )

    def test_is_medium_where_a_paragraph_is_taken_apart_or_leaves_its_item(self):
        text = "You must never do this:\n\n- Delete the folder by hand. Empty the cache of the team."
        lead, delete = ("You must never do this:",) * 2, ("- Delete the folder by hand.",) * 2
        empty = ("Empty the cache of the team.",) * 2
        assert risk(lead, delete, empty + GOES_ON, text=text) == "low"
        assert risk(lead, delete, empty, text=text) == "medium"


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


class TestCourtesiesOfADraft:
    OPENING, CLOSING = "Thanks for your message.", "If this does not answer your question, write back here."
    QUESTION = "Could you describe what you want to do?"
    TEXT = "Skipped pipeline runs cost nothing. Otherwise delete the skipped pipeline runs."
    FIRST, SECOND = TEXT[:35], TEXT[36:]
    LIST = "These may be used by everybody:\n\n- Restart the whole runner.\n- Otherwise delete its project."

    def risk(self, *claims: DraftClaim, text: str = TEXT) -> str:
        source = SealedSource(revision_id=7, article_id=3, title="", text=text, start=0, end=len(text))
        courtesies = (self.OPENING, self.CLOSING, self.QUESTION)
        return risk_of(seal(claims, sources={1: source}, courtesies=courtesies), fell_back=False).value

    def quoted(self, text: str, *, begins: bool = True) -> DraftClaim:
        return DraftClaim(text=text, source=1, quote=text.strip("- "), begins_paragraph=begins)

    def own(self, text: str, *, begins: bool = True) -> DraftClaim:
        return DraftClaim(text=text, begins_paragraph=begins)

    @property
    def article(self) -> list[DraftClaim]:
        return [self.quoted(self.FIRST), self.quoted(self.SECOND, begins=False)]

    def test_change_nothing_in_paragraphs_before_and_behind_the_quotes(self):
        assert self.risk(self.own(self.OPENING), *self.article, self.own(self.CLOSING)) == "low"
        closings = self.own(self.QUESTION), self.own(self.CLOSING, begins=False)
        assert self.risk(self.own(self.OPENING), *self.article, *closings) == "low"

    @pytest.mark.parametrize("text", [OPENING, CLOSING, QUESTION])
    @pytest.mark.parametrize("begins", [True, False])
    def test_are_not_low_between_quotes(self, text, begins):
        first, second = self.article
        assert self.risk(first, self.own(text, begins=begins), second) == "medium"

    def test_are_not_low_between_quoted_paragraphs(self):
        text = f"{self.FIRST}\n\n{self.SECOND}"
        paragraphs = self.quoted(self.FIRST), self.quoted(self.SECOND)
        assert self.risk(*paragraphs, text=text) == "low"
        assert self.risk(paragraphs[0], self.own(self.CLOSING), paragraphs[1], text=text) == "medium"

    def test_are_not_low_in_the_paragraph_of_a_quote(self):
        first, second = self.article
        opening = self.own(self.OPENING)
        assert self.risk(opening, self.quoted(self.FIRST, begins=False), second) == "medium"
        assert self.risk(first, second, self.own(self.CLOSING, begins=False)) == "medium"

    def test_are_not_low_in_an_item(self):
        items = [self.quoted(line) for line in self.LIST.split("\n") if line]
        assert self.risk(*items, self.own(self.CLOSING), text=self.LIST) == "low"
        assert self.risk(*items, self.own(self.CLOSING, begins=False), text=self.LIST) == "medium"

    @pytest.mark.parametrize("text", [OPENING, CLOSING])
    def test_are_not_low_twice(self, text):
        assert self.risk(self.own(text), *self.article, self.own(text)) == "medium"
        assert self.risk(*[self.own(text)] * 20, *self.article) == "medium"


class TestWhatNobodySees:
    """Characters without a width make Markdown of signs, and signs of Markdown."""

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("Refunds take: ~~ten days~~ five days", "Refunds take: ~\u200b~ten days~\u200b~ five days"),
            ("Refunds take: ~\u200b~ten days~\u200b~ five days", "Refunds take: ~~ten days~~ five days"),
            ("Umbrellas cost 10 * 5 * 2 euros.", "Umbrellas cost 10 *\u2060 5 \u2060* 2 euros."),
            (
                "Read [our page](https://a.example/x) before you pay.",
                "Read [our page]\u00ad(https://a.example/x) before you pay.",
            ),
            ("Read \ufeff[our page] (below) first.", "Read [our page]\ufeff (below) first."),
        ],
    )
    def test_is_not_low_where_the_article_has_it_otherwise(self, text, said):
        assert risk((text, text), text=text) in ("low", "medium")
        assert risk((said, said), text=text) in ("medium", "high")

    def test_is_low_where_the_article_has_it_so_and_where_a_word_is_no_longer_broken(self):
        text = "Re\u00adfunds\u200b take five whole days."
        assert risk((text, text), text=text) == "low"
        assert risk((text.replace("\u00ad", ""), text), text=text) == "low"
        assert risk((text.replace("whole", "who\u00adle"), text), text=text) == "medium"

    def test_is_not_low_for_a_comma_in_place_of_an_apostrophe(self):
        text = "The host waits for 5'5 whole days."
        assert risk((text, text), text=text) == "low"
        assert risk((text.replace("'", "‚"),) * 2, text=text) == "high"
        assert risk((text.replace("'", "’"), text), text=text) == "low"
