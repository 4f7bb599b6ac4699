"""What code of the host may send while it is tried out: nothing that ends the transaction, that cannot be shown, or
that stays elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from cairnloop.core.driver_guard import driver_guarded
from cairnloop.core.statements import Statement, read

SHOWN = frozenset({
    "select", "insert", "update", "delete", "merge", "with", "values", "table", "copy", "truncate", "lock",
    "notify", "call", "declare", "fetch", "move", "close", "explain", "show", "execute", "deallocate", "savepoint",
    "release",
})  # fmt: skip
"""Statements that read, or whose effect the database tells row by row, or that leave nothing."""
UNSHOWN_CALL = re.compile(
    r"setval|lo_(?:creat|create|from_bytea|put|import|export|unlink|truncate|truncate64|open)|lowrite|dblink(?:_\w+)?",
    re.ASCII,
)
"""Functions whose effect is in no row, or in another database."""
READING = frozenset({
    "select", "with", "values", "table", "declare", "fetch", "move", "close", "explain", "show", "set", "begin",
    "start", "commit", "end", "savepoint", "release", "rollback",
})  # fmt: skip
"""What another database may be asked; with nothing written, how its transaction ends makes no difference."""
WRITING = frozenset({
    "insert", "update", "delete", "merge", "into",
})  # fmt: skip
OWN_SETTINGS = frozenset({
    "session", "role", "transaction", "session_replication_role", "track_counts", "cairnloop",
})  # fmt: skip
"""Settings by which others tell who writes, whether it is told, and how it ends."""
LITERALS = re.compile(r"standard_conforming_strings|backslash_quote|u&\"", re.IGNORECASE)
"""Settings that say where a literal ends, and names that are spelled in another way: no text could be read any more."""
SETS_OURS = re.compile(r"set_config.*(?:cairnloop\.|track_counts|session_replication_role)", re.IGNORECASE | re.DOTALL)
"""The same settings, set by a function."""


class StatementRefused(Exception):
    """A statement was not sent."""


class EndsTransaction(StatementRefused):
    """It would end or change the transaction around it."""


class CannotBeShown(StatementRefused):
    """Its effect is in no row, so that nobody could be shown it."""


class WritesElsewhere(StatementRefused):
    """It goes to another database than Cairnloop's, and is no plain read."""

    def __init__(self, alias: str) -> None:
        super().__init__(alias)
        self.alias = alias


@contextmanager
def transaction_kept(*, rows_alone: bool = True) -> Iterator[None]:
    """Refuse statements of transaction control inside the block; with `rows_alone`, also what has its effect in no row.

    Raises EndsTransaction and CannotBeShown where one is tried, through Django or on the connection of its driver.
    """
    own = connections[DEFAULT_DB_ALIAS]

    def refuse(sql: Any) -> None:
        text = _text_of(sql, own)
        if controls_transaction(text, savepoints=own.savepoint_ids):
            raise EndsTransaction
        if LITERALS.search(text) or _reads_literals_otherwise(own) or (rows_alone and not can_be_shown(text)):
            raise CannotBeShown

    with own.execute_wrapper(_asking(refuse)), driver_guarded(own, refuse, at_end=EndsTransaction):
        yield


@contextmanager
def nothing_written_elsewhere() -> Iterator[None]:
    """Refuse what is no plain read on every other connection of this thread. Raises WritesElsewhere."""
    with ExitStack() as stack:
        for alias in connections:
            if connections[alias] is not connections[DEFAULT_DB_ALIAS]:
                stack.enter_context(_only_read(connections[alias]))
        yield


@contextmanager
def _only_read(other: BaseDatabaseWrapper) -> Iterator[None]:
    def refuse(sql: Any) -> None:
        if not only_reads(_text_of(sql, other)) or (other.vendor == "postgresql" and _reads_literals_otherwise(other)):
            raise WritesElsewhere(other.alias)

    with other.execute_wrapper(_asking(refuse)), driver_guarded(other, refuse):
        yield


def controls_transaction(sql: str, *, savepoints: Collection[str] = ()) -> bool:
    """Return whether a text of SQL holds a statement of transaction control, the first or a later one.

    Savepoints are allowed, but for the names of those that others rely on.
    """
    return any(_is_control(each.verbs) or _names(each.leading, savepoints) for each in read(sql))


def can_be_shown(sql: str) -> bool:
    """Return whether everything a text of SQL does is told row by row, or undone without a trace."""
    return not LITERALS.search(sql) and not SETS_OURS.search(sql) and all(map(_is_shown, read(sql)))


def only_reads(sql: str) -> bool:
    """Return whether a text of SQL is a plain read, as another database may be asked."""
    return not LITERALS.search(sql) and all(map(_reads, read(sql)))


def _is_control(verbs: list[str]) -> bool:
    match verbs:
        case ["begin" | "commit" | "end" | "abort", *_]:
            return True
        case ["start" | "prepare", "transaction", *_] | ["set", "transaction", *_]:
            return True
        case ["set", "local", "transaction", *_] | ["set", "session", "characteristics", *_]:
            return True
        case ["rollback", "to", *_] | ["rollback", "work" | "transaction", "to", *_]:
            return False
        case ["rollback", *_]:
            return True
    return False


def _names(words: list[str], savepoints: Collection[str]) -> bool:
    """True for a savepoint set, released or returned to by a name that is taken: what it undoes would be less."""
    is_savepoint = words[:1] != [] and words[0].lower() in ("savepoint", "release", "rollback")
    return is_savepoint and any(word in savepoints or word.lower() in savepoints for word in words[1:])


def _is_shown(statement: Statement) -> bool:
    if any(map(UNSHOWN_CALL.fullmatch, statement.calls)) or {"pg_settings", "update"} <= statement.words:
        return False
    match statement.verbs:
        case ["copy", *_]:
            # To and from here alone: no file, no program.
            return "program" not in statement.words and not statement.words.isdisjoint({"stdin", "stdout"})
        case ["explain", *_]:
            return "create" not in statement.words
        case ["rollback" | "prepare", *_] | ["set", "constraints" | "search_path", *_]:
            # Where each customer of the host has a schema, the path may be set for every cursor.
            return True
        case ["set", "local", setting, *_]:
            return setting.split(".")[0] not in OWN_SETTINGS
        case ["create", "temp" | "temporary", "table", *_]:
            return True
        case ["create", "local" | "global", "temp" | "temporary", "table", *_]:
            return True
    return statement.verbs[0] in SHOWN


def _reads(statement: Statement) -> bool:
    if any(map(UNSHOWN_CALL.fullmatch, statement.calls)):
        return False
    return statement.verbs[0] in READING and statement.words.isdisjoint(WRITING)


def _asking(refuse: Callable[[Any], None]) -> Callable[..., Any]:
    def send(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        refuse(sql)
        return execute(sql, params, many, context)

    return send


def _text_of(sql: Any, connection: BaseDatabaseWrapper) -> str:
    if isinstance(sql, str):
        return sql
    return sql.decode() if isinstance(sql, bytes) else str(sql.as_string(connection.connection))


def _reads_literals_otherwise(connection: BaseDatabaseWrapper) -> bool:
    """True where a function, or a setting of the host, lets a backslash in a plain literal take what follows."""
    driver = connection.connection
    return driver is not None and driver.info.parameter_status("standard_conforming_strings") == "off"
