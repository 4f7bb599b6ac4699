"""How many rows a transaction has written to which table: as PostgreSQL counts, less what went back to a savepoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from cairnloop.core.statements import read


@dataclass(slots=True)
class Count:
    """Counts from now on. PostgreSQL itself goes on counting what a savepoint undid."""

    begun: dict[str, int] = field(default_factory=lambda: _written())
    undone: dict[str, int] = field(default_factory=dict)
    standing: dict[str, dict[str, int]] = field(default_factory=dict)
    """What was written, and stood, when each savepoint was set."""

    def written(self) -> dict[str, int]:
        """Return how many rows of each table were written since, and stand."""
        now = _written()
        rows = {table: now[table] - self.begun.get(table, 0) - self.undone.get(table, 0) for table in now}
        return {table: count for table, count in rows.items() if count}

    def note(self, sql: Any) -> None:
        """Take notice of a statement that was sent: of one savepoint set, or gone back to."""
        statements = read(sql) if isinstance(sql, str) else ()
        match [each.leading for each in statements if each.verbs[0] in ("savepoint", "rollback")]:
            case []:
                return
            case [[_, name]] if len(statements) == 1 and statements[0].verbs[0] == "savepoint":
                self.standing[name] = self.written()
            case [[_, _, *rest]] if len(statements) == 1 and rest and rest[-1] in self.standing:
                self.undone, stood = {}, self.standing[rest[-1]]
                now = self.written()
                self.undone = {table: count - stood.get(table, 0) for table, count in now.items()}
            case _:
                # Among other statements, nobody could tell what was written before and what after.
                self.standing.clear()


@contextmanager
def counting() -> Iterator[Count]:
    """Count what the block writes to this database."""
    count = Count()

    def send(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        count.note(sql)
        return result

    with connection.execute_wrapper(send):
        yield count


def _written() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN pg_table_is_visible(relid) THEN relname ELSE schemaname || '.' || relname END,"
            " n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND schemaname NOT LIKE 'pg\\_temp%%'"
        )
        return dict(cursor.fetchall())
