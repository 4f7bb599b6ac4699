from __future__ import annotations

import unicodedata

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
            ("pat(at)acme(dot)example, pat [at] acme [dot] example", "[email], [email]"),
            ("pat @ acme.example, pat＠acme．example, p\u200bat\u200b@acme.example", "[email], [email], [email]"),
            ("write to pat at acme dot example, or pat_at_acme_dot_example", "write to [email], or [email]"),
            *((f"card {mark.join(['4111'] + ['1111'] * 3)} ok", "card [number] ok") for mark in "\t\n_,*|•:"),
            ("card 4111   1111     1111 1111 ok", "card [number] ok"),
            ("amex 3782,822463,10005", "amex [number]"),
            ("password is: x1y, pass: hunter2, PIN 4711", "password is: [secret] pass: [secret] PIN [secret]"),
            ("my password hunter2 and sk_live_abcdef", "my password [secret] and [secret]"),
            ("2001:db8::1, ::1 and fe80::1", "[number], [number] and [number]"),
            ("pw: hunter2, Kennwort lautet hunter2", "pw: [secret] Kennwort lautet [secret]"),
            (
                "https://admin:letmein@build.example/a, redis://:x@cache",
                "https://[secret]@build.example/a, redis://[secret]@cache",
            ),
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
            "My password is wrong, the token is not accepted, and all tests pass: it is odd",
            "Look at status.acme.example at 12:30, or @ noon; 3 @ 4.50 each",
            "In 2021, 2022, 2023 and 2024; orders 4471, 4472, 4473, 4474; codes 4012|4013|4014|4015",
            "std::string of abc::def from 10:15 to 11:45, ratio 16:9, 1,250.00 EUR",
            "Seats 1 to 20, step 3 of 12, pin 4 of the board, 100 % of 2.5 GB",
            "a-very-long-hyphenated-identifier-of-words",
            "http://build.example:8080/@team and https://status.example/a:b@c",
        ],
    )
    def test_leaves_what_the_question_is_about(self, text):
        assert mask(text) == text

    def test_reads_a_text_about_once_however_long_its_gaps(self):
        gap = " " * 200_000
        assert mask(f"my password{gap}x") == f"my password{gap}x"
        assert mask(f"my password{gap}is{gap}hunter2") == f"my password{gap}is{gap}[secret]"
        assert mask(f"pin{gap}4711") == f"pin{gap}[secret]"

    def test_takes_out_the_names_it_is_told(self):
        assert mask("I am Lin Zhao, and linear builds fail", names=["Lin Zhao"]) == (
            "I am [name] [name], and linear builds fail"
        )

    def test_takes_out_names_however_their_accents_are_stored(self):
        composed, decomposed = unicodedata.normalize("NFC", "José"), unicodedata.normalize("NFD", "José")
        assert mask(f"I am {decomposed}", names=[composed]) == "I am [name]"
        assert mask(f"I am {composed}", names=[decomposed]) == "I am [name]"

    @given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=3))
    def test_changes_nothing_the_second_time(self, text, names):
        once = mask(text, names=names)
        assert mask(once, names=names) == once

    @given(st.text(max_size=80), st.text(max_size=80), st.integers(min_value=10_000))
    def test_lets_no_long_number_through(self, before, after, number):
        assert str(number) not in mask(f"{before} {number} {after}")
