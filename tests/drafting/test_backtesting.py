from __future__ import annotations

import pytest

from cairnloop.drafting.backtesting.turns import AnsweredTurn, Said, answered_turns, overlap


def said(*turns: tuple[str, str]) -> list[Said]:
    return [Said(number, role, text) for number, (role, text) in enumerate(turns, start=1)]


class TestAnsweredTurns:
    def test_hold_what_was_said_before_an_answer_and_the_whole_answer(self):
        messages = said(
            ("operator", "Hello"),
            ("customer", "Why?"),
            ("customer", "And when?"),
            ("operator", "Because."),
            ("operator", "Tomorrow."),
            ("customer", "Thanks"),
            ("operator", "Welcome"),
            ("customer", "One more"),
        )
        first, second = answered_turns(messages, turns=12)
        assert first == AnsweredTurn(
            3,
            (("operator", "Hello"), ("customer", "Why?"), ("customer", "And when?")),
            ("",),
            ["Because.", "Tomorrow."],
        )
        assert (second.number, second.turns[-1], second.answers) == (6, ("customer", "Thanks"), ["Welcome"])

    def test_hold_the_latest_messages_only(self):
        messages = said(*[("customer", str(number)) for number in range(100)], ("operator", "All of it."))
        (turn,) = answered_turns(messages, turns=12)
        assert [text for _, text in turn.turns] == [str(number) for number in range(88, 100)]

    def test_take_what_was_sent_automatically_for_said_and_for_no_answer(self):
        automatic = Said(2, "operator", "Seats are full.", author_name="Automatic reply", is_automatic=True)
        answer = Said(4, "operator", "Because.", author_name="Ada Brandt")
        asked = Said(1, "customer", "Why?"), automatic, Said(3, "customer", "Really?")
        (turn,) = answered_turns([*asked, answer], turns=12)
        assert turn == AnsweredTurn(3, tuple((each.role, each.text) for each in asked), (), ["Because."])
        (turn, _) = answered_turns([asked[0], automatic, answer, *asked[2:], answer], turns=12)
        assert (turn.number, turn.turns, turn.answers) == (1, (("customer", "Why?"),), ["Because."])
        assert list(answered_turns([asked[0], automatic], turns=12)) == []

    def test_leave_out_what_nobody_asked_or_nobody_answered(self):
        assert list(answered_turns(said(("operator", "Hello"), ("operator", "Still here")), turns=12)) == []
        assert list(answered_turns(said(("customer", "Why?")), turns=12)) == []


class TestOverlap:
    @pytest.mark.parametrize(
        ("text", "other", "shared"),
        [
            ("Seats are taken.", "seats ARE taken", 1.0),
            ("Seats are taken.", "Refunds take days", 0.0),
            ("", "Seats", 0.0),
            ("a b c d", "a b", 2 * 2 / 6),
            ("a a a", "a", 2 * 1 / 4),
        ],
    )
    def test_is_the_f1_of_their_words(self, text, other, shared):
        assert overlap(text, other) == pytest.approx(shared)
        assert overlap(other, text) == pytest.approx(shared)
