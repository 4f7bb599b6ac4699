from __future__ import annotations

import pytest

from cairnloop.drafting.questions import QUESTION_CHARS, asks_several, question_of

SKIPPED = "Why was my pipeline run skipped when every seat is taken?"
LOG = "\n".join(f"[12:{at:02d}] step {at} finished with status ok and nothing else to say of it" for at in range(30))
TRACE = """Traceback (most recent call last):
  File "/app/run.py", line 40, in handler
    raise TimeoutError("no seat was free")
TimeoutError: no seat was free"""


def ask(*turns: str, names: tuple[str, ...] = ()) -> str:
    """Turns as the customer and the operator write them in turn; a leading ">" is the operator's."""
    return question_of(as_turns(*turns), names=names)


def several(*turns: str) -> bool:
    return asks_several(as_turns(*turns), names=("Lin Zhao", "Ada"))


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


class TestAsksSeveral:
    @pytest.mark.parametrize(
        "message",
        [
            "How do I reset my password? Where are my invoices?",
            "How do I reset my password? And the invoices of March?",
            "How do I reset my password and where are my invoices?",
            "How do I reset my password? Thanks!\n\nOne more thing: where are my invoices?",
            "how do i reset my password? where are my invoices?",
            "how do i reset my password\nwhere are my invoices",
            "Wie ändere ich mein Passwort und wo sind meine Rechnungen?",
            "كيف أغير كلمة المرور؟ أين فواتيري؟",
            "パスワードの変更方法は？請求書はどこですか？",
            f"{SKIPPED} I also need a refund.",
            f"{SKIPPED} Please start it again.",
            f"You charged me twice in March. {SKIPPED}",
            f"how do i cancel. {SKIPPED}",
            f"{SKIPPED} Can I get more?",
            "Why was my run skipped and can I get a refund?",
            "why was my run skipped i want a refund",
            "Can I export? I need it as CSV.",
            "Where is invoice 48213377? Where is invoice 48213399?",
            "Where are my invoices?\n\n-----Original Message-----\nCan I export runs?",
            f"{SKIPPED}\n\n```\nDelete everything? Overwrite the folder?\n```",
        ],
    )
    def test_in_one_message(self, message):
        assert several(message)
        assert several("Can I export runs?", ">Under CI.", message)

    @pytest.mark.parametrize("second", ["Where are my invoices?", "Where do I find invoices", "And annual plans?"])
    def test_in_several_messages(self, second):
        assert several("How do I reset my password?", second)
        assert several("How do I reset my password?", second, "Thanks!")
        assert not several("How do I reset my password?", ">Under Account.", second)

    @pytest.mark.parametrize(
        "first",
        [
            "My runs are skipped since Monday.",
            "What is your phone number?",
            "On Mon, 2 Nov 2026, Ada wrote:\n> Is there anything else?\n\nYes. Please refund the second charge.",
            "Your colleague wrote:\nplease cancel my subscription",
        ],
    )
    def test_where_one_message_is_left_out(self, first):
        assert several(first, "Where do I find the invoices of March?")

    @pytest.mark.parametrize(
        "message",
        [
            "Hi! How do I reset my password? Thanks!",
            "Hello Ada,\n\nhow do I reset my password?\n\nBest regards\nLin",
            "Dear support team,\nhow do I export runs?\nKind regards,\nLin Zhao",
            "Hello? Is anybody there? How do I reset my password?",
            "Can you please help me? How do I reset my password??",
            "How do I reset my password?? Any news?",
            "How do I export runs? Again: how do I export runs?",
            "Where are my invoices?\n\n> How do I reset my password?\n> Can I export runs?",
            "Where are my invoices?\n\nOn 2 Nov 2026, Ada <ada@acme.example> wrote:\n\n> How do I reset my password?",
            "I want to know why my run was skipped",
            "My runs are skipped.",
            "Webhook secret rotation",
        ],
    )
    def test_is_false_for_one_question(self, message):
        assert not several(message)

    def test_is_false_for_one_question_in_pieces(self):
        assert not several("Hi Ada!", "Can I export?", "Thanks!")
        assert not several(SKIPPED, "Any news?", "Hello?", SKIPPED)
        assert not several(SKIPPED, f"Again: {SKIPPED}")
        assert not several("Where are my invoices?", ">Under Billing.", SKIPPED)
        assert not several("Thanks!") and not several()
