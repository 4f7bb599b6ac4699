from __future__ import annotations

import pytest

from cairnloop.drafting.questions import QUESTION_CHARS, question_of


def ask(*turns: str, names: tuple[str, ...] = ()) -> str:
    """Turns as the customer and the operator write them in turn; a leading ">" is the operator's."""
    said = [("operator", turn[1:]) if turn.startswith(">") else ("customer", turn) for turn in turns]
    return question_of(said, names=names)


class TestQuestionOf:
    def test_is_what_the_customer_wrote_last(self):
        assert ask("How do I export runs?", ">Under CI.", "Where do refunds show up on my card?") == (
            "Where do refunds show up on my card?"
        )

    def test_joins_what_was_written_since_the_last_answer_where_it_does_not_stand_alone(self):
        asked = ask("Where are my invoices?", ">Hello!", "My runs are skipped since Monday.", "Only in nav-core.")
        assert asked == "My runs are skipped since Monday. Only in nav-core."

    def test_joins_no_more_of_it_than_it_takes(self):
        asked = ask("Do you sell umbrellas?", "My runs are skipped since Monday.", "How do I start them?")
        assert asked == "My runs are skipped since Monday. How do I start them?"
        assert ask("Do you sell umbrellas?", "Where do refunds show up on my card?") == (
            "Where do refunds show up on my card?"
        )

    def test_reads_what_does_not_stand_alone_with_what_came_before(self):
        asked = ask("Can I pay a monthly plan by invoice?", ">No, by card.", "And annual plans?")
        assert asked == "Can I pay a monthly plan by invoice? And annual plans?"

    @pytest.mark.parametrize(
        "said",
        [
            "And annual plans?",
            "How do I use them?",
            "Does it cost extra?",
            "How much?",
            "Why?",
            "What about invoices?",
            "I don't mean that one, I'm afraid.",
        ],
    )
    def test_joins_what_leans_on_what_came_before(self, said):
        assert ask("Can I pay a monthly plan by invoice?", ">No, by card.", said).startswith("Can I pay a monthly plan")

    @pytest.mark.parametrize(
        "said",
        [
            "What are seats?",
            "How is a refund paid out?",
            "Why are there three invoices for our March plan?",
            "Refunds",
            "It says that the webhook secret was rotated yesterday",
        ],
    )
    def test_searches_alone_for_what_names_its_own_subject(self, said):
        assert ask("Can I pay a monthly plan by invoice?", ">No, by card.", said) == said

    @pytest.mark.parametrize("said", ["Thanks!", "ok great, thank you so much", "Hi there", "👍", "Perfect, got it."])
    def test_is_empty_where_nothing_is_asked(self, said):
        assert ask("How do I export runs?", ">Under CI.", said) == ""

    def test_leaves_thanks_out_of_what_is_asked(self):
        assert ask("Hello", "Where do I download last year's invoices?") == "Where do I download last year's invoices?"

    def test_holds_no_personal_data(self):
        asked = ask(
            "I am Lin Zhao, lin@northbeam.example, card 4111 1111 1111 1111: why was I charged twice for March?",
            names=("Lin Zhao",),
        )
        assert asked == "I am , , card : why was I charged twice for March?"

    def test_is_bounded_and_keeps_the_end(self):
        asked = ask("word " * 5_000 + "Where are my invoices?")
        assert len(asked) <= QUESTION_CHARS
        assert asked.endswith("Where are my invoices?")

    def test_is_empty_for_no_turns_and_where_the_operator_spoke_last(self):
        assert ask() == ""
        assert ask("How do I export runs?", ">Under CI.") == ""
