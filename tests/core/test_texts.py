from __future__ import annotations

import pytest

from cairnloop.core.texts import tidy_name


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
            ("לין ג׳או", "לין ג׳או"),
            ("👩\u200d👧 Fam", "👩\u200d👧 Fam"),
        ],
    )
    def test_keeps_what_a_name_shows_and_nothing_that_turns_its_neighbours(self, given, kept):
        assert tidy_name(given) == kept
