"""Assistive evidence: resolved cases of conversations the caller may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from cairnloop.conversations.models import ConversationQuerySet
from cairnloop.retrieval.sources.legs import Scope

FETCH = """
SELECT chunk.id, resolved.conversation_id, resolved.subject, resolved.resolved_at, chunk.index, chunk.text
FROM cairnloop_resolvedcasechunk AS chunk
JOIN cairnloop_resolvedcase AS resolved ON resolved.id = chunk.case_id
WHERE chunk.id = ANY(%s) AND {among}
"""
WORDS_FROM = (
    "cairnloop_resolvedcasechunk AS chunk JOIN cairnloop_resolvedcase AS resolved ON resolved.id = chunk.case_id"
)
VECTORS = "cairnloop_resolvedcasevector"
VECTORS_FROM = (
    f"{VECTORS} AS vector JOIN cairnloop_resolvedcasechunk AS chunk ON chunk.id = vector.chunk_id "
    "JOIN cairnloop_resolvedcase AS resolved ON resolved.id = chunk.case_id"
)


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A part of a resolved case with what is shown of it."""

    chunk_id: int
    conversation_id: int
    subject: str
    resolved_at: datetime
    index: int
    text: str


def scope_for(cases: ConversationQuerySet) -> Scope:
    """Return the cases of exactly these conversations."""
    among, params = _among(cases)
    return Scope(WORDS_FROM, VECTORS_FROM, VECTORS, "chunk.id", "resolved.conversation_id", among, params)


def fetch(chunk_ids: Sequence[int], cases: ConversationQuerySet) -> dict[int, FoundCase]:
    """Return those of the parts that belong to these conversations now, by id."""
    among, params = _among(cases)
    with connection.cursor() as cursor:
        cursor.execute(FETCH.format(among=among), [list(chunk_ids), *params])
        return {row[0]: FoundCase(*row) for row in cursor.fetchall()}


def _among(cases: ConversationQuerySet) -> tuple[str, tuple[Any, ...]]:
    if cases.query.is_empty():
        return "false", ()
    try:
        sql, params = cases.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:  # As of a filter by an empty list, which is seen only here.
        return "false", ()
    return f"resolved.conversation_id IN ({sql})", tuple(params)
