"""What a tool does, row by row, as it is shown and compared: bounded, secrets hidden, and the same each time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from django.db import models
from django.db.models.fields import NOT_PROVIDED
from django.utils.translation import gettext as _

from cairnloop.core import jobs
from cairnloop.core.secret_names import names_secret
from cairnloop.core.texts import spelled_out
from cairnloop.core.transactions import undone
from cairnloop.governance.canonical import Written, digest_of, readable, spell
from cairnloop.governance.hiding import HIDDEN
from cairnloop.governance.moments import Window, is_now, window_around
from cairnloop.governance.validating import NotForeseeable

NEW = "new"
NOW = "(now)"
GENERATED = "(generated)"
VALUE_CHARS = 10_000
LIMIT_BYTES = 200_000
"""How large an effect may be, spelled out."""
JOB_SHOWN = ("task_name", "args", "queue_name", "scheduled_at")
JOB_UNSTEADY = frozenset({f"{jobs.MODEL}.scheduled_at"})
"""Most are so and so long from now."""
NUMBERS = (
    models.IntegerField, models.DecimalField, models.FloatField, models.BooleanField, models.DateField,
    models.DurationField,
)  # fmt: skip
SAMPLES = 32
"""How often a default is asked again, to know whether it is random."""


@dataclass(frozen=True, slots=True)
class Told:
    """One change of one row, as the database told it: columns before and after."""

    model: type[models.Model]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens altogether: `{"rows": [{model, doing, key, fields: [{name, before, after}]}]}`, and its digest."""

    shown: dict[str, Any]
    digest: str
    """Without what may come out otherwise each time."""

    @property
    def is_too_large(self) -> bool:
        """True where it could neither be kept nor looked at."""
        return len(spell(self.shown)) > LIMIT_BYTES


class _Unseen(str):
    """A value that is compared by this, and not shown."""


@dataclass(slots=True)
class _Row:
    model: type[models.Model]
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    label: str = ""
    chosen: Collection[str] = ()


def effect_of(
    changes: Sequence[Told],
    *,
    beside: Sequence[Told] = (),
    unsteady: Collection[str] = (),
    began_at: datetime,
    ended_at: datetime,
) -> Effect:
    """Return the effect of changes told in their order: each row once, as it was before all and is after all.

    Keys the database makes up, random defaults and moments of now are named as such, except for those that come out
    the same `beside`, in another try: the tool chose them. `unsteady` models and fields are shown, and left out of the
    digest. Raises NotForeseeable where the changes of a row do not follow one from another.
    """
    rows = _rows_of(changes)
    for row, other in zip(rows, _rows_of(beside), strict=False):
        row.chosen = dict(_filled(row).items() & _filled(other).items())
    labels = _labels_of(_label_new(rows))
    window = window_around(began_at, ended_at)
    shown, compared = [], []
    for row in sorted(rows, key=_place):
        if row.model._meta.label == jobs.MODEL and row.before is None and row.after is not None:
            row.after = _told_of_job(row.after, {key: label for (_table, key), label in labels.items()})
        fields = list(_fields(row, labels, window))
        if not fields and row.before is not None and row.after is not None:
            continue
        name = row.model._meta.label
        is_new_job = name == jobs.MODEL and row.before is None
        doing = "insert" if row.before is None else "delete" if row.after is None else "update"
        told = {"model": name, "doing": doing, "key": row.label or _value(row.model._meta.pk, row.key)}
        shown.append({**_for_reader(told), "fields": [_for_reader(each) for each in fields]})
        if name not in unsteady:
            moving = JOB_UNSTEADY.union(unsteady) if is_new_job else unsteady
            steady = [each for each in fields if f"{name}.{each['name']}" not in moving]
            if steady or doing != "update":
                compared.append({**told, "fields": steady})
    return Effect(shown={"rows": shown}, digest=digest_of(compared))


def leaves_open(shown: Mapping[str, Any] | None) -> bool:
    """True for an effect that, as it is shown, says of a key or field only that it is new, or fills itself."""
    rows = shown["rows"] if shown else []
    return any(row["key"].startswith(NEW) or any(each["after"] == GENERATED for each in row["fields"]) for row in rows)


def _for_reader(told: dict[str, Any]) -> dict[str, Any]:
    # What is compared keeps a sign and its spelling apart, and one secret key and another.
    return {
        name: HIDDEN if isinstance(value, _Unseen) else value and spelled_out(value) for name, value in told.items()
    }


def _is_own_job(row: _Row) -> bool:
    """True for our own jobs: they come along with what was asked for, and do what it says."""
    told = row.after or row.before or {}
    return row.model._meta.label == jobs.MODEL and str(told.get("task_name", "")).startswith(jobs.OWN)


def _told_of_job(after: dict[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """What is shown of a new job; in its arguments, keys of rows made with it are named: they differ each time."""
    told = {name: after[name] for name in JOB_SHOWN}
    return {**told, "args": _relabelled(told["args"], labels)}


def _relabelled(value: Any, labels: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _relabelled(each, labels) for key, each in value.items()}
    if isinstance(value, list):
        return [_relabelled(each, labels) for each in value]
    return labels.get(str(value), value) if isinstance(value, str) else value


def _place(row: _Row) -> tuple[str, bool, str]:
    # New rows stay in the order they were made in: their keys say nothing.
    return row.model._meta.label, bool(row.label), "" if row.label else row.key


def _rows_of(changes: Sequence[Told]) -> list[_Row]:
    return [row for row in _merged(changes) if not _is_own_job(row)]


def _merged(changes: Sequence[Told]) -> list[_Row]:
    rows: dict[tuple[type[models.Model], str], _Row] = {}
    for change in changes:
        column = str(change.model._meta.pk.column)
        old = _text(change.before[column]) if change.before else None
        new = _text(change.after[column]) if change.after else None
        # Who changes a key deletes one row and inserts another.
        for key, before, after in (
            [(old, change.before, change.after)]
            if old == new
            else [(old, change.before, None), (new, None, change.after)]
        ):
            if key is None:
                continue
            earlier = rows.get((change.model, key))
            if earlier is None:
                rows[change.model, key] = _Row(change.model, key, before, after)
                continue
            if earlier.after != before:
                # A trigger of the host changed the same row and was heard first: how the row ends is unknown.
                raise NotForeseeable(
                    _("What it would do to %(table)s could not be followed: a trigger there changes the same rows.")
                    % {"table": change.model._meta.db_table}
                )
            earlier.after = after
    return [row for row in rows.values() if row.before is not None or row.after is not None]


def _filled(row: _Row) -> dict[str, str]:
    """What stands in the key and fields of a new row that fill themselves, whoever filled them."""
    if row.before is not None or row.after is None:
        return {}
    return {
        each.name: _text(row.after[str(each.column)])
        for each in row.model._meta.concrete_fields
        if str(each.column) in row.after and _is_generated(each)
    }


def _label_new(rows: list[_Row]) -> list[_Row]:
    """Name rows whose key is counted, random or secret, and those whose key is one of these: they differ each time."""
    count = 0
    for row in rows:
        if row.before is None and _differs(row):
            count += 1
            row.label = f"{NEW} {count}"
    labels = _labels_of(rows)
    borrowing = [row for row in rows if row.before is None and not row.label]
    # A deferred constraint lets a row come before the one it has its key of; each pass takes one level at least.
    while found := [(row, label) for row in borrowing if (label := _label_of(row.model._meta.pk, row.key, labels))]:
        for row, label in found:
            row.label = labels[row.model._meta.db_table, row.key] = label
        borrowing = [row for row in borrowing if not row.label]
    return rows


def _differs(row: _Row) -> bool:
    key = row.model._meta.pk
    if _is_secret(key) and not key.is_relation:
        return True
    return _is_generated(key) and key.name not in row.chosen


def _labels_of(rows: Sequence[_Row]) -> dict[tuple[str, str], str]:
    """The labels of new rows by table and key: several models may read one table."""
    return {(row.model._meta.db_table, row.key): row.label for row in rows if row.label}


def _label_of(field: models.Field[Any, Any], value: Any, labels: Mapping[tuple[str, str], str]) -> str | None:
    """Return the label of the new row a relation points to, by its key."""
    if not isinstance(field, models.ForeignKey) or not field.target_field.primary_key:
        return None
    return labels.get((field.target_field.model._meta.db_table, _text(value)))


def _fields(row: _Row, labels: dict[tuple[str, str], str], window: Window) -> Iterator[dict[str, Any]]:
    """Yield what differs by field; of one that fills itself at random only that it does."""
    for field in row.model._meta.concrete_fields:
        if field.primary_key:
            continue
        before = row.before.get(str(field.column)) if row.before else None
        after = row.after.get(str(field.column)) if row.after else None
        if before == after:
            continue
        if _is_secret(field) and not field.is_relation:
            yield {"name": field.name, "before": before and HIDDEN, "after": after and HIDDEN}
            continue
        shown = _shown(field, after, labels, window)
        if after is not None and (getattr(field, "auto_now", False) or (row.before is None and _is_generated(field))):
            if isinstance(field, models.DateField | models.TimeField):
                # Another moment, day or time than now was chosen by the tool.
                shown = NOW if is_now(field, after, window) else shown
            elif field.name not in row.chosen and not _label_of(field, after, labels):
                shown = GENERATED
        yield {"name": field.name, "before": _shown(field, before, labels, None), "after": shown}


def _shown(
    field: models.Field[Any, Any],
    value: Any,
    labels: dict[tuple[str, str], str],
    window: Window | None,
) -> str | None:
    if value is None:
        return None
    if field.is_relation:
        return _label_of(field, value, labels) or _value(field, _text(value))
    if window and isinstance(field, models.DateTimeField) and is_now(field, value, window):
        return NOW
    return _cut(readable(masked(value)) if isinstance(field, models.JSONField) else _text(masked(value)))


def _value(field: models.Field[Any, Any], text: str) -> str:
    """Return a key for the reader; of a secret one only what tells it from others."""
    return _Unseen(sha256(text.encode()).hexdigest()) if _is_secret(field) else _cut(text)


def _is_secret(field: models.Field[Any, Any]) -> bool:
    """True for a name that says so, and for a relation to a row whose key is a secret."""
    if isinstance(field, models.ForeignKey):
        return _is_secret(field.target_field)
    return names_secret(str(field.column), of_number=isinstance(field, NUMBERS))


def masked(value: Any) -> Any:
    """Return a JSON value without what is kept under names that look like secrets."""
    if isinstance(value, dict):
        return {key: HIDDEN if _names_secret(key, each) else masked(each) for key, each in value.items()}
    return [masked(each) for each in value] if isinstance(value, list) else value


def _names_secret(key: str, value: Any) -> bool:
    return names_secret(key, of_number=isinstance(value, bool | int | float | Written))


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str) else readable(value)


def _cut(text: str) -> str:
    """Cut a long value for the reader; the digest behind it speaks for the rest."""
    if len(text) <= VALUE_CHARS:
        return text
    return f"{text[:VALUE_CHARS]}… ({len(text)}, {sha256(text.encode()).hexdigest()[:16]})"


@cache
def _is_generated(field: models.Field[Any, Any]) -> bool:
    """True for what comes out otherwise each time a row is inserted: counted keys, random and timed defaults."""
    if isinstance(field, models.AutoField | models.BigAutoField | models.SmallAutoField):
        return True
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return True
    if field.db_default is not NOT_PROVIDED and hasattr(field.db_default, "resolve_expression"):
        return not isinstance(field.db_default, models.Value)
    if not callable(field.default) or field.default is NOT_PROVIDED:
        return False
    if isinstance(field, models.DateField | models.TimeField):
        return True
    # `dict` and the like make the same each time; uuid4, a random name and the clock do not, nor does one of a few
    # colours in so many. One that counts in the database counts nothing here.
    with undone(here_alone=True):
        first = field.default()
        return any(field.default() != first for _again in range(SAMPLES))
