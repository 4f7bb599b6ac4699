from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairnloop.retrieval.evidence import Snippet
from cairnloop.web.search.marking import (
    best_sentence,
    mark_markdown,
    mark_spans,
    mark_words,
    passage_parts,
    plain,
    words_of,
)

PASSAGE = """## Runs skipped for seats

When all seats are in use, new runs are marked skipped.

A run that was skipped does not restart by itself. Open it under CI, Runs.

- Push an empty commit instead.
- Or wait for a seat."""


class TestMarking:
    def test_escapes_everything_but_its_own_marks(self):
        hostile = '<img src=x onerror="alert(1)"> <script>seat</script> & "seat"'
        marked = mark_words(hostile, {"seat", "script"})
        assert "<mark>seat</mark>" in marked
        assert marked.replace("<mark>", "").replace("</mark>", "").count("<") == 0
        assert mark_spans(hostile, [(0, 4), (30, 37)]).startswith("<mark>&lt;img</mark>")

    @pytest.mark.parametrize("spans", [[(3, 2)], [(-1, 2)], [(0, 99)], [(2, 2)]])
    def test_leaves_out_spans_that_are_none(self, spans):
        assert mark_spans("plain text", spans) == "plain text"

    def test_marks_what_overlaps_once(self):
        assert mark_spans("abcdef", [(1, 3), (2, 5)]) == "a<mark>bc</mark>def"

    def test_knows_the_words_of_the_query_and_the_forms_that_were_found(self):
        words = words_of("skip Seats?", Snippet("A skipped run", ((2, 9),)))
        assert words == {"skip", "seats", "skipped"}


class TestMarkdown:
    @pytest.mark.parametrize(
        ("text", "marked", "shown"),
        [
            ("See [seats and who](../a/seats.md).", "seats", "See <mark>seats</mark> and who."),
            ("**At the end** is `skipped`, ~~not~~ *run*", "skipped", "At the end is <mark>skipped</mark>, not run"),
            ("| `ERR_4013` | Skipped by a filter |", "Skipped", "ERR_4013 · <mark>Skipped</mark> by a filter"),
            ("| Before | After |\n|---|---|\n| 16 | 14 |", "After", "Before · <mark>After</mark> · 16 · 14"),
            ("- Days that are left. - Minutes", "Days", "<mark>Days</mark> that are left. Minutes"),
            ("a * b costs 2 - 1, a_b", "costs", "a * b <mark>costs</mark> 2 - 1, a_b"),
            ("<b>[x](javascript:alert(1))</b>", "x", "&lt;b&gt;[<mark>x</mark>](javascript:alert(1))&lt;/b&gt;"),
        ],
    )
    def test_is_shown_as_the_words_a_reader_sees(self, text, marked, shown):
        at = text.index(marked)
        assert mark_markdown(text, [(at, at + len(marked))]) == shown

    @pytest.mark.parametrize("run", ["[", "-", "| ", "# ", "> ", "*", "`", "[](", "- ", "\n- ", "|-", " "])
    def test_is_read_about_once_however_long_a_run_of_signs(self, run):
        text = f"a {run * 200_000}x"
        assert mark_markdown(text, []).endswith("x")
        assert passage_parts(text, None, limit=4)
        assert plain(text)

    @given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
    def test_never_lets_markup_through(self, text, start, end):
        html = mark_markdown(text, [(start, end)]).replace("<mark>", "").replace("</mark>", "")
        assert "<" not in html and ">" not in html.replace("&gt;", "")


class TestTheBestSentence:
    def sentence(self, *words: str) -> str | None:
        span = best_sentence(PASSAGE, frozenset(words))
        return PASSAGE[slice(*span)] if span else None

    def test_holds_most_of_the_words(self):
        assert self.sentence("run", "skipped", "restart") == "A run that was skipped does not restart by itself."

    def test_may_be_an_item_of_a_list(self):
        assert self.sentence("empty", "commit") == "- Push an empty commit instead."
        parts = passage_parts(PASSAGE, best_sentence(PASSAGE, frozenset({"empty", "commit"})), limit=9)
        assert "<mark>Push an empty commit instead.</mark>" in next(str(part.html) for part in parts if part.is_best)
        assert plain("- Push an empty\n  commit instead.") == "Push an empty commit instead."

    def test_is_none_where_no_word_stands(self):
        assert self.sentence("refund") is None

    def test_stands_out_among_its_neighbours(self):
        parts = passage_parts(PASSAGE, best_sentence(PASSAGE, frozenset({"restart"})), limit=3)
        assert [part.is_best for part in parts] == [False, True, False]
        best = "<mark>A run that was skipped does not restart by itself.</mark>"
        assert parts[1].html == f"{best} Open it under CI, Runs."

    def test_leaves_the_beginning_of_a_passage_without_one(self):
        parts = passage_parts(PASSAGE, None, limit=2)
        assert str(parts[0].html) == "Runs skipped for seats"
        assert not any(part.is_best for part in parts)
