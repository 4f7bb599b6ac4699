"""Words somebody typed into a search field, as PostgreSQL's full-text search understands them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.search import SearchQuery

WORD_LIMIT = 8
BEGINNING_CHARS = 3
"""Fewer letters are the beginning of a word in nearly every text, and say nothing."""

CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def split_words(typed: str) -> list[str]:
    """Return the words of what was typed, without control characters, `WORD_LIMIT` at most."""
    return CONTROL.sub(" ", typed).split()[:WORD_LIMIT]


def least_beginning(words: Sequence[str]) -> int:
    """Return how many letters the last of `words` needs before it may be unfinished: one will do among others."""
    return BEGINNING_CHARS if len(words) == 1 else 1


class WordQuery(SearchQuery):
    """A tsquery for one word, or for what begins with it.

    The word is quoted, so that nothing in it is an operator. It is asked for twice: as PostgreSQL parses text
    ("well-known" is three lexemes), and as a single lexeme ("lin@north" is the beginning of an address).
    """

    def __init__(self, word: str, *, is_beginning: bool = False) -> None:
        text = f"{_quoted(word)}:*" if is_beginning else _quoted(word)
        super().__init__(text, config="simple", search_type="raw")
        self.word = word.lower()
        self.is_beginning = is_beginning
        self.lexeme = text.lower()

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Return both readings of the word, joined by OR."""
        sql, params = super().as_sql(*args, **kwargs)
        return f"({sql} || %s::tsquery)", [*params, self.lexeme]


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
