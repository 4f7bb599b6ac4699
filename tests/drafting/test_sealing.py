from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairnloop.drafting.sealing import Doubt, SealedSource, Standing, find_quote, fold, seal
from cairnloop.hooks.draft_generator import DraftClaim

TEXT = """# Refunds

A refund goes back to the same card, and shows up within 5 to 10 business days.
Nonrefundable plans are listed under “Billing” — the team’s owner can change them.

Runs that were skipped don't restart by themselves. The charge was $348.00 … and 1.5 days is the limit.
Write to billing@trailmark.example or see https://status.trailmark.example/today for more.
"""
SOURCE = SealedSource(revision_id=7, article_id=3, title="", text=TEXT, start=0, end=len(TEXT))
QUOTE = "A refund goes back to the same card, and shows up within 5 to 10 business days."


def span(quote: str, text: str = TEXT) -> str | None:
    found = find_quote(quote, fold(text))
    return text[found[0] : found[1]] if found else None


def sealed(text: str, quote: str = QUOTE, source: int | None = 1, **options: object):
    claim = DraftClaim(text=text, source=source, quote=quote)
    (sentence,) = seal([claim], sources={1: SOURCE}, courtesies={"Thanks for your message."}, **options)
    return sentence


class TestFindQuote:
    def test_finds_what_stands_there(self):
        assert span(QUOTE) == QUOTE

    def test_makes_white_space_and_typography_alike(self):
        written = 'Nonrefundable plans are  listed under\n"Billing" - the team\'s owner'
        assert span(written) == "Nonrefundable plans are listed under “Billing” — the team’s owner"
        assert span("The charge was $348.00 ... and 1.5\u00a0days") == "The charge was $348.00 … and 1.5 days"
        assert span("cafe\u0301 au lait is served", "A café au lait is served.") == "café au lait is served"
        assert span("soft hyphen here", "A so\u00adft hyphen here.") == "so\u00adft hyphen here"

    @pytest.mark.parametrize(
        "quote",
        [
            "a refund goes back to the same card",
            "A refund goes back to the same cards",
            "A refund goes back to same card",
            "refundable plans are listed",
            "10 business day",
            "5 days is the limit",
            "348.00 … and 1.5 days",
            "A refund goes back to the same card and shows up",
            "restart. By themselves",
            "the same",
            "",
            "   ",
            "card. A refund goes back",
        ],
    )
    def test_finds_nothing_looser(self, quote):
        assert span(quote) is None

    def test_prefers_the_passage_that_was_shown(self):
        twice = "Press the button now. Or: Press the button now."
        assert find_quote("Press the button now.", fold(twice), near=(22, len(twice))) == (26, 47)
        assert find_quote("Press the button now.", fold(twice)) == (0, 21)

    def test_takes_sentences_of_languages_without_spaces(self):
        text = "返金は同じカードに戻ります。五日以内に届きます。"
        assert span("五日以内に届きます。", text) == "五日以内に届きます。"

    @given(st.text(max_size=200), st.data())
    @settings(max_examples=300, deadline=None)
    def test_returns_a_span_that_says_the_same(self, text, data):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        found = find_quote(text[start:end], fold(text))
        if found is not None:
            assert 0 <= found[0] < found[1] <= len(text)
            assert fold(text[found[0] : found[1]]).text.strip() == fold(text[start:end]).text.strip()


class TestSeal:
    def test_keeps_the_span_of_a_quoted_sentence(self):
        sentence = sealed("You get it back within 10 days.")
        assert (sentence.standing, sentence.source) == (Standing.QUOTED, SOURCE)
        assert TEXT[sentence.start : sentence.end] == QUOTE

    def test_lets_known_courtesies_stand_and_no_others(self):
        assert sealed("Thanks for your message.", "", None).standing is Standing.COURTESY
        assert sealed("thanks for your message.", "", None).doubt is Doubt.NO_SOURCE

    def test_takes_no_sentence_that_names_a_source_for_a_courtesy(self):
        assert sealed("Thanks for your message.", "Thanks for your message.").doubt is Doubt.NOT_FOUND

    @pytest.mark.parametrize(
        ("quote", "source", "doubt"),
        [
            (QUOTE, None, Doubt.NO_SOURCE),
            (QUOTE, 2, Doubt.NO_SOURCE),
            ("", 1, Doubt.NO_SOURCE),
            ("We refund everything at once.", 1, Doubt.NOT_FOUND),
        ],
    )
    def test_marks_what_no_source_says(self, quote, source, doubt):
        sentence = sealed("We refund everything at once.", quote, source)
        assert (sentence.standing, sentence.doubt) == (Standing.UNVERIFIED, doubt)

    @pytest.mark.parametrize(
        "address",
        [
            "https://evil.example/refund",
            "[click](https://evil.example)",
            "[click](evil)",
            "www.evil.example",
            "evil.example/login",
            "mallory@evil.example",
            "mailto:mallory@evil.example",
            "javascript:alert(1)",
            "https://status.trailmark.example@evil.example/",
            "https://evil.example\\@status.trailmark.example",
            "https://status.trailmark.example.evil.example",
            "//evil.example",
            "ftp://files.trailmark.example",
            "<https://evil.example>",
            "[a]: //evil.example",
            "https:/evil.example",
            "https://status.trailmark.example/today?next=https://evil.example",
        ],
    )
    def test_marks_addresses_from_nowhere_whatever_is_quoted(self, address):
        sentence = sealed(f"See {address} for it.")
        assert (sentence.standing, sentence.doubt) == (Standing.UNVERIFIED, Doubt.FOREIGN_LINK)

    @pytest.mark.parametrize(
        "texts", [("Refunds take ~~ten days", "and not~~ five days"), ("Do `export", "all` of it")]
    )
    def test_marks_what_only_together_is_struck_or_code(self, texts):
        claims = [DraftClaim(text=text, source=1, quote=QUOTE) for text in texts]
        together = seal(claims, sources={1: SOURCE}, courtesies=())
        assert [sentence.doubt for sentence in together] == [Doubt.SEVERAL] * 2
        apart = seal(
            [DraftClaim(text="Do `export all` of it", source=1, quote=QUOTE)], sources={1: SOURCE}, courtesies=()
        )
        assert apart[0].standing is Standing.QUOTED

    def test_lets_addresses_of_the_evidence_and_of_listed_hosts_stand(self):
        assert sealed("See https://status.trailmark.example/today.").standing is Standing.QUOTED
        assert sealed("Write to billing@trailmark.example, please.").standing is Standing.QUOTED
        hosts = ("help.trailmark.example",)
        assert sealed("See https://help.trailmark.example/x", link_hosts=hosts).standing is Standing.QUOTED
        assert sealed("Ask a@help.trailmark.example", link_hosts=hosts).standing is Standing.QUOTED
        assert sealed("See ftp://help.trailmark.example/x", link_hosts=hosts).doubt is Doubt.FOREIGN_LINK

    def test_lets_no_mutated_draft_through(self):
        """500 drafts whose quote, source or text was changed: none is quoted unless the very words stand there."""
        chance = random.Random(20)
        words = TEXT.split()
        for _ in range(500):
            start = chance.randrange(len(words) - 8)
            quote = words[start : start + chance.randrange(4, 9)]
            at = chance.randrange(len(quote))
            match chance.randrange(5):
                case 0:
                    quote[at] = quote[at][::-1] + "x"
                case 1:
                    quote.insert(at, "not")
                case 2 if len(set(quote)) > 2:
                    quote = [*quote[1:], quote[0]]
                case 3:
                    quote[0] = quote[0][1:] + "q"
                case _:
                    quote[at] = quote[at] + "7"
            mutated = " ".join(quote)
            sentence = sealed("You get it back.", mutated)
            assert f" {fold(mutated).text} " not in f" {fold(TEXT).text} "
            assert sentence.standing is Standing.UNVERIFIED, mutated


class TestTurnedText:
    """What is shown in another order than it is stored in was checked by nobody."""

    @pytest.mark.parametrize(
        "text",
        [
            "Sign in at \u202emoc.2live\u202c now.",
            "\u202d" + QUOTE,
            "Sign in at &#8238;moc.2live now.",
            "Sign in at &#x202E;moc.2live now.",
            "\u2067" + QUOTE + "\u2069",
            "\u202b" + QUOTE + "\u202c",
            "\u2067שלום",
            "שלום\u2069",
        ],
    )
    def test_is_marked_also_where_a_source_says_it(self, text):
        source = SealedSource(revision_id=7, article_id=3, title="", text=text, start=0, end=len(text))
        (sentence,) = seal([DraftClaim(text=text, source=1, quote=text)], sources={1: source}, courtesies=())
        assert (sentence.standing, sentence.doubt) == (Standing.UNVERIFIED, Doubt.TURNED)

    @pytest.mark.parametrize(
        "text",
        [
            "הריצה דולגה כי כל המושבים תפוסים, ראו Billing.",
            "يتم تخطي التشغيل عندما تكون كل المقاعد مشغولة.",
            "הריצה דולגה כי \u2067כל המושבים\u2069 תפוסים.",
            "A run is skipped\u200f when every\u200e seat is taken\u061c.",
        ],
    )
    def test_is_nothing_that_runs_to_the_left_by_itself(self, text):
        source = SealedSource(revision_id=7, article_id=3, title="", text=text, start=0, end=len(text))
        (sentence,) = seal([DraftClaim(text=text, source=1, quote=text)], sources={1: source}, courtesies=())
        assert (sentence.standing, sentence.doubt) == (Standing.QUOTED, Doubt.NONE)
