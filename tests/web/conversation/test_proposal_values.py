from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairnloop.web.conversation.proposal_values import EXCERPT_CHARS, FOLD_CHARS, value_of, values_of

TEXTS = st.text(st.sampled_from("ab<&\n é"), max_size=FOLD_CHARS * 2)
MARK = re.compile("</?mark>")


def read(markup: str) -> str:
    return html.unescape(MARK.sub("", markup))


class TestAValue:
    @given(TEXTS)
    def test_is_told_whole_and_folded_where_it_is_long(self, text):
        value = value_of(text)
        assert read(value.html) == text and value.length == len(text)
        if value.excerpt is None:
            assert len(text) <= FOLD_CHARS and text.count("\n") < 12
        else:
            assert len(read(value.excerpt)) <= EXCERPT_CHARS + 2 and read(value.excerpt).count("\n") < 4

    def test_of_many_short_lines_is_folded(self):
        assert value_of("a\n" * 12).excerpt == "a\na\na\na …"


class TestTwoValues:
    @given(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS))
    def test_are_told_whole_and_alike_outside_of_what_is_marked(self, parts):
        start, before, after, end = parts
        told = values_of(start + before + end, start + after + end)
        assert [read(value.html) for value in told if value] == [start + before + end, start + after + end]
        marked = [value.html for value in told if value and "<mark>" in value.html]
        around = {tuple(re.split("<mark>.*</mark>", each, flags=re.DOTALL)) for each in marked}
        assert len(around) <= 1

    def test_begin_a_fold_shortly_before_what_differs(self):
        text = "The same. " * 1_000
        before, after = values_of(text + "No money." + text, text + "All money." + text)
        assert "<mark>No</mark> money" in before.excerpt and "<mark>All</mark> money" in after.excerpt
        assert read(before.excerpt).startswith("… ") and read(before.excerpt).endswith(" …")
        assert before.length == 20_009

    def test_show_what_differs_behind_many_lines(self):
        text = "a\n" * 50
        before, after = values_of(text + "b", text + "c")
        assert "<mark>b</mark>" in before.excerpt and "<mark>c</mark>" in after.excerpt

    @pytest.mark.parametrize("pair", [("short", "shorter"), (None, "a" * 700), ("a" * 700, None)])
    def test_mark_nothing_where_there_is_nothing_to_compare(self, pair):
        assert [value and read(value.html) for value in values_of(*pair)] == list(pair)
        assert all("<mark>" not in value.html for value in values_of(*pair) if value)
