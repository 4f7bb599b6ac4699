"""The triggers through which the database tells what a transactional tool does; see docs/decisions/0013-previews.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, models

from cairnloop.core import jobs
from cairnloop.governance.labels import model_named
from cairnloop.governance.registry import registered_tools
from cairnloop.governance.triggers import FUNCTION, INSTALL_SQL, TRIGGER
from cairnloop.hooks.tool import Tool


def watched_models(tool: Tool) -> dict[str, type[models.Model]]:
    """Return the models a transactional tool says it writes, and that of the jobs it may defer, by their tables."""
    return {model._meta.db_table: model for model in map(model_named, (*tool.writes, jobs.MODEL))}


def install_triggers(**_: Any) -> list[str]:
    """Put the trigger on every table that some tool may write and that has none, and return those tables.

    Runs after each `migrate`. Until somebody watches, a trigger costs one look at a setting per row.
    """
    wanted = set().union(*(watched_models(each) for each in registered_tools().values() if each.transactional))
    if not wanted or not _has_function():
        return []
    missing = sorted(unwatched(wanted) & set(connection.introspection.table_names()))
    for table in missing:
        with connection.cursor() as cursor:
            cursor.execute(INSTALL_SQL.format(table=connection.ops.quote_name(table)))
    return missing


def unwatched(tables: Iterable[str]) -> set[str]:
    """Return the tables among these that have no trigger, or do not exist."""
    wanted = set(tables)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname = %s AND t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid) AND c.relname = ANY(%s)",
            [TRIGGER, list(wanted)],
        )
        return wanted - {name for (name,) in cursor.fetchall()}


def _has_function() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc(%s) IS NOT NULL", [FUNCTION])
        return bool(cursor.fetchone()[0])
