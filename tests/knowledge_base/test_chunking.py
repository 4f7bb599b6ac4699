from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairnloop.core.markdown import parse_blocks
from cairnloop.knowledge_base.chunking import MAX_TOKENS, Piece, chunk
from cairnloop.knowledge_base.measuring import estimate_tokens
from cairnloop.knowledge_base.sentences import sentence_spans

ARTICLES = [json.loads(line) for line in (Path(__file__).parent / "data" / "articles.jsonl").read_text().splitlines()]

NAMES = st.sampled_from(["Refunds", "Fees & taxes", "`api_key`", "**Bold** one", "Slow #2"])
SENTENCES = st.sampled_from(
    [
        "It takes a day.",
        "Ask Dr. Brandt, e.g. by mail!",
        "Nobody pays 3.50 for this, do they?",
        "Use `cairn run. Now` or [the page. Here](https://trailmark.example/a.b).",
        "Version 1. 2. and 3. Are the same (really).",
        "数字は三つあります。",
        "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen.",
    ]
)
PARAGRAPHS = st.lists(SENTENCES, min_size=1, max_size=8).map(" ".join)
HEADINGS = st.builds("{} {}".format, st.sampled_from(["#", "##", "###", "####"]), NAMES)
LISTS = st.lists(SENTENCES, min_size=1, max_size=8).map(lambda items: "\n".join(f"- {item}" for item in items))
NESTED = LISTS.map(lambda items: "1. Do this:\n" + items.replace("- ", "   - "))
FENCES = st.lists(st.sampled_from(["x = 1. Y", "", "# no heading", "    deep"]), max_size=8).map(
    lambda lines: "\n".join(["```python", *lines, "```"])
)
TABLES = st.lists(SENTENCES, min_size=1, max_size=6).map(
    lambda cells: "\n".join(["| a | b |", "| --- | --- |", *(f"| {cell} | 2 |" for cell in cells)])
)
QUOTES = PARAGRAPHS.map(lambda text: f"> {text}")
ODDITIES = st.sampled_from(
    ["---", "[ref]: https://trailmark.example 'A title'", "Title\n---", "x" * 300, "<b>raw</b>", ":::"]
)
BLOCKS = st.one_of(PARAGRAPHS, HEADINGS, LISTS, NESTED, FENCES, TABLES, QUOTES, ODDITIES)
TEXTS = st.lists(BLOCKS, max_size=10).map("\n\n".join)
WILD = st.text(st.sampled_from("ab.!? \n\t#-*|`>1[]():\\é漢。"), max_size=200)
# The machine may be busy: how long an example takes says nothing.
unhurried = settings(deadline=None)
BUDGETS = st.sampled_from([1, 5, 20, 60, MAX_TOKENS])


def body_of(text: str) -> set[int]:
    """Where everything stands that is neither white space nor part of a heading of level 1 to 3."""
    inside = {at for at, letter in enumerate(text) if not letter.isspace()}
    for block in parse_blocks(text):
        if 1 <= block.level <= 3:
            inside -= set(range(block.start, block.end))
    return inside


def rules_of(text: str, pieces: list[Piece]) -> set[int]:
    """Where lines stand that only divide, in sections that say nothing else."""
    covered = {at for piece in pieces for at in range(piece.start, piece.end)}
    return {at for at in body_of(text) - covered if text[at] in "-*_"}


def check(text: str, pieces: list[Piece]) -> None:
    for piece in pieces:
        assert 0 <= piece.start < piece.end <= len(text)
        assert text[piece.start : piece.end].strip()
        assert not text[piece.end - 1].isspace()
        assert piece.token_count == estimate_tokens(text[piece.start : piece.end])
    assert all(one.end <= two.start for one, two in pairwise(pieces))
    covered = {at for piece in pieces for at in range(piece.start, piece.end)}
    assert body_of(text) - rules_of(text, pieces) <= covered
    headings = [block for block in parse_blocks(text) if 1 <= block.level <= 3]
    assert not covered & {at for block in headings for at in range(block.start, block.end)}


class TestChunk:
    @unhurried
    @given(text=st.one_of(TEXTS, WILD), budget=BUDGETS)
    def test_puts_every_character_but_headings_into_exactly_one_part(self, text, budget):
        check(text, chunk("Title", text, max_tokens=budget))

    @unhurried
    @given(text=TEXTS, title=st.sampled_from(["T", "A long title " * 12]), budget=st.sampled_from([20, 60, MAX_TOKENS]))
    def test_bounds_a_part_together_with_what_stands_above_it(self, text, title, budget):
        for piece in chunk(title, text, max_tokens=budget):
            above = estimate_tokens(" ".join((title, *piece.heading_path)))
            assert piece.token_count <= max(budget - above, budget // 2)

    @unhurried
    @given(text=TEXTS)
    def test_begins_and_ends_a_part_where_a_block_a_sentence_or_a_line_does(self, text):
        pieces = chunk("Title", text, max_tokens=60)
        ends = {at for block in parse_blocks(text) for _, at in sentence_spans(text, block.start, block.end)}
        starts = {at for block in parse_blocks(text) for at, _ in sentence_spans(text, block.start, block.end)}
        for piece in pieces:
            at_line_end = text[piece.end : piece.end + 1] in ("", "\n")
            at_line_start = piece.start == 0 or text[piece.start - 1] == "\n"
            assert at_line_end or piece.end in ends or _is_long_word(text, piece.end)
            assert at_line_start or piece.start in starts or _is_long_word(text, piece.start)

    @unhurried
    @given(before=PARAGRAPHS, whole=st.one_of(LISTS, FENCES, TABLES), after=PARAGRAPHS)
    def test_keeps_lists_tables_and_code_whole_where_they_fit(self, before, whole, after):
        text = f"{before}\n\n{whole}\n\n{after}"
        budget = max(estimate_tokens(whole), 20) + 1
        first = text.index(whole, len(before))
        holding = [
            piece
            for piece in chunk("T", text, max_tokens=budget + 1)
            if piece.start < first + len(whole.rstrip()) and piece.end > first
        ]
        assert len(holding) == 1

    def test_follows_headings_of_three_levels(self):
        text = "Intro.\n\n# One\n\nA.\n\n### Deep `code`\n\nB.\n\n#### Deeper\n\nC.\n\nTwo\n---\n\nD.\n\n```\n# no\n```"
        assert [(piece.heading_path, text[piece.start : piece.end]) for piece in chunk("Title", text)] == [
            ((), "Intro."),
            (("One",), "A."),
            (("One", "Deep code"), "B.\n\n#### Deeper\n\nC."),
            (("One", "Two"), "D.\n\n```\n# no\n```"),
        ]

    def test_does_not_repeat_the_title_as_a_heading(self):
        assert chunk("Refunds", "# refunds\n\n## Fast\n\nx")[0].heading_path == ("Fast",)

    def test_keeps_what_leads_to_a_list_with_it(self):
        first = "Word " * 50 + "end."
        text = f"{first}\n\nDo this:\n\n- one\n- two\n\n#### Then\n\nThat."
        parts = [text[piece.start : piece.end] for piece in chunk("T", text, max_tokens=56)]
        assert parts[0] == first
        assert "Do this:\n\n- one\n- two" in parts[1]

    def test_cuts_a_long_list_between_items_and_a_long_item_between_sentences(self):
        items = [f"- Step {n} is short." for n in range(6)]
        long = "- " + " ".join(f"Sentence {n} goes on and on." for n in range(12))
        text = "\n".join([*items, long])
        parts = [text[piece.start : piece.end] for piece in chunk("T", text, max_tokens=40)]
        assert all(part.startswith(("- ", "Sentence")) and part.endswith(".") for part in parts)
        assert len(parts) > 3

    def test_cuts_a_long_table_between_rows_and_leaves_its_head_with_the_first(self):
        rows = [f"| row {n} | value {n} |" for n in range(20)]
        text = "\n".join(["| name | value |", "| --- | --- |", *rows])
        parts = [text[piece.start : piece.end] for piece in chunk("T", text, max_tokens=50)]
        assert "| row 0 |" in parts[0]
        assert all(part.startswith("|") and part.endswith("|") for part in parts)

    def test_cuts_a_sentence_between_words_only_when_it_is_too_long_by_itself(self):
        sentence = "word " * 100 + "end."
        text = f"Short one. {sentence}"
        parts = [text[piece.start : piece.end] for piece in chunk("T", text, max_tokens=30)]
        assert len(parts) > 3
        assert " ".join(parts) == text

    def test_makes_parts_of_about_the_same_size(self):
        text = " ".join(f"Sentence number {n} is here." for n in range(60))
        sizes = [piece.token_count for piece in chunk("T", text, max_tokens=200)]
        assert min(sizes) > 0.7 * max(sizes)


class TestRealArticles:
    @pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article["id"])
    def test_are_cut_as_promised(self, article):
        text = article["body_md"]
        pieces = chunk(article["title"], text)
        check(text, pieces)
        assert max(piece.token_count for piece in pieces) <= MAX_TOKENS
        for piece in pieces:
            # Every part of these ends where its line does, or a sentence.
            assert text[piece.end : piece.end + 1] in ("", "\n") or text[piece.end - 1] in '.!?:)"'


class TestSentences:
    @pytest.mark.parametrize(
        ("text", "sentences"),
        [
            ("One. Two! Three?", ["One.", "Two!", "Three?"]),
            ('He said "No." Then he left.', ['He said "No."', "Then he left."]),
            ("See e.g. Paris, Dr. Brandt or A. Brandt. Done.", ["See e.g. Paris, Dr. Brandt or A. Brandt.", "Done."]),
            ("1. First. 2. Second.", ["1. First.", "2. Second."]),
            (
                "Read `a. B` and [c. D](https://x.example/e. F). End.",
                ["Read `a. B` and [c. D](https://x.example/e. F).", "End."],
            ),
            ("version 2.0 is out. it works.", ["version 2.0 is out. it works."]),
            ("はい。いいえ。", ["はい。", "いいえ。"]),
            ("**Bold one.** Next…\nLast", ["**Bold one.**", "Next…", "Last"]),
        ],
    )
    def test_end_where_a_reader_would_say_so(self, text, sentences):
        assert [text[start:end] for start, end in sentence_spans(text, 0, len(text))] == sentences

    def test_are_found_in_a_run_of_marks_as_fast_as_in_words(self):
        """It takes minutes where every mark is tried as the first one."""
        text = "Wait " + "." * 60_000 + "what"
        assert sentence_spans(text, 0, len(text)) == [(0, len(text))]


def _is_long_word(text: str, at: int) -> bool:
    start = max(text.rfind(" ", 0, at), text.rfind("\n", 0, at)) + 1
    return estimate_tokens(text[start : at + 100].split()[0]) > 20
