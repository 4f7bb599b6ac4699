"""Which conversations hold these words: in their subject, their people's names, or anything said in them."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import QuerySet

from cairnloop.conversations.models import Conversation, ConversationQuerySet, Message

WORD_LIMIT = 8
BEGINNING_CHARS = 3
"""Fewer letters are the beginning of a word in nearly every message, and say nothing."""
LARGEST_ID = 2**63 - 1

# Exactly the expressions of the indexes: PostgreSQL uses an expression index only for the very same expression.
IN_CONVERSATION = SearchVector("subject", "customer_name", "customer_ref", "account_name", config="simple")
IN_MESSAGE = SearchVector("text", config="simple")

CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
NUMBER = re.compile(r"#?(\d{1,19})")


def search_conversations(conversations: ConversationQuerySet, words: str) -> ConversationQuerySet:
    """Narrow to conversations that hold every word, wherever each stands; the last may be unfinished.

    `42` alone is also an id, `#42` is nothing else. A single word has to be three letters long before
    it may be unfinished; among others one letter will do.
    """
    cleaned = CONTROL.sub(" ", words).split()[:WORD_LIMIT]
    if len(cleaned) == 1 and cleaned[0].startswith("#") and _ids(cleaned[0]):
        return conversations.filter(pk__in=_ids(cleaned[0]))
    least = BEGINNING_CHARS if len(cleaned) == 1 else 1
    for word in cleaned[:-1]:
        conversations = conversations.filter(pk__in=_holding(WordQuery(word)))
    for word in cleaned[-1:]:
        held = _holding(WordQuery(word, is_beginning=len(word) >= least))
        numbered = Conversation.objects.filter(pk__in=_ids(word) if len(cleaned) == 1 else []).values("pk")
        conversations = conversations.filter(pk__in=held.union(numbered, all=True))
    return conversations


def _holding(query: WordQuery) -> QuerySet[Any, Any]:
    """Return the ids of conversations in which something matches; perhaps more than once."""
    # A UNION, not an OR: PostgreSQL then answers each part from its own index.
    found = Conversation.objects.annotate(words=IN_CONVERSATION).filter(words=query).values("pk")
    said = Message.objects.annotate(words=IN_MESSAGE).filter(words=query).values("conversation_id")
    return found.union(said, all=True)


class WordQuery(SearchQuery):
    """A tsquery for one word, or for what begins with it.

    The word is quoted, so that nothing in it is an operator. It is asked for twice: as PostgreSQL parses text
    ("well-known" is three lexemes), and as a single lexeme ("lin@north" is the beginning of an address).
    """

    def __init__(self, word: str, *, is_beginning: bool = False) -> None:
        text = f"{_quoted(word)}:*" if is_beginning else _quoted(word)
        super().__init__(text, config="simple", search_type="raw")
        self.lexeme = text.lower()

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Return both readings of the word, joined by OR."""
        sql, params = super().as_sql(*args, **kwargs)
        return f"({sql} || %s::tsquery)", [*params, self.lexeme]


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _ids(word: str) -> list[int]:
    number = NUMBER.fullmatch(word)
    return [int(number[1])] if number and int(number[1]) <= LARGEST_ID else []
