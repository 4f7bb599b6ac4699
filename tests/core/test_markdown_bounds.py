from __future__ import annotations

import re
import sys
from collections.abc import Callable
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it.parser_inline import ParserInline

from cairnloop.core import markdown_bounds
from cairnloop.core.markdown import is_within_bounds, link_targets, parse_blocks, render_article, render_markdown
from cairnloop.core.markdown_bounds import LINES, MARKS_IN_A_BLOCK, MARKS_IN_A_TEXT, marks_in

HOSTILE = st.sampled_from(
    ["*a ", "a* ", "*a_", "**a ", "~~a ", "a~~ ", "[", "[a](", "[*a ", "`a ", "``", "<a", "<!--", "&#1;", "\\", "word "]
)
# The machine may be busy: how long an example takes says nothing.
unhurried = settings(deadline=None, max_examples=20)


def read_inside_lines(text: str, do: Callable[[str], object]) -> list[str]:
    """What the parser of marks is given while `do` is done, block by block."""
    read: list[str] = []

    def note(_parser, source, *_args):
        read.append(source)

    with mock.patch.object(ParserInline, "parse", note):
        do(text)
    return read


def lines_run_for(text: str) -> int:
    """How many lines of code run to render a text."""
    run = 0

    def count(_frame, event, _argument):
        nonlocal run
        run += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        render_article(text)
    finally:
        sys.settrace(before)
    return run


class TestBounds:
    @unhurried
    @given(parts=st.lists(HOSTILE, min_size=1, max_size=4), gap=st.sampled_from(["", "\n", "\n\n"]))
    def test_no_text_gives_the_parser_of_marks_more_than_them(self, parts, gap):
        block = "".join(parts) * (60_000 // len("".join(parts)) // 20) + gap
        for do in (render_article, render_markdown, link_targets, is_within_bounds):
            marks = [marks_in(source) for source in read_inside_lines(block * 20, do)]
            assert all(each <= MARKS_IN_A_BLOCK for each in marks)
            assert sum(marks) <= MARKS_IN_A_TEXT

    def test_many_marked_headings_are_read_up_to_the_end_of_them(self):
        text = ("# " + "*a " * 1_900 + "\n\n") * 40
        assert sum(map(marks_in, read_inside_lines(text, parse_blocks))) <= MARKS_IN_A_TEXT

    @pytest.mark.parametrize(
        "unit", ["# a\n\n", "a\n-\n", "*a_", "~~a ", "[a](", "[*a ", "`a ", "- a\n", "> a\n", "[x]: y\n"]
    )
    def test_work_grows_no_faster_than_the_text(self, unit):
        assert lines_run_for(unit * 800) < 5 * lines_run_for(unit * 200)

    def test_what_is_beyond_is_shown_as_it_was_written(self):
        html = render_article("*first*\n\n" + "*a " * (MARKS_IN_A_BLOCK + 1) + "<b>\n\n*last*")
        assert html.startswith("<p><em>first</em></p>")
        assert "<p>*a *a" in html
        assert "&lt;b&gt;" in html
        assert html.endswith("<p><em>last</em></p>\n")

    def test_lines_beyond_are_one_paragraph_and_keep_their_place(self, monkeypatch):
        monkeypatch.setattr(markdown_bounds, "LINES", 30)
        text = "- a\n" * 30 + "\n*tail* <b>\n- b"
        html = render_article(text)
        assert html.count("<li>") == 30
        assert "<p>*tail* &lt;b&gt;\n- b</p>" in html
        bullets, rest = parse_blocks(text)
        assert text[bullets.start : bullets.end].count("- a") == 30
        assert text[rest.start : rest.end].strip() == "*tail* <b>\n- b"

    def test_tables_beyond_are_text(self, monkeypatch):
        wide = "|".join("a" * 300) + "\n" + "|".join("-" * 300)
        assert "<table>" not in render_article(wide)
        table = "a|b\n-|-\n" + "c|d\n" * 18
        monkeypatch.setattr(markdown_bounds, "CELLS", 20)
        assert "<table>" in render_article(table)
        assert "<table>" not in render_article(table + "c|d\n")

    def test_are_told_apart_from_what_is_within(self):
        assert is_within_bounds("*a* " * 1_000)
        assert not is_within_bounds("*a* " * 1_001)
        assert not is_within_bounds("a\n" * (LINES + 1))

    def test_real_articles_stay_far_below(self):
        from tests.knowledge_base.test_chunking import ARTICLES

        for article in ARTICLES:
            assert is_within_bounds(article["body_md"])
            assert marks_in(article["body_md"]) < MARKS_IN_A_BLOCK


class TestNamesOfHeadings:
    def test_differ_where_the_words_do_not_and_cost_no_search(self):
        text = "# a\n\n" * 300 + "# a-300\n\n# a\n"
        html = render_article(text)
        names = re.findall(r'id="section-(a[-0-9]*)"', html)
        assert names[:3] == ["a", "a-2", "a-3"]
        assert len(set(names)) == len(names) == 302
