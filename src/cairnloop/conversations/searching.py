"""Which conversations hold these words: in their subject, their people's names, or anything said in them."""

from __future__ import annotations

import re

from django.contrib.postgres.search import SearchQuery, SearchQueryField, SearchVector
from django.db.models import Func, Q, QuerySet, Value

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
    query = words_query(cleaned)
    found = Conversation.objects.annotate(words=IN_CONVERSATION).filter(words=query).values("pk")
    found = found.union(
        Message.objects.annotate(words=IN_MESSAGE).filter(words=query).values("conversation_id"), all=True
    )
    return conversations.filter(Q(pk__in=found) | Q(pk__in=_ids(cleaned)))


def words_query(words: list[str]) -> Func:
    """Return a tsquery that wants every word, the last one as a beginning.

    Each word is quoted, so that nothing in it is an operator. It is asked for twice: as PostgreSQL parses text
    ("well-known" is three lexemes), and as one lexeme ("lin@north" is the beginning of an address).
    """
    quoted = [_quoted(word) for word in words]
    text = " & ".join([*quoted[:-1], f"{quoted[-1]}:*"])
    return Func(
        SearchQuery(text, config="simple", search_type="raw"),
        Value(text.lower()),
        template="(%(expressions)s::tsquery)",
        arg_joiner=" || ",
        output_field=SearchQueryField(),
    )


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _ids(words: list[str]) -> list[int]:
    number = NUMBER.fullmatch(words[0]) if len(words) == 1 else None
    return [int(number[1])] if number and int(number[1]) <= LARGEST_ID else []
