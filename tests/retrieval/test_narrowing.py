"""However frequent the words are, what is looked at has a bound, and rare words are never lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cairnloop.retrieval import narrowing
from cairnloop.retrieval.lexicon import QueryLexeme, information

COUNT = 1_000_000


def lexeme(word: str, chunks: int) -> QueryLexeme:
    """A word that stands in so many chunks of a million."""
    return QueryLexeme(word, 1, 1, chunks, information(chunks, COUNT))


def test_rare_words_stand_alone_and_frequent_ones_together() -> None:
    words = [lexeme("kenji", 3), lexeme("cancel", 20_000), lexeme("booking", 8_000), lexeme("the", 900_000)]
    query = narrowing.candidates(words, chunk_count=COUNT)
    assert query == "'kenji' | ('booking' & 'cancel')"


def test_when_every_word_is_frequent_they_have_to_stand_together() -> None:
    words = [lexeme("account", 600_000), lexeme("help", 500_000)]
    assert narrowing.candidates(words, chunk_count=COUNT) == "('help' & 'account')"


def test_a_word_that_stands_nowhere_does_not_hide_the_others() -> None:
    words = [lexeme("kenij", 0), lexeme("account", 600_000), lexeme("help", 500_000)]
    assert narrowing.candidates(words, chunk_count=COUNT) == "'kenij' | ('help' & 'account')"


def test_in_a_small_corpus_every_word_counts() -> None:
    words = [QueryLexeme(word, 1, 1, 40, 1.0) for word in ("a", "b", "c")]
    assert narrowing.candidates(words, chunk_count=100) == "'a' | 'b' | 'c'"


@given(st.lists(st.integers(0, COUNT), min_size=1, max_size=300))
def test_words_that_stand_alone_stay_within_the_bound(counts: list[int]) -> None:
    words = [lexeme(f"w{at}", chunks) for at, chunks in enumerate(counts)]
    parts = narrowing.candidates(words, chunk_count=COUNT).split(" | ")
    alone = [part.strip("'") for part in parts if part.startswith("'")]
    known = {each.lexeme: each.chunk_count for each in words}
    if len(words) > 1:
        assert sum(known[word] for word in alone) <= narrowing.bound(words)
    assert all(each.lexeme in alone for each in words if each.chunk_count == 0)


@given(st.integers(1, 300))
def test_every_word_is_weighed_in_a_bounded_number_of_groups(count: int) -> None:
    words = narrowing.kept([lexeme(f"w{at}", at) for at in range(count)])
    groups = list(narrowing.groups(words))
    assert len(groups) <= narrowing.GROUPS
    assert sum(query.count("'") // 2 for query, _ in groups) == len(words)
