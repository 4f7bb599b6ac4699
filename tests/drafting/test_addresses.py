from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairnloop.drafting.addresses import foreign_addresses
from cairnloop.drafting.sealing import Doubt, SealedSource, seal
from cairnloop.hooks.draft_generator import DraftClaim
from tests.drafting.reading import read_by_a_customer

EVIDENCE = """Write to billing@trailmark.example or see https://status.trailmark.example/today?day=1#now for more.

Edit `config.yml` since 6.15.0, as [the guide](../guides/runs.md) and [the forum](https://forum.example/t/7) say (e.g.
at 127.0.0.1:8000/health or [::1]), or run `npm install left-pad@1.3.0`. Siehe auch 用户。API

![seats](https://img.example/seats.png)
"""
HOSTS = ("help.trailmark.example",)
QUOTE = "Siehe auch 用户。API"


def foreign(text: str) -> tuple[str, ...]:
    return foreign_addresses(text, evidence=[EVIDENCE], hosts=HOSTS)


def doubts(*texts: str, begins_paragraph: bool = False) -> list[Doubt]:
    """What is found of sentences that all have a good quote."""
    source = SealedSource(revision_id=1, article_id=1, title="", text=EVIDENCE, start=0, end=len(EVIDENCE))
    claims = [DraftClaim(text=each, source=1, quote=QUOTE, begins_paragraph=begins_paragraph) for each in texts]
    return [sentence.doubt for sentence in seal(claims, sources={1: source}, courtesies=(), link_hosts=HOSTS)]


class TestForeignAddresses:
    @pytest.mark.parametrize(
        "text",
        [
            "&#104;ttps&colon;&sol;&sol;evil&period;com/login",
            "<https://help.trailmark.example'@evil.com/login>",
            '<https://help.trailmark.example"@evil.com/login>',
            "<https://help.trailmark.example`@evil.com/login>",
            "<https://help.trailmark.example'.evil.com/login>",
            "https://help.trailmark.example%2eevil.com/",
            "[x](https://help.trailmark.example\\@evil.com)",
            "<https:93.184.216.34/login>",
            "<https:login.xn--p1ai/pay>",
            "<support@evil-host>",
            "evil&#46;com/login",
            "evil\\.com",
            "evil.**com**",
            "evil.\u200bcom",
            "evil.\u00adcom",
            "evil。com",
            "evil．com",
            "ｅｖｉｌ.com",
            "login.xn--p1ai/pay",
            "93.184.216.34/login",
            "http://2130706433/",
            "_evil.com_",
            "@evil.com",
            "mallory (at) evil [dot] com",
            "mallory＠evil.com",
            "[fe80::1]/x",
            "fe80::1",
            "intranet:8000/x",
            "[x](//evil.com)",
            "[x](evil)",
            "[x](#)",
            "[x](https://forum.example/t/7 'evil.com')",
            "भारत.भारत",
            # Another host than "help.trailmark.example", whatever older rules make of it.
            "https://help.trailmark.exampleß/login",
            "ada@help.trailmark.exampleß",
            "https://ſupport.ß.example/",
            "[x](https://help.trail\u200dmark.example/login)",
            "[x](https://help.trail\u200cmark.example/login)",
            # What no font shows, and what some leave a gap for.
            "evil\u2065.com",
            "evil.\ufff0com",
            "evil\U000e0fff.com",
            "evil\ufffc.com",
            "evil\u0378.com",
            "evil\x1f.com",
            "evil\x85.com",
            "evil\u3164.com",
            "evil\u115f\u1160.com",
            "evil\uffa0.com",
            "evil\u2800.com",
            "evil[.]com",
            "evil(.)com",
            "mallory -at- evil -dot- com",
            "mallory_at_evil_dot_com",
            "evil dot com",
            "[x](https://forum.example/t/7 'evil dot com')",
            # No mark around a host hides it, and its parts may be made of anything but punctuation.
            "...evil.com",
            "…evil.com",
            ".evil.com",
            "..evil.com",
            "evil.com-",
            "evil.com-/login",
            "evil.com-evil",
            "evil.com@",
            "x_evil.com_",
            "evil.com¹",
            "evil.com①",
            "evil.com❶",
            "💩.la/login",
            "i❤️.ws",
            "💩。la",
            "billing@trailmark.example💩.la",
            "evil·com",
            "evil•com",
            "evil\ua4f8com",
            "evil\u06d4com",
            *(f"evil{dot}com" for dot in "\u2e31\u2e33\u1427\u16eb\ua78f\u02d9\u0966\U00010a50"),
            "evil Punkt de",
            "evil point com",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "...93.184.216.34",
            "93.184.216.34-",
            "localhost:3000",
            "1572395042/login",
            "localhost/login",
            "mailto:billing@trailmark.example?cc=mallory@evil.com",
            # Neither the beginning of a known address nor its host stands for it.
            "trailmark.example",
            "https://status.trailmark.example",
            "https://status.trailmark.example/today",
            "https://status.trailmark.example/Today?day=1#now",
            "https://status.trailmark.example/today?day=1#now/x",
            "http://status.trailmark.example/today?day=1#now",
            "127.0.0.1:8000",
        ],
    )
    def test_are_found_however_they_are_written(self, text):
        assert foreign(f"Open {text} now")
        assert doubts(f"Open {text} now") == [Doubt.FOREIGN_LINK]

    @pytest.mark.parametrize(
        "text",
        [
            "billing@trailmark.example",
            "<billing@trailmark.example>",
            "[us](mailto:billing@trailmark.example)",
            "https://status.trailmark.example/today?day=1#now.",
            "(**HTTPS://Status.trailmark.example/today?day=1#now**)",
            "`config.yml`",
            "6.15.0 and 7.0.1rc2, at 12:30, and/or e.g. std::string",
            "[the guide](../guides/runs.md)",
            "[here](https://forum.example/t/7)",
            "left-pad@1.3.0",
            "127.0.0.1:8000/health",
            "https://help.trailmark.example/a/page.html?x=1",
            "help.trailmark.example/faq",
            "<ada@help.trailmark.example>",
            "AT&amp;T, C#, .NET, $5.00, “so”… and 50%",
            "用户。API",
            "e.g. this, i.e. that, wait...then, v2.0.1, 1.2.3.4.5, 2.5GB, U.S.-based, user.first_name, `.env`",
            "Der Punkt ist klar, point de vente, el punto es, col·lecció, kg · m, 约翰·史密斯, x², H₂O, ✅ 1.5",
            "`6.15.0`¹, billing@trailmark.example, 6.15.0-",
            "a dot, 10 - at most - 20 (at most), 1 234 567 890 / 2, files_at_rest",
        ],
    )
    def test_are_none_of_the_evidence_and_of_listed_hosts(self, text):
        assert foreign(f"See {text} for it") == ()

    def test_in_doubt_are_allowed_by_no_host_that_is_in_doubt(self):
        assert foreign_addresses("See https://a@evil.com", evidence=[], hosts=["💩.la"]) == ("https://a@evil.com",)

    def test_that_several_sentences_make_mark_each_of_them(self):
        assert foreign("Open evil.**com") == () == foreign("today** or later")
        assert doubts("Open evil.**com", "today** or later") == [Doubt.FOREIGN_LINK] * 2

    @pytest.mark.parametrize(
        "texts",
        [
            ("Sign in at evil.", "com/login now"),
            ("Open **evil.", "com** now"),
            ("Open evil", ".com/login now"),
            ("Open 💩.", "la/login now"),
        ],
    )
    def test_that_are_split_between_sentences_mark_each_of_them(self, texts):
        assert foreign(texts[0]) == () == foreign(texts[1])
        assert doubts(*texts) == [Doubt.FOREIGN_LINK] * 2
        assert doubts("Seats are full.", "They are free tomorrow.") == [Doubt.NONE] * 2
        assert doubts("Runs need .NET.", ".NET is there") == [Doubt.NONE] * 2

    def test_are_split_by_no_sentence_that_begins_with_code(self):
        text = "It happens a few times a year. `npm` and `status.example` say when."
        source = SealedSource(revision_id=1, article_id=1, title="", text=text, start=0, end=len(text))
        quotes = "It happens a few times a year.", "`npm` and `status.example` say when."
        claims = [DraftClaim(text=quote, source=1, quote=quote) for quote in quotes]
        assert [each.doubt for each in seal(claims, sources={1: source}, courtesies=())] == [Doubt.NONE] * 2

    @pytest.mark.parametrize("definition", ["- [help]: %s", "> [help]: %s", "[help]: %s", "1. [help]:\n%s"])
    def test_are_defined_for_no_other_sentence(self, definition):
        hidden = definition % "&#104;ttps&colon;&sol;&sol;evil&period;com/login"
        assert Doubt.NONE not in doubts(hidden, "Sign in on the [help] page", begins_paragraph=True)[:1]


ENTITIES = {".": "&period;", ":": "&colon;", "/": "&sol;", "@": "&commat;"}
TARGET = "evil.example"
WRAPS = [
    "{}",
    "<{}>",
    "`{}`",
    "**{}**",
    "~~{}~~",
    "[our page]({})",
    "[our page](<{}> 'Help')",
    "[{}](https://help.trailmark.example)",
    "({}).",
    "“{}”",
    "- {}",
    "1. see {}",
]
PREFIXES = [
    "",
    "https://",
    "https:",
    "HTTP://",
    "//",
    "mallory@",
    "mailto:mallory@",
    "https://www.",
    "https://help.trailmark.example@",
    "https://help.trailmark.example'@",
    "https://help.trailmark.example.",
    "https://help.trailmark.example\\@",
]


@st.composite
def disguised(draw: st.DrawFn) -> str:
    """An address at TARGET, with any of its characters written another way that is read the same."""
    written = ""
    for character in draw(st.sampled_from(PREFIXES)) + TARGET + draw(st.sampled_from(["", "/", "/login?a=b", ":8443"])):
        ways = [character, character, character, f"&#{ord(character)};", f"&#x{ord(character):x};"]
        ways += [ENTITIES.get(character, character), chr(ord(character) + 0xFEE0), f"{character}\u200b"]
        ways += [f"\u00ad{character}", f"\\{character}" if not character.isalnum() else character]
        written += draw(st.sampled_from(ways))
    return draw(st.sampled_from(WRAPS)).format(written)


class TestDisguises:
    @given(disguised(), st.sampled_from(["Open {} now", "{}", "Your seat: {}"]))
    @settings(max_examples=400, deadline=None)
    def test_hide_no_address_from_the_seal(self, address, around):
        text = around.format(address)
        if TARGET in read_by_a_customer(text):
            assert doubts(text, begins_paragraph=True) == [Doubt.FOREIGN_LINK]

    def test_are_read_by_customers(self):
        """Most that the grammar makes, so that the test above tells something."""
        read = 0

        @given(disguised())
        @settings(max_examples=100, deadline=None, database=None)
        def count(address: str) -> None:
            nonlocal read
            read += TARGET in read_by_a_customer(address)

        count()
        assert read > 50
