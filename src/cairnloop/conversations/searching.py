"""Which conversations hold these words: in their subject, their people's names, or anything said in them.

A rare word is looked up: its index gives every place at once. A word that stands nearly everywhere would give
millions, so for such a word the conversations are gone through instead, newest first, and only so many of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery

from cairnloop.conversations.models import Conversation, ConversationQuerySet, Message
from cairnloop.core.word_query import WordQuery, least_beginning, split_words

FREQUENT_PLACES = 20_000
"""A word that stands in more places than this is frequent: reading all of them would take longer than a page may."""
REACH = 2_000
"""How many conversations are gone through when every word is frequent."""
LARGEST_ID = 2**63 - 1

# Exactly the expressions of the indexes: PostgreSQL uses an expression index only for the very same expression.
IN_CONVERSATION = SearchVector("subject", "customer_name", "customer_ref", "account_name", config="simple")
IN_MESSAGE = SearchVector("text", config="simple")
INDEXES = ("cl_conversation_words", "cl_message_words")

# The statistics of an expression index name its frequent lexemes, each with its share of the rows.
PLACES = """
SELECT asked.number, sum(words.reltuples * common.share)
FROM pg_stats stats
JOIN pg_class words ON words.relname = stats.tablename AND words.relnamespace = stats.schemaname::regnamespace
CROSS JOIN LATERAL unnest(stats.most_common_elems::text::text[], stats.most_common_elem_freqs) common(lexeme, share)
JOIN unnest(%s::text[], %s::boolean[]) WITH ORDINALITY asked(word, is_beginning, number)
    ON common.lexeme = asked.word OR asked.is_beginning AND starts_with(common.lexeme, asked.word)
WHERE stats.tablename = ANY(%s) AND pg_table_is_visible(words.oid)
GROUP BY asked.number
"""

NUMBER = re.compile(r"#?(\d{1,19})")


def search_conversations(conversations: ConversationQuerySet, words: str) -> ConversationQuerySet:
    """Narrow to conversations that hold every word, wherever each stands; the last may be unfinished.

    `42` alone is also an id, `#42` is nothing else. A single word has to be three letters long before
    it may be unfinished; among others one letter will do. When every word is frequent, only conversations
    with activity since `searched_since` are found; a single rare word is enough to search them all.
    """
    wanted = _read(words)
    since = _reach(conversations, wanted)
    numbered = Conversation.objects.filter(pk__in=wanted.ids).values("pk")
    if wanted.ids and not wanted.queries:
        return conversations.filter(pk__in=numbered)
    for query in wanted.rare:
        conversations = conversations.filter(pk__in=_holding(query).union(numbered, all=True))
    if since is not None:
        conversations = conversations.filter(Q(last_activity_at__gte=since) | Q(pk__in=wanted.ids))
    for query in wanted.frequent:
        conversations = _going_through(conversations, query, ids=wanted.ids)
    return conversations


def searched_since(conversations: ConversationQuerySet, words: str) -> datetime | None:
    """Return since when a conversation must have been active for `search_conversations` to look at it.

    None when it looks at all of them, as it does unless every word is frequent.
    """
    return _reach(conversations, _read(words))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was typed: words to look up, words to go through conversations for, and ids that may be meant."""

    rare: tuple[WordQuery, ...] = ()
    frequent: tuple[WordQuery, ...] = ()
    ids: tuple[int, ...] = ()

    @property
    def queries(self) -> tuple[WordQuery, ...]:
        return (*self.rare, *self.frequent)


def _read(words: str) -> _Wanted:
    cleaned = split_words(words)
    ids = _ids(cleaned[0]) if len(cleaned) == 1 else ()
    if ids and cleaned[0].startswith("#"):
        return _Wanted(ids=ids)
    least = least_beginning(cleaned)
    queries = [WordQuery(word) for word in cleaned[:-1]]
    queries += [WordQuery(word, is_beginning=len(word) >= least) for word in cleaned[-1:]]
    frequent = _frequent(queries) if queries else set()
    return _Wanted(
        rare=tuple(query for query in queries if query not in frequent),
        frequent=tuple(query for query in queries if query in frequent),
        ids=ids,
    )


def _frequent(queries: Sequence[WordQuery]) -> set[WordQuery]:
    """Return the words that PostgreSQL's statistics know as frequent; without statistics there are none."""
    with connection.cursor() as cursor:
        cursor.execute(
            PLACES, [[query.word for query in queries], [query.is_beginning for query in queries], list(INDEXES)]
        )
        return {queries[number - 1] for number, places in cursor.fetchall() if places > FREQUENT_PLACES}


def _reach(conversations: ConversationQuerySet, wanted: _Wanted) -> datetime | None:
    if wanted.rare or not wanted.frequent:
        return None
    newest = conversations.order_by("-last_activity_at", "-id").values_list("last_activity_at", flat=True)
    if not newest[REACH : REACH + 1]:
        return None
    moment: datetime = newest[REACH - 1]
    return moment


def _holding(query: WordQuery) -> QuerySet[Any, Any]:
    """Return the ids of conversations in which something matches; perhaps more than once."""
    # A UNION, not an OR: PostgreSQL then answers each part from its own index.
    found = Conversation.objects.annotate(words=IN_CONVERSATION).filter(words=query).values("pk")
    said = Message.objects.annotate(words=IN_MESSAGE).filter(words=query).values("conversation_id")
    return found.union(said, all=True)


def _going_through(
    conversations: ConversationQuerySet, query: WordQuery, *, ids: Sequence[int]
) -> ConversationQuerySet:
    """Look into each conversation in turn, and into no more of them than a page needs."""
    own = Message.objects.filter(conversation=OuterRef("pk"))
    # A value, not an EXISTS: PostgreSQL would turn that into a join, and read every place of the word first.
    said = own.annotate(words=IN_MESSAGE).filter(words=query).values("pk")[:1]
    looked_at = conversations.alias(words=IN_CONVERSATION, said=Subquery(said))
    return looked_at.filter(Q(said__isnull=False) | Q(words=query) | Q(pk__in=ids))


def _ids(word: str) -> tuple[int, ...]:
    number = NUMBER.fullmatch(word)
    return (int(number[1]),) if number and int(number[1]) <= LARGEST_ID else ()
