"""Nothing is sent by itself unless one plain question is all a customer asked; in doubt they asked several."""

import pytest

from cairnloop.drafting.questions import TURNS
from cairnloop.drafting.several_questions import asks_several
from tests.drafting.test_questions import SKIPPED, as_turns


def several(*turns: str) -> bool:
    return asks_several(as_turns(*turns), names=("Lin Zhao", "Ada"))


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
            f"{SKIPPED} Please phone me back today.",
            f"{SKIPPED} I want somebody to phone me back.",
            f"{SKIPPED} See the attached screenshot.",
            f"{SKIPPED[:-1]} I was charged twice",
            f"{SKIPPED[:-1]} where do I find my invoices",
            f"{SKIPPED[:-1]} is my card charged",
            f"{SKIPPED[:-1]} I'd like a refund",
            f"{SKIPPED[:-1]} give me a refund",
            f"{SKIPPED[:-1]} along with a refund?",
            f"{SKIPPED[:-1]} • refund my last invoice",
            f"{SKIPPED[:-1]}—refund my last invoice",
            f"{SKIPPED[:-1]} | refund my last invoice",
            f"{SKIPPED[:-1]} -refund my last invoice",
            f"{SKIPPED[:-1]} 🙏 refund my last invoice",
            "How can I pause my plan/get a refund?",
            f"{SKIPPED}\n> Also refund my invoice",
            "How do I switch from monthly to annual? How do I switch from annual to monthly?",
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
            "Where are my invoices?\n\nOn 2 Nov, Ada wrote:\n> How do I reset my password?\n> Can I export runs?\n",
            "How do I change the plan of my workspace to annual",
            "Could you tell me where the invoices of March are?",
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

    def test_where_more_was_written_than_is_read(self):
        assert several("Please refund the charge of March.", *["Any news?"] * (TURNS - 1), SKIPPED)
        assert several(*[SKIPPED] * TURNS)
        assert not several(">Hello!", *[SKIPPED] * (TURNS - 1))
