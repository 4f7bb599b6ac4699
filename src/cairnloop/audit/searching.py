"""Which entries hold these words: in their action, actor, subject, reason and evidence, over the whole trail.

A rare word is looked up: its index gives every place at once. Where every word stands in very many entries, reading
all of them would take longer than a page may. Then the entries are gone through instead, newest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import starmap
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import QuerySet

from cairnloop.audit.models import ENTRY_WORDS, AuditEntry
from cairnloop.core.transactions import reading
from cairnloop.core.word_query import least_beginning, split_words

FREQUENT_PLACES = 20_000
"""A word that stands in more entries than this is frequent."""
BREAK = re.compile(r"[\W_]+")
EDGES = re.compile(r"^[\W_]+|[\W_]+$")

# The statistics of an expression index name its frequent lexemes, each with its share of the rows.
PLACES = """
SELECT asked.number, sum(words.reltuples * common.share)
FROM pg_stats stats
JOIN pg_class words ON words.relname = stats.tablename AND words.relnamespace = stats.schemaname::regnamespace
CROSS JOIN LATERAL unnest(stats.most_common_elems::text::text[], stats.most_common_elem_freqs) common(lexeme, share)
JOIN unnest(%s::int[], %s::text[], %s::boolean[]) asked(number, word, is_beginning)
    ON common.lexeme = asked.word OR asked.is_beginning AND starts_with(common.lexeme, asked.word)
WHERE stats.tablename = 'cl_audit_words' AND pg_table_is_visible(words.oid)
GROUP BY asked.number
"""


@dataclass(frozen=True, slots=True)
class SoughtWord:
    """A word somebody typed, and the actions whose name on the screen holds it."""

    text: str
    is_beginning: bool
    """It may be unfinished."""
    actions: tuple[str, ...]

    @property
    def lexemes(self) -> list[tuple[str, bool]]:
        """What is looked for: any of these, each whole or as a beginning."""
        return [(self.text, self.is_beginning), *((action, False) for action in self.actions)]


class _Query(SearchQuery):
    """A tsquery that is written out already: to_tsquery would take an action apart."""

    def __init__(self, text: str) -> None:
        super().__init__(text, config="simple", search_type="raw")
        self.text = text

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Return the query as it is."""
        return "%s::tsquery", [self.text]


def read_words(typed: str, *, labels: Mapping[str, str]) -> tuple[SoughtWord, ...]:
    """Return the words of what was typed; the last may be unfinished.

    `labels` says what each action is called on the screen: a word of its label means the action.
    """
    words = [word for word in map(_bare, split_words(typed)) if word]
    said = {action: set(BREAK.split(label.lower())) for action, label in labels.items()}
    last, least = len(words) - 1, least_beginning(words)
    sought = []
    for index, word in enumerate(words):
        is_beginning = index == last and len(word) >= least
        meant = (action for action, its in said.items() if word in its or (is_beginning and _begins(its, word)))
        sought.append(SoughtWord(word, is_beginning, tuple(meant)))
    return tuple(sought)


def holding(entries: QuerySet[AuditEntry], words: Sequence[SoughtWord]) -> QuerySet[AuditEntry]:
    """Narrow to entries that hold every word, wherever each stands."""
    if not words:
        return entries
    query = " & ".join(f"({' | '.join(starmap(_lexeme, word.lexemes))})" for word in words)
    return entries.alias(words=ENTRY_WORDS).filter(words=_Query(query))


def looking_up() -> AbstractContextManager[None]:
    """Run a query for rare words by their index.

    PostgreSQL takes words it knows nothing about for more frequent than they are. Then going through the entries in
    their order looks cheap, and for a word that stands nowhere it is a walk through all of them.
    """
    return reading(enable_indexscan="off")


def are_frequent(words: Sequence[SoughtWord]) -> bool:
    """Return whether every one of `words` stands in very many entries, as far as PostgreSQL's statistics know."""
    if not words:
        return False
    asked = [(index, *lexeme) for index, word in enumerate(words) for lexeme in word.lexemes]
    numbers, lexemes, beginnings = (list(column) for column in zip(*asked, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(PLACES, [numbers, lexemes, beginnings])
        places = dict(cursor.fetchall())
    return all(places.get(index, 0) > FREQUENT_PLACES for index in range(len(words)))


def _bare(word: str) -> str:
    return EDGES.sub("", word.lower())


def _begins(said: Iterable[str], beginning: str) -> bool:
    return any(word.startswith(beginning) for word in said)


def _lexeme(text: str, is_beginning: bool) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}':*" if is_beginning else f"'{escaped}'"
