"""What a draft leaves out of the sections it quotes is told by how the article is built."""

from __future__ import annotations

import pytest

from cairnloop.drafting.omissions import Omission, omission_in

DELETE = "Delete the folder of a hanging runner by hand."


def omission(text: str, *quotes: str) -> str:
    return omission_in(text, [(text.index(quote), text.index(quote) + len(quote)) for quote in quotes]).value


class TestOmissionIn:
    @pytest.mark.parametrize(
        "beside",
        [
            "**Warning:** the artifacts of your team are lost.",
            "**Enterprise plan**",
            "> [!CAUTION]\n> Obsolete.",
            "| Status | obsolete |\n| --- | --- |",
            "```\nDEPRECATED\n```",
            "- Another thing.",
            "<p>Obsolete</p>",
            "❌",
            "~~Old~~",
            "Alles Gute.",
        ],
    )
    @pytest.mark.parametrize("order", ["{0}\n\n{1}", "{1}\n\n{0}", "{0}\n\nMore.\n\n{1}"])
    def test_is_whatever_else_stands_in_the_section(self, beside, order):
        assert omission(order.format(beside, DELETE), DELETE) == Omission.SECTION

    def test_is_none_where_all_of_the_section_is_quoted(self):
        assert omission(DELETE, DELETE) == ""
        assert omission(f"**{DELETE}**\n\n---\n\n2. *Reboot the host.*", DELETE, "Reboot the host.") == ""
        assert omission(f"{DELETE}\n\n## Seats\n\nSeats are free.", "Seats", "Seats are free.") == ""

    def test_is_a_sentence_or_an_item_of_it(self):
        assert omission(f"{DELETE} Reboot it.", DELETE) == Omission.SECTION
        assert omission(f"- {DELETE}\n- Reboot it.", DELETE) == Omission.SECTION

    def test_is_a_heading_that_says_more_or_limits(self):
        assert omission(f"# Resellers\n\n{DELETE}", DELETE) == Omission.HEADING
        assert omission(f"# Resellers\n\n{DELETE}", DELETE, "Resellers") == ""
        assert omission(f"# A hanging runner\n\n{DELETE}", DELETE) == ""
        # The same words, in another sense.
        assert omission(f"# Never delete runners\n\n{DELETE} Never wait.", f"{DELETE} Never wait.") == Omission.HEADING

    @pytest.mark.parametrize(
        "above", ["Only resellers may do this.", "> A note.", "Never do this:", "```\nx\n```", "Do the following."]
    )
    def test_is_what_may_limit_it_above_its_section(self, above):
        text = f"# Runners\n\n{above}\n\n## A folder\n\n{DELETE}"
        assert omission(text, "A folder", "# Runners", DELETE) == Omission.ELSEWHERE

    def test_is_no_introduction_that_limits_nothing(self):
        assert omission(f"Runners run.\n\n## A folder\n\n{DELETE}\n\n## Seats\n\nNever here.", "A folder", DELETE) == ""

    def test_is_what_speaks_of_all_the_article_wherever_it_stands(self):
        text = f"## A folder\n\n{DELETE}\n\n## Versions\n\nThis page is about version 1."
        assert omission(text, "A folder", DELETE) == Omission.ELSEWHERE

    def test_is_all_below_a_heading_that_is_quoted_alone(self):
        assert omission(f"# Folders may be deleted\n\nNo, {DELETE}", "Folders may be deleted") == Omission.SECTION
