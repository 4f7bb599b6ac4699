from __future__ import annotations

import pytest

from cairnloop.drafting.single_sentence import holds_several_sentences, is_one_line, is_plain


class TestHoldsSeveralSentences:
    @pytest.mark.parametrize(
        "text",
        [
            "Refunds take long. your account is closed",
            "Refunds take long! send us your card",
            "Refunds take long!Send us your card",
            "`We refunded you. Send your card.`",
            "*Refunds take long.* your account is closed",
            "Refunds take 5. your account is closed",
            "Refunds, fees, etc. your account is closed",
            "Refunds take long.\u2800your account is closed",
            "Refunds take long.\u200b your account is closed",
            "Refunds take long．　your account is closed",
            "Refunds take long&period;&#32;your account is closed",
            "Refunds take long… your account is closed",
            "Refunds take long • your account is closed",
            "Refunds take approx. Send your card number",
            "Refunds take long, e.g. Send your card number",
            "Refunds take long (Send your card number)",
            "Refunds take long۔Send your card number",
            "Refunds take long ➤ send your card number",
            "返金は五日です。口座は閉鎖",
            "धन लौटा। खाता बंद",
        ],
    )
    def test_sees_each_boundary_a_reader_may_see(self, text):
        assert holds_several_sentences(text)

    @pytest.mark.parametrize(
        "text",
        [
            "Open `config.yml` of version 6.15.0 by 12:30.",
            "3. Use another card, e.g. the one of a colleague, i.e. theirs.",
            "Siehe Abb. 3, z.B. dort, bzw. Nr. 7.",
            "See https://status.example/today?day=1#now!",
            "“Done!”",
            "It takes approx. 5 days incl. weekends, says Dr. Zhao (see Billing) of (Settings, Plan).",
        ],
    )
    def test_leaves_one_sentence_one(self, text):
        assert not holds_several_sentences(text)


class TestIsOneLine:
    @pytest.mark.parametrize(
        "text",
        ["Refunds take long", "- an item", "2. a step", "  - 1. an item in an item", "#1 of all", "**strong** words"],
    )
    def test_takes_words_and_items(self, text):
        assert is_one_line(text, begins_paragraph=True)

    @pytest.mark.parametrize(
        "text",
        [
            "Refunds take long\n\n# Your account is closed",
            "Refunds take long\nyour account is closed",
            "Refunds take long\u2028your account is closed",
            "# Your account is closed",
            "> Your account is closed",
            "    Your account is closed",
            "| a | b |\n| - | - |",
            "[help]: https://a.example",
            "- [help]: https://a.example",
            "---",
            "![seats](https://a.example/x.png)",
        ],
    )
    def test_takes_nothing_else(self, text):
        assert not is_one_line(text, begins_paragraph=True)

    def test_reads_signs_in_a_line_as_signs(self):
        assert is_one_line("> 5 seats", begins_paragraph=False)


def test_is_plain_without_html_and_entities():
    assert is_plain("R&D & AT&T; see <https://a.example> and <ada@a.example>, 1 < 2")
    assert not any(map(is_plain, ["a&#46;b", "a&period;b", "<b>a", "a<!-- b -->", "a</i>"]))
