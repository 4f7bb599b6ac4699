from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairnloop.retrieval.masking import mask


class TestMask:
    @pytest.mark.parametrize(
        ("text", "masked"),
        [
            ("Write to lin.zhao+ci@northbeam.example, thanks", "Write to [email], thanks"),
            ("My card 4242 4242 4242 4242 was declined", "My card [number] was declined"),
            ("call +49 (0)30 901820-15 tomorrow", "call [number] tomorrow"),
            ("Order 8839201 is late", "Order [number] is late"),
            ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN [number] please"),
            ("password: hunter2hunter", "password: [secret]"),
            ("my api key is tm_live_x", "my api key is [secret]"),
            ("curl -H tm_live_9f8e7d6c5b4a39281706 fails", "curl -H [secret] fails"),
            ("from 192.168.10.4 only", "from [number] only"),
            ("My card 4242\u00a04242\u00a04242\u00a04242 was declined", "My card [number] was declined"),
            ("4242–4242–4242–4242", "[number]"),
            ("lin.zhao(at)northbeam.example or lin＠northbeam.example", "[email] or [email]"),
            ("pw: hunter2, Kennwort lautet hunter2", "pw: [secret] Kennwort lautet [secret]"),
        ],
    )
    def test_takes_out_what_points_to_a_person(self, text, masked):
        assert mask(text) == masked

    @pytest.mark.parametrize(
        "text",
        [
            "ERR_4012 after the upgrade to 3.11.7",
            "since 2026-03-14 the build takes 900 seconds",
            "on 14.03.2026 it cost 1.250 EUR",
            "HTTP 502 from node-cache-restore",
            "What does the Team plan cost per seat?",
            "a-very-long-hyphenated-identifier-of-words",
        ],
    )
    def test_leaves_what_the_question_is_about(self, text):
        assert mask(text) == text

    def test_takes_out_the_names_it_is_told(self):
        assert mask("I am Lin Zhao, and linear builds fail", names=["Lin Zhao"]) == (
            "I am [name] [name], and linear builds fail"
        )

    @given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=3))
    def test_changes_nothing_the_second_time(self, text, names):
        once = mask(text, names=names)
        assert mask(once, names=names) == once

    @given(st.text(max_size=80), st.text(max_size=80), st.integers(min_value=10_000))
    def test_lets_no_long_number_through(self, before, after, number):
        assert str(number) not in mask(f"{before} {number} {after}")
