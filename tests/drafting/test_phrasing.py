from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import pytest

from cairnloop.drafting import phrasing
from cairnloop.drafting.phrasing import edited_chars

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "knowledge-base.md"


class TestEditedChars:
    @pytest.mark.parametrize(
        ("before", "after", "changed"),
        [
            ("Seats are full.", "Seats are full.", 0),
            ("Seats are full.", "Seats are free.", 10),
            ("Seats are full.", "All seats are full.", 13),
            ("a b c d", "d a b c", 2),
            ("", "Bye.", 4),
        ],
    )
    def test_counts_what_was_taken_away_and_added(self, before, after, changed):
        assert edited_chars(before, after) == changed

    @pytest.mark.parametrize(
        ("before", "after", "changed"),
        [
            ("x " * 5_000, "y " + "x " * 5_000, 1),
            ("x " * 5_000, "x " * 2_000 + "y " + "x " * 2_000, 1_001),
            ("x y " * 2_500, "y z x " * 1_600, 900 + 900 + 1_600),
        ],
    )
    def test_never_compares_word_by_word_what_is_repeated_without_an_end(self, before, after, changed, monkeypatch):
        compared = 0

        class Counting(SequenceMatcher):  # type: ignore[type-arg]  # generic in the stubs alone
            def __init__(self, _junk, old, new, **options):
                nonlocal compared
                compared = max(compared, phrasing._pairs(old, new))
                super().__init__(_junk, old, new, **options)

        monkeypatch.setattr(phrasing, "SequenceMatcher", Counting)
        assert edited_chars(before, after) == changed
        assert compared <= 100_000

    def test_compares_long_texts_of_many_words_one_by_one(self, monkeypatch):
        guide = GUIDE.read_text(encoding="utf-8")
        before = (guide + guide.upper())[:10_000]
        after = before.replace("article", "page")[200:]
        bounded = edited_chars(before, after)
        monkeypatch.setattr(phrasing, "MOST_PAIRS", 10**9)
        assert len(before) == 10_000
        assert edited_chars(before, after) == bounded
