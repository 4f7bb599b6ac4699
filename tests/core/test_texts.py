from __future__ import annotations

import pytest

from cairnloop.core.texts import spelled_out, tidy_name


class TestTidyName:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("Lin Zhao", "Lin Zhao"),
            ("  Lin\n\tZhao ", "Lin Zhao"),
            ("\u202eoahZ niL", "oahZ niL"),
            ("Lin\u2066\u2067 Zhao\u2069\x1b", "Lin Zhao"),
            ("  ", ""),
            ("\u200b\u3164", ""),
            ("\ufe0f\u034f\u180b\U000e0100", ""),
            ("Lin ❤️", "Lin ❤️"),
            ("לין ג׳או", "לין ג׳או"),
            ("👩\u200d👧 Fam", "👩\u200d👧 Fam"),
        ],
    )
    def test_keeps_what_a_name_shows_and_nothing_that_turns_its_neighbours(self, given, kept):
        assert tidy_name(given) == kept


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("Refund 5 € to Jürgen\n\tnow\r\n", None),
        ("👩‍👩‍👧 نامه‌ای ขอบ", None),
        ("❤️ 🏳️‍🌈 1️⃣ ℹ️", None),
        ("pay\ufe0fpal\U000e0100", "pay[U+FE0F]pal[U+E0100]"),
        ("\u202e", "[U+202E]"),
        ("pay\u200bpal", "pay[U+200B]pal"),
        ("pay\u200dpal", "pay[U+200D]pal"),
        ("é\u200d", "é[U+200D]"),
        ("a\rb\x1b[2J\x7f", "a[U+000D]b[U+001B][2J[U+007F]"),
        ("\u2028\ufeff\u3164\u034f\U000e0041", "[U+2028][U+FEFF][U+3164][U+034F][U+E0041]"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(given: str, seen: str | None):
    assert spelled_out(given) == (given if seen is None else seen)
