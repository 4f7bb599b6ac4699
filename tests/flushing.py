"""Emptying the test database after a test that committed, without rebuilding every table and index of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FEW_BYTES = 256 * 1024


def flush_what_was_filled(connection: Any) -> None:
    """Let this connection's flush touch only tables that have rows, and delete where those are few and may be deleted.

    TRUNCATE makes new files for a table and all its indexes, for every table there is at every test that commits.
    """
    truncate: Callable[..., list[str]] = connection.ops.sql_flush

    def sql_flush(style: Any, tables: list[str], *, reset_sequences: bool = False, **options: Any) -> list[str]:
        if reset_sequences:
            return truncate(style, tables, reset_sequences=True, **options)
        quote = connection.ops.quote_name
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT name, pg_relation_size(name::regclass) > {FEW_BYTES} OR EXISTS (SELECT FROM pg_trigger WHERE"
                f" tgrelid = name::regclass AND tgenabled = 'A') FROM ({' UNION ALL '.join(map(filled, tables))})"
            )
            found = cursor.fetchall()
        few = [f"DELETE FROM {quote(name)}" for name, is_truncated in found if not is_truncated]
        many = [quote(name) for name, is_truncated in found if is_truncated]
        # As a replica no foreign key is looked at: everything that refers to anything goes as well.
        return [
            "SET LOCAL session_replication_role = replica",
            *few,
            "SET LOCAL session_replication_role = origin",
            *([f"TRUNCATE {', '.join(many)} CASCADE"] if many else []),
        ]

    def filled(table: str) -> str:
        return f"SELECT '{table}' AS name WHERE EXISTS (SELECT FROM {connection.ops.quote_name(table)})"

    connection.ops.sql_flush = sql_flush
