"""Emptying the test database after a test that committed, without rebuilding every table and index of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FEW_BYTES = 256 * 1024
OF_THE_MODELS = ("django_content_type", "auth_permission")
"""What Django itself writes after every flush, out of the models alone."""
WHAT_DJANGO_WROTE = """SELECT md5(string_agg(each::text, '' ORDER BY each::text)) FROM (
    SELECT app_label, model, codename, name
    FROM django_content_type LEFT JOIN auth_permission ON content_type_id = django_content_type.id
) AS each"""


def flush_what_was_filled(connection: Any) -> None:
    """Let this connection's flush touch only tables that have rows, and delete where those are few and may be deleted.

    TRUNCATE makes new files for a table and all its indexes, for every table there is at every test that commits.
    Content types and permissions stay as long as no test has changed them: to write them again takes longer than
    all the rest.
    """
    truncate: Callable[..., list[str]] = connection.ops.sql_flush

    def fetched(query: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(query)
            rows: list[Any] = cursor.fetchall()
            return rows

    untouched = fetched(WHAT_DJANGO_WROTE)

    def sql_flush(style: Any, tables: list[str], *, reset_sequences: bool = False, **options: Any) -> list[str]:
        if reset_sequences:
            return truncate(style, tables, reset_sequences=True, **options)
        if fetched(WHAT_DJANGO_WROTE) != untouched:
            return emptying(tables)
        connection.ops.execute_sql_flush(emptying([each for each in tables if each not in OF_THE_MODELS]))
        # Where nothing was flushed, Django writes nothing again.
        return []

    def emptying(tables: list[str]) -> list[str]:
        quote = connection.ops.quote_name
        found = fetched(
            f"SELECT name, pg_relation_size(name::regclass) > {FEW_BYTES} OR EXISTS (SELECT FROM pg_trigger WHERE"
            f" tgrelid = name::regclass AND tgenabled = 'A') FROM ({' UNION ALL '.join(map(filled, tables))})"
        )
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
