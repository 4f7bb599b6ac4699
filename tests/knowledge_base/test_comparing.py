from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cairnloop.knowledge_base.comparing import Part, compare_words, fold, summarise_for_search

WORDS = st.lists(st.sampled_from(["fee", "fees", " ", "\n", ".", "\n\n", "a", "§", "\r", "\u2028"]), max_size=40)
TEXTS = WORDS.map("".join)


class TestCompareWords:
    def test_marks_words_and_leaves_the_rest(self):
        assert compare_words("Pay the fee now.\nBye.\n", "Pay a small fee now.\nBye.\nCall us.\n") == [
            Part("same", "Pay "),
            Part("removed", "the"),
            Part("added", "a small"),
            Part("same", " fee now.\nBye.\n"),
            Part("added", "Call us.\n"),
        ]

    @settings(deadline=None)
    @given(old=TEXTS, new=TEXTS)
    def test_both_sides_can_be_read_off_to_the_last_character(self, old, new):
        parts = compare_words(old, new)
        assert "".join(part.text for part in parts if part.kind != "added") == old
        assert "".join(part.text for part in parts if part.kind != "removed") == new
        assert all(part.text for part in parts)
        assert all(one.kind != two.kind for one, two in pairwise(parts))

    @settings(deadline=None)
    @given(text=TEXTS)
    def test_equal_texts_have_nothing_to_show(self, text):
        assert all(part.kind == "same" for part in compare_words(text, text))

    def test_gives_up_on_words_where_nobody_could_read_them(self):
        old, new = "a b " * 2_000, "c d " * 2_000
        assert compare_words(old, new) == [Part("removed", old), Part("added", new)]


class TestFold:
    def test_keeps_two_lines_beside_a_change(self):
        lines = [f"line {n}\n" for n in range(20)]
        parts = fold(compare_words("".join(lines), "".join([*lines[:10], "new\n", *lines[10:]])))
        assert [(part.kind, part.text.count("\n")) for part in parts] == [
            ("folded", 8),
            ("same", 2),
            ("added", 1),
            ("same", 2),
            ("folded", 8),
        ]

    @settings(deadline=None)
    @given(old=TEXTS, new=TEXTS)
    def test_loses_nothing(self, old, new):
        parts = compare_words(old, new)
        assert "".join(part.text for part in fold(parts, context=0)) == "".join(part.text for part in parts)


class TestSummariseForSearch:
    OLD = ("Refunds", "## Fast\n\nA day.\n\n## Slow\n\nA week.")

    def test_counts_parts_that_come_go_and_stay(self):
        change = summarise_for_search(
            old=self.OLD, new=("Refunds", "## Fast\n\nA day.\n\n## Slow\n\nA month.\n\n## New\n\nx")
        )
        assert (change.added, change.removed, change.unchanged) == (2, 1, 1)
        assert (change.changes_title, change.changes_nothing) == (False, False)

    def test_sees_a_heading_and_a_title_change(self):
        change = summarise_for_search(old=self.OLD, new=("Refunds", self.OLD[1].replace("Fast", "Quick")))
        assert (change.added, change.removed) == (1, 1)
        assert summarise_for_search(old=self.OLD, new=("Money back", self.OLD[1])).changes_title

    def test_says_when_nothing_is_live_or_nothing_changes(self):
        assert summarise_for_search(old=None, new=self.OLD).added == 2
        assert summarise_for_search(old=self.OLD, new=(self.OLD[0], self.OLD[1] + "\n\n")).changes_nothing
