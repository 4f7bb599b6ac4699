"""Which conversations hold these words: in their subject, their people's names, or anything said in them."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import QuerySet

from cairnloop.conversations.models import Conversation, Message

WORD_LIMIT = 12
LARGEST_ID = 2**63 - 1

# Exactly the expressions of the indexes: PostgreSQL uses an expression index only for the very same expression.
IN_CONVERSATION = SearchVector("subject", "customer_name", "customer_ref", "account_name", config="simple")
IN_MESSAGE = SearchVector("text", config="simple")

CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
NUMBER = re.compile(r"#?(\d{1,19})")


def search_conversations(conversations: QuerySet[Conversation], words: str) -> QuerySet[Conversation]:
    """Narrow to conversations that hold every word; the last may be unfinished, and `#42` or `42` is also an id."""
    cleaned = CONTROL.sub(" ", words).split()[:WORD_LIMIT]
    if not cleaned:
        return conversations
    query = WordsQuery(cleaned)
    # One subquery, not an OR of several: PostgreSQL answers each part of a UNION from its own index.
    found = Conversation.objects.annotate(words=IN_CONVERSATION).filter(words=query).values("pk")
    said = Message.objects.annotate(words=IN_MESSAGE).filter(words=query).values("conversation_id")
    numbered = Conversation.objects.filter(pk__in=_ids(cleaned)).values("pk")
    return conversations.filter(pk__in=found.union(said, numbered, all=True))


class WordsQuery(SearchQuery):
    """A tsquery that wants every word, the last one as a beginning.

    Each word is quoted, so that nothing in it is an operator. It is asked for twice: as PostgreSQL parses text
    ("well-known" is three lexemes), and as single lexemes ("lin@north" is the beginning of an address).
    """

    def __init__(self, words: list[str]) -> None:
        quoted = [_quoted(word) for word in words]
        text = " & ".join([*quoted[:-1], f"{quoted[-1]}:*"])
        super().__init__(text, config="simple", search_type="raw")
        self.lexemes = text.lower()

    def as_sql(
        self, compiler: Any, connection: Any, function: str | None = None, template: str | None = None
    ) -> tuple[str, list[Any]]:
        """Return both readings of the words, joined by OR."""
        sql, params = super().as_sql(compiler, connection, function, template)
        return f"({sql} || %s::tsquery)", [*params, self.lexemes]


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _ids(words: list[str]) -> list[int]:
    number = NUMBER.fullmatch(words[0]) if len(words) == 1 else None
    return [int(number[1])] if number and int(number[1]) <= LARGEST_ID else []
