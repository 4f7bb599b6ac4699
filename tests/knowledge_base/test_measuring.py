from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cairnloop.knowledge_base.chunking import chunk
from cairnloop.knowledge_base.measuring import PIECE, TokenIndex, estimate_tokens

WILD = st.text(st.sampled_from("abcdefghijé12漢_ .\n"), max_size=80)


class TestTokenIndex:
    @given(text=WILD, start=st.integers(0, 80), end=st.integers(0, 80))
    def test_counts_a_span_as_if_it_were_a_text_of_its_own(self, text, start, end):
        assert TokenIndex(text).tokens_in(start, end) == estimate_tokens(text[start:end])

    def test_reads_no_span_that_begins_where_a_token_does(self, monkeypatch):
        text = "One two three. " * 200
        index = TokenIndex(text)
        monkeypatch.setattr("cairnloop.knowledge_base.measuring.PIECE", Unread())
        assert index.tokens_in(4, len(text)) == 799


class Unread:
    """A pattern that may look at one token, and never at a whole span."""

    match = staticmethod(PIECE.match)


class TestCutting:
    def test_reads_a_text_about_once_however_many_parts_it_comes_apart_into(self, monkeypatch):
        read = Counted()
        monkeypatch.setattr("cairnloop.knowledge_base.measuring.PIECE", read)
        for text in ("word " * 20_000, ". " * 20_000, "| a | b |\n| - | - |\n" + "| x | y |\n" * 5_000):
            read.characters = 0
            chunk("Title", text)
            assert read.characters < 3 * len(text)


class Counted:
    """The pattern of tokens, with a count of the characters it was led over."""

    def __init__(self) -> None:
        self.characters = 0

    def finditer(self, text):
        self.characters += len(text)
        return PIECE.finditer(text)

    def findall(self, text, start=0, end=None):
        end = len(text) if end is None else end
        self.characters += end - start
        return PIECE.findall(text, start, end)

    def match(self, text, start):
        return PIECE.match(text, start)
