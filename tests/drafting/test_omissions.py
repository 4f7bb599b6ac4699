"""What a draft leaves out of the articles it quotes is told by how they are built."""

from __future__ import annotations

import pytest

from cairnloop.drafting.omissions import Omission, omission_in, omissions_in
from cairnloop.drafting.structure import PlacedSentence, QuotedArticle

DELETE = "Delete the folder of a hanging runner by hand."


def omission(text: str, *quotes: str) -> str:
    return omission_in(text, [(text.index(quote), text.index(quote) + len(quote)) for quote in quotes]).value


def omissions(text: str, *quotes: str, title: str = "", begins: bool = True) -> list[str]:
    return list(omissions_in([said(QuotedArticle(title, text), quote, begins=begins) for quote in quotes]))


def said(article: QuotedArticle, quote: str, text: str = "", *, begins: bool = True) -> PlacedSentence:
    """A sentence of a draft that says its quote, or a text instead."""
    start = article.text.index(quote)
    return PlacedSentence(text or quote, begins, article, start, start + len(quote))


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

    def test_is_none_where_all_of_the_article_is_quoted(self):
        assert omission(DELETE, DELETE) == ""
        assert omission(f"**{DELETE}**\n\n---\n\n2. *Reboot the host.*", DELETE, "Reboot the host.") == ""
        assert omission(f"{DELETE}\n\n## Seats\n\nSeats are free.", DELETE, "Seats", "Seats are free.") == ""
        assert omission(f"{DELETE}\n\n## Seats\n\nSeats are free.", DELETE, "Seats are free.") == ""

    @pytest.mark.parametrize(
        "heading",
        [
            *("## ❌ {0}", "## {0} 🗑️", "## 🚧 {0}", "## ⛔ {0}", "## {0} (✗)", "## {0}: ✖", "## 👎 {0}", "## ⚠️ {0}"),
            *(
                "## {0} ≠",
                "## {0}?",
                "{0}?\n---",
                "## {0} (!)",
                "## ~~{0}~~",
                "## <del>{0}</del>",
                "## {0} ![x](no.png)",
            ),
        ],
    )
    def test_is_a_heading_that_limits_by_a_sign(self, heading):
        assert omission(f"## Delete the folder\n\n{DELETE}", DELETE) == ""
        assert omission(f"{heading.format('Delete the folder')}\n\n{DELETE}", DELETE) == Omission.HEADING

    def test_is_a_heading_whose_words_another_section_says(self):
        text = f"## Resellers\n\n{DELETE}\n\n## Seats\n\nSeats for resellers."
        assert omission(text, DELETE, "Seats for resellers.") == Omission.HEADING

    def test_is_what_stands_in_a_section_below(self):
        text = f"## Delete\n\n{DELETE}\n\n### On the free plan\n\nNothing is deleted."
        assert omission(text, DELETE) == omission(text, "Delete", DELETE, "On the free plan") == Omission.SECTION
        assert omission(f"## Delete\n\n{DELETE}\n\n### Gone since March", DELETE) == Omission.HEADING

    @pytest.mark.parametrize(
        "text",
        [
            "## Restrictions\n\nReserved for resellers.\n\n## A folder\n\n{0}",
            "For resellers.\n\n## A folder\n\n{0}",
            "## A folder\n\n{0}\n\n## Retired\n\nGone.",
            "## A folder\n\n{0}\n\n## Gone since March",
            "## A folder\n\n{0}\n\n[a]: https://site.example 'not so'",
        ],
    )
    def test_is_any_other_section(self, text):
        assert omission(text.format(DELETE), "A folder", DELETE) == Omission.OTHERS

    def test_is_a_sentence_or_an_item_of_it(self):
        assert omission(f"{DELETE} Reboot it.", DELETE) == Omission.SECTION
        assert omission(f"- {DELETE}\n- Reboot it.", DELETE) == Omission.SECTION

    def test_is_a_heading_that_says_more_or_limits(self):
        assert omission(f"# Resellers\n\n{DELETE}", DELETE) == Omission.HEADING
        assert omission(f"# Resellers\n\n{DELETE}", DELETE, "Resellers") == ""
        assert omission(f"# A hanging runner\n\n{DELETE}", DELETE) == ""
        # The same words, in another sense.
        assert omission(f"# Never delete runners\n\n{DELETE} Never wait.", f"{DELETE} Never wait.") == Omission.HEADING

    def test_is_a_heading_that_may_speak_of_all_the_article(self):
        upload = "Upload this document below Billing."
        assert omission(f"## Upload this document\n\n{upload}", upload) == Omission.HEADING

    @pytest.mark.parametrize(
        "above", ["Only resellers may do this.", "> A note.", "Never do this:", "```\nx\n```", "Do the following."]
    )
    def test_is_what_may_limit_it_above_its_section(self, above):
        text = f"# Runners\n\n{above}\n\n## A folder\n\n{DELETE}"
        assert omission(text, "A folder", "# Runners", DELETE) == Omission.ELSEWHERE

    def test_is_another_section_where_an_introduction_limits_nothing(self):
        assert (
            omission(f"Runners run.\n\n## A folder\n\n{DELETE}\n\n## Seats\n\nNever here.", "A folder", DELETE)
            == "others"
        )

    def test_is_what_speaks_of_all_the_article_wherever_it_stands(self):
        text = f"## A folder\n\n{DELETE}\n\n## Versions\n\nThis page is about version 1."
        assert omission(text, "A folder", DELETE) == Omission.ELSEWHERE

    def test_is_all_below_a_heading_that_is_quoted_alone(self):
        assert omission(f"# Folders may be deleted\n\nNo, {DELETE}", "Folders may be deleted") == Omission.SECTION


class TestTheTitle:
    @pytest.mark.parametrize(
        "title",
        [
            "Bronze guide",
            "Only for resellers",
            "Discontinued folders",
            "A hanging runner?",
            "❌ A hanging runner",
            "Past",
        ],
    )
    def test_is_left_out_where_it_says_more_or_limits(self, title):
        assert omissions(DELETE, DELETE, title=title) == [Omission.TITLE]

    def test_is_said_by_what_stands_below_it(self):
        assert omissions(DELETE, DELETE, title="The hanging runners") == []

    HOLDS = "A plan is 500 seats for us and each customer’s guests."

    @pytest.mark.parametrize("title", ["Plan A", "A Plan", "Plan A seats", "Plan a", "Plan I", "Plan S", "US seats"])
    def test_is_left_out_where_a_letter_or_capitals_name_something(self, title):
        assert omissions(self.HOLDS, self.HOLDS, title=title) == [Omission.TITLE]
        assert omission(f"## {title}\n\n{self.HOLDS}", self.HOLDS) == Omission.HEADING

    @pytest.mark.parametrize("title", ["A plan for guests", "The plan", "A seat", "Seats for us"])
    def test_is_said_where_an_article_is_all_that_is_left_out(self, title):
        assert omissions(self.HOLDS, self.HOLDS, title=title) == []

    @pytest.mark.parametrize(
        ("title", "text"),
        [
            ("Plan A", "Take plan A, it holds 500 seats."),
            ("Plan A", "Runners of **plan A** hold 500 seats."),
            ("APIs in the US", "The API is refused in the US."),
        ],
    )
    def test_is_said_with_its_letters_and_capitals(self, title, text):
        assert omissions(text, text, title=title) == []

    def test_is_said_by_the_first_heading_alone(self):
        text = f"# Only for resellers\n\n{DELETE}"
        assert omissions(text, "Only for resellers", DELETE, title="Only for resellers") == []
        text = f"{DELETE}\n\n# Only for resellers\n\nSeats are free."
        said = (DELETE, "Only for resellers", "Seats are free.")
        assert omissions(text, *said, title="Only for resellers") == [Omission.TITLE]


class TestTheOrder:
    SAFE, RESTART = "Safe things", "Restart the host."
    LOSES = "Things that lose data"
    TEXT = f"## {SAFE}\n\n{RESTART}\n\n## {LOSES}\n\n{DELETE}"

    def test_is_kept(self):
        assert omissions(self.TEXT, self.SAFE, self.RESTART, self.LOSES, DELETE) == []
        assert omissions(f"{DELETE} {self.RESTART}", DELETE, self.RESTART, begins=False) == []
        assert omissions(f"- {DELETE}\n- {self.RESTART}", f"- {DELETE}", f"- {self.RESTART}") == []

    def test_is_changed_by_quotes_that_stand_elsewhere(self):
        text = f"{DELETE} {self.RESTART}"
        assert omissions(text, self.RESTART, DELETE) == [Omission.ORDER]
        assert omissions(text, DELETE, self.RESTART, DELETE) == [Omission.ORDER]

    def test_is_changed_below_another_heading(self):
        assert omissions(self.TEXT, self.SAFE, DELETE, self.LOSES, self.RESTART) == [Omission.ORDER]
        text = f"## Restart\n\n{self.RESTART}\n\n## Delete\n\n{DELETE}"
        assert omissions(text, self.RESTART, DELETE) == []
        assert omissions(text, "Restart", self.RESTART, DELETE) == [Omission.ORDER]

    def test_is_changed_where_what_stands_apart_is_run_together(self):
        assert omissions(self.TEXT, self.SAFE, self.RESTART, self.LOSES, DELETE, begins=False) == [Omission.ORDER]

    def test_is_changed_by_a_second_article(self):
        first, second = QuotedArticle("", f"## Safe things\n\n{DELETE}"), QuotedArticle("", self.RESTART)
        heading, delete, restart = said(first, "Safe things"), said(first, DELETE), said(second, self.RESTART)
        assert omissions_in([restart, heading, delete]) == ()
        assert omissions_in([heading, delete, restart]) == (Omission.ORDER,)
        assert omissions_in([heading, restart, delete]) == (Omission.ORDER,)


class TestTheStructure:
    LEAD = "You may do this:"
    TEXT = f"{LEAD}\n\n1. Restart the host.\n2. {DELETE}"

    def omissions(self, *items: str) -> list[str]:
        article = QuotedArticle("", self.TEXT)
        quotes = (self.LEAD, "Restart the host.", DELETE)
        return list(omissions_in([said(article, *each) for each in zip(quotes, (self.LEAD, *items), strict=True)]))

    def test_is_kept(self):
        assert self.omissions("1. Restart the host.", f"2. {DELETE}") == []
        assert self.omissions("1. Restart the host.", f"9. {DELETE}") == []

    @pytest.mark.parametrize(
        "items",
        [
            ("2. Restart the host.", f"3. {DELETE}"),
            ("1) Restart the host.", f"2. {DELETE}"),
            ("1. Restart the host.", f"   1. {DELETE}"),
            ("- Restart the host.", f"- {DELETE}"),
            ("Restart the host.", DELETE),
        ],
    )
    def test_is_changed_by_other_numbers_marks_and_depths(self, items):
        assert self.omissions(*items) == [Omission.STRUCTURE]

    def test_is_changed_where_a_quotation_becomes_an_item(self):
        article = QuotedArticle("", f"> > {DELETE}")
        assert omissions_in([said(article, DELETE, f"- {DELETE}")]) == (Omission.STRUCTURE,)

    def test_is_changed_by_no_courtesies_around_it(self):
        article = QuotedArticle("", "- Restart the host.")
        item = said(article, "Restart the host.", "- Restart the host.")
        assert omissions_in([PlacedSentence("Hi."), item, PlacedSentence("Write back.")]) == ()
        assert omissions_in(
            [PlacedSentence("Hi."), said(article, "Restart the host.", "- Restart the host.", begins=False)]
        ) == (Omission.STRUCTURE,)
