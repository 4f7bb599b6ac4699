"""A snippet is a span of its text, and what it marks lies in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cairnloop.retrieval.identifiers import identifiers, quoted_phrases
from cairnloop.retrieval.snippets import SNIPPET_CHARS, cut_snippet


@given(st.text(min_size=1, max_size=900), st.dictionaries(st.text(min_size=1, max_size=6), st.floats(0, 9), max_size=5))
def test_a_snippet_is_what_stands_at_its_span(text: str, weights: dict[str, float]) -> None:
    cut = cut_snippet(text, weights)
    assert text[cut.start : cut.end] == cut.snippet.text
    assert len(cut.snippet.text) <= SNIPPET_CHARS
    for start, end in cut.snippet.matches:
        assert 0 <= start < end <= len(cut.snippet.text)


def test_the_sentence_with_the_rarest_words_is_shown() -> None:
    text = "Plans are billed monthly. " * 15 + "The Ridge plan allows 25 members. " + "Write to us. " * 30
    cut = cut_snippet(text, {"plan": 0.2, "ridg": 4.0, "member": 3.0})
    marked = {cut.snippet.text[start:end] for start, end in cut.snippet.matches}
    assert {"Ridge", "members"} <= marked


def test_a_long_query_is_read_about_once() -> None:
    for text in ("1a" * 5_000 + "&", "1" * 10_000, "a" * 10_000, "_1" * 5_000, "a_" * 5_000):
        assert len(identifiers(text)) <= 1
    assert identifiers("1a" * 50_000 + "& ERR_4012") == ("ERR_4012",)


def test_what_has_to_be_found_as_written_is_told_from_words() -> None:
    query = 'My build fails with ERR_4012 in ci-cache (v1.2.3), see /etc/hosts or lin@north.example. "exit code" 12?'
    assert identifiers(query) == ("ERR_4012", "ci-cache", "v1.2.3", "/etc/hosts", "lin@north.example")
    assert quoted_phrases(query) == ("exit code",)
    assert identifiers("How do I cancel my plan and get 5 euros back for 1,000 or 100?") == ()
