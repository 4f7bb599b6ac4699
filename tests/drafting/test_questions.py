from __future__ import annotations

import pytest

from cairnloop.drafting.questions import QUESTION_CHARS, question_of

SKIPPED = "Why was my pipeline run skipped when every seat is taken?"
LOG = "\n".join(f"[12:{at:02d}] step {at} finished with status ok and nothing else to say of it" for at in range(30))
TRACE = """Traceback (most recent call last):
  File "/app/run.py", line 40, in handler
    raise TimeoutError("no seat was free")
TimeoutError: no seat was free"""


def ask(*turns: str, names: tuple[str, ...] = ()) -> str:
    """Turns as the customer and the operator write them in turn; a leading ">" is the operator's."""
    return question_of(as_turns(*turns), names=names)


def as_turns(*turns: str) -> list[tuple[str, str]]:
    return [("operator", turn[1:]) if turn.startswith(">") else ("customer", turn) for turn in turns]


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

    def test_joins_what_only_tells_more_of_it(self):
        more = "What we compute, in case it helps: the same code worked for eleven months."
        assert ask("We rotated the webhook secret. Why does every delivery fail?", more).startswith("We rotated")

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

    @pytest.mark.parametrize(
        "said",
        [
            "Any news?",
            "Hello?",
            "Is anybody there?",
            "We are waiting for an answer.",
            "It is urgent!",
            "I attached a screenshot.",
            "My number is +49 171 1234567.",
            "Thanks in advance!",
            "Best, Lin",
            "Bitte schnell antworten!",
            "?",
            '  File "/app/run.py", line 40, in handler',
        ],
    )
    def test_is_what_was_asked_before_where_the_customer_only_waits(self, said):
        assert ask("Do you sell umbrellas?", ">No.", SKIPPED, said, names=("Lin Zhao",)) == SKIPPED

    @pytest.mark.parametrize("said", ["Sorry, I forgot to say: it happens on the main branch.", "The seats are taken."])
    def test_keeps_its_question_where_more_is_told(self, said):
        assert ask(SKIPPED, said) == f"{SKIPPED} {said}"
        assert ask(SKIPPED, said, "Any news?") == f"{SKIPPED} {said}"

    @pytest.mark.parametrize("said", ["Any news?", "Hello?", "Is anybody there?"])
    def test_comes_back_after_an_answer_where_the_customer_still_waits(self, said):
        assert ask(SKIPPED, ">We look at it.", said) == f"{SKIPPED} {said}"

    @pytest.mark.parametrize("said", ["Thanks in advance!", "We are waiting for an answer.", "Best, Lin"])
    def test_is_empty_where_the_customer_closes_after_an_answer(self, said):
        assert ask(SKIPPED, ">We look at it.", said, names=("Lin Zhao",)) == ""

    @pytest.mark.parametrize("pasted", [LOG, TRACE, f"```\n{LOG}\n```", "x" * 9_000])
    @pytest.mark.parametrize("around", ["{said}\n\n{log}", "{log}\n\n{said}", "{log}\n{said}\n{log}"])
    def test_survives_what_is_pasted_around_it(self, pasted, around):
        asked = ask(around.format(said=SKIPPED, log=pasted))
        assert SKIPPED in asked
        assert len(asked) <= QUESTION_CHARS
        assert "x" in pasted[:1] or asked == SKIPPED

    def test_is_search_terms_by_themselves(self):
        assert ask(SKIPPED, "Webhook secret rotation") == "Webhook secret rotation"

    def test_takes_the_end_of_what_is_pasted_where_nothing_else_is_said(self):
        assert ask(f"It fails:\n{TRACE}").startswith("It fails: ")
        assert ask(f"It fails:\n{TRACE}").endswith("TimeoutError: no seat was free")

    def test_leaves_a_signature_out(self):
        assert ask(f"{SKIPPED}\n\n-- \nNorthbeam GmbH. This message is confidential.") == SKIPPED

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
