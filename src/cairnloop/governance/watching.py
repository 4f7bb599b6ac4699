"""Watching what a tool does to this database: every row, by whatever means it was written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext as _

from cairnloop.core import jobs
from cairnloop.core.transaction_control import nothing_written_elsewhere, transaction_kept
from cairnloop.governance.canonical import Written
from cairnloop.governance.counting import counting
from cairnloop.governance.effects import Effect, Told, effect_of
from cairnloop.governance.installing import unwatched, watched_models
from cairnloop.governance.labels import unsteady_of
from cairnloop.governance.refusals import ENDS_TRANSACTION
from cairnloop.governance.triggers import COUNT, TABLES, TOLD, WATCHING
from cairnloop.governance.validating import NotForeseeable
from cairnloop.hooks.tool import Tool

ROWS = 200
"""How many changes of rows one effect may have: nobody could look at more."""
KEPT_BESIDE = (
    "AuditEntry", "AuditSeal", "ReadMarker", "Draft", "DraftSentence", "Chunk", "ChunkWords", "ChunkVector",
    "ChunkSentence", "Citation", "ResolvedCase", "ResolvedCaseChunk", "ResolvedCaseVector", "Lexeme", "LexiconChange",
    "LexiconTotal", "GapEvent",
)  # fmt: skip
"""What verbs such as `add_note` keep beside what they were asked for: the trail, what was read, what is found, and
drafts that turn stale."""


@dataclass(slots=True)
class Watch:
    """What is being watched. Its effect can be asked for once the block has ended."""

    unsteady: frozenset[str]
    began_at: datetime
    ended_at: datetime
    changes: list[Told] = field(default_factory=list)

    def effect(self, *, beside: Watch | None = None) -> Effect:
        """Return what happened. Of what fills itself at random the tool chose what is the same `beside`, in another
        try of it. Raises NotForeseeable."""
        return effect_of(
            self.changes,
            beside=beside.changes if beside else (),
            unsteady=self.unsteady,
            began_at=self.began_at,
            ended_at=self.ended_at,
        )


@contextmanager
def watching(tool: Tool) -> Iterator[Watch]:
    """Watch every row the block inserts, changes or deletes in the tables the tool writes.

    Deferred constraints are checked at its end. Belongs into a savepoint: if the block raises, the savepoint undoes the
    watching too. Raises NotForeseeable where the effect is too large, reaches tables the tool does not name, or cannot
    be seen whole.
    """
    written = watched_models(tool)
    tables = set(written)
    unseen = unwatched(tables)
    if unseen:
        raise NotForeseeable(
            _("The database does not tell what happens in %(tables)s. Run manage.py migrate, and propose it again.")
            % {"tables": ", ".join(sorted(unseen))}
        )
    locked, now, transaction = _locked_whole(), timezone.now(), _transaction()
    _set(**{WATCHING: str(ROWS), TABLES: f",{','.join(sorted(tables))},", TOLD: "", COUNT: ""})
    watch = Watch(unsteady_of(tool), began_at=now, ended_at=now)
    with transaction_kept(), nothing_written_elsewhere(), counting() as count:
        yield watch
    if _transaction() != transaction:
        raise NotForeseeable(str(ENDS_TRANSACTION))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT current_setting(%s, true), current_setting(%s, true)", [TOLD, COUNT])
        lines, told = cursor.fetchone()
    _set(**{WATCHING: "", TABLES: "", TOLD: "", COUNT: ""})
    _refuse_unwatched(tables, count.written(), told=int(told or 0), locked=_locked_whole() - locked)
    watch.changes = [_told(line, written) for line in (lines or "").split("\n")[:-1]]
    watch.ended_at = timezone.now()


def _refuse_unwatched(tables: set[str], written: dict[str, int], *, told: int, locked: set[str]) -> None:
    beyond = sorted(table for table in written.keys() - tables if not _is_kept_beside(table))
    if beyond:
        raise NotForeseeable(
            _("It would also write to %(tables)s, which it does not name. Its developer has to add that.")
            % {"tables": ", ".join(beyond)}
        )
    if locked:
        raise NotForeseeable(
            _("It would empty, alter or lock a whole table (%(tables)s), which cannot be shown.")
            % {"tables": ", ".join(sorted(locked))}
        )
    if told > ROWS:
        raise NotForeseeable(
            _("It would change %(rows)s rows, and %(limit)s are allowed at once.") % {"rows": told, "limit": ROWS}
        )
    if told != sum(rows for table, rows in written.items() if table in tables):
        raise NotForeseeable(_("Not everything it would change could be seen."))


def _is_kept_beside(table: str) -> bool:
    """True for what comes along with what was asked for, and is nobody's effect. Jobs are watched by themselves."""
    config = apps.get_app_config("cairnloop")
    return table in {config.get_model(name)._meta.db_table for name in KEPT_BESIDE} or (
        table.startswith("procrastinate_") and table != jobs.TABLE
    )


def _transaction() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        return str(cursor.fetchone()[0])


def _locked_whole() -> set[str]:
    """The tables this transaction keeps everybody out of, as TRUNCATE and ALTER do without writing a row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
            " WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'"
            " AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'"
            " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return {name for (name,) in cursor.fetchall()}


def _set(**values: str) -> None:
    each = ", ".join(["set_config(%s, %s, true)"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {each}", [part for pair in values.items() for part in pair])  # constants


def _told(line: str, written: Mapping[str, type[models.Model]]) -> Told:
    row: dict[str, Any] = json.loads(line, parse_float=Written, parse_int=Written)
    model = written[row["table"]]
    for columns in filter(None, (row["before"], row["after"])):
        _spell_moments(model, columns)
    return Told(model=model, before=row["before"], after=row["after"])


def _spell_moments(model: type[models.Model], columns: dict[str, Any]) -> None:
    """Spell moments in one zone: a tool may set another one for its transaction."""
    for each in model._meta.concrete_fields:
        told = columns.get(str(each.column))
        if not isinstance(each, models.DateTimeField) or not isinstance(told, str):
            continue
        # What Python cannot read, such as "infinity", is the same in every zone.
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(told)
            if moment.utcoffset():
                columns[str(each.column)] = moment.astimezone(UTC).isoformat()
