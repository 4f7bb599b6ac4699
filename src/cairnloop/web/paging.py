"""Keyset pagination: the next page begins after the last row, whatever was inserted or removed meanwhile."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import CharField, DateTimeField, Model, Q, QuerySet
from django.utils.timezone import is_aware

from cairnloop.core.errors import InvalidInput
from cairnloop.core.texts import refuse_unstorable

Row = TypeVar("Row", bound=Model)
Rows = TypeVar("Rows", bound="QuerySet[Any]")

CURSOR_CHARS = 1_500
"""Enough for the longest title in any script."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and where the rest begins: an empty cursor means that there is no more."""

    rows: list[Row]
    next_cursor: str


def cursor_of(row: Model, *, ordering: Sequence[str]) -> str:
    """Return the place of a row in an ordering: the page behind it begins there."""
    return _write(row, ordering)


def until(queryset: Rows, cursor: str, *, ordering: Sequence[str]) -> Rows:
    """Narrow to the rows up to and with the place a cursor names; to none for a damaged one."""
    position = _read(cursor, queryset, ordering)
    return queryset.none() if position is None else queryset.filter(_until(list(zip(ordering, position, strict=True))))


def behind(queryset: Rows, cursor: str, *, ordering: Sequence[str]) -> Rows:
    """Narrow to the rows behind the place a cursor names; to all of them for a damaged one."""
    position = _read(cursor, queryset, ordering)
    if position is None:
        return queryset
    return queryset.filter(_behind(queryset, list(zip(ordering, position, strict=True))))


def page_after(queryset: QuerySet[Row], cursor: str, *, ordering: Sequence[str], size: int) -> Page[Row]:
    """Return the page behind `cursor`, in an ordering that ends with a unique column; no OFFSET and no COUNT.

    A cursor that is damaged or belongs to another ordering gives the first page. Null sorts last.
    """
    rows = list(behind(queryset, cursor, ordering=ordering).order_by(*ordering)[: size + 1])
    has_more = len(rows) > size
    rows = rows[:size]
    return Page(rows, _write(rows[-1], ordering) if has_more else "")


def _behind(queryset: QuerySet[Any], position: list[tuple[str, Any]]) -> Q:
    (column, value), *rest = position
    name = column.removeprefix("-")
    if value is None:
        return Q(**{f"{name}__isnull": True}) & _behind(queryset, rest)
    direction = "lt" if column.startswith("-") else "gt"
    beyond = Q(**{f"{name}__{direction}": value})
    if not rest:
        return beyond
    # The outer bound is implied by the inner ones; it is what PostgreSQL can use to enter the index.
    within = Q(**{f"{name}__{direction}e": value})
    found = within & (beyond | (Q(**{name: value}) & _behind(queryset, rest)))
    return found | Q(**{f"{name}__isnull": True}) if direction == "gt" and _field(queryset, name).null else found


def _until(position: list[tuple[str, Any]]) -> Q:
    (column, value), *rest = position
    name = column.removeprefix("-")
    if value is None:
        return Q(**{f"{name}__isnull": False}) | _until(rest)
    direction = "gt" if column.startswith("-") else "lt"
    within = Q(**{f"{name}__{direction}e": value})
    return within & (Q(**{f"{name}__{direction}": value}) | _until(rest)) if rest else within


def _write(row: Model, ordering: Sequence[str]) -> str:
    values = [getattr(row, column.removeprefix("-")) for column in ordering]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps([*ordering, *plain], ensure_ascii=False).encode()).decode().rstrip("=")


def _read(cursor: str, queryset: QuerySet[Any], ordering: Sequence[str]) -> list[Any] | None:
    if not cursor or len(cursor) > CURSOR_CHARS:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        stored = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    width = len(ordering)
    if not isinstance(stored, list) or len(stored) != 2 * width or stored[:width] != list(ordering):
        return None
    try:
        return [_value(queryset, column, value) for column, value in zip(ordering, stored[width:], strict=True)]
    except (InvalidInput, ValidationError, TypeError, ValueError, OverflowError):
        return None


def _value(queryset: QuerySet[Any], column: str, stored: Any) -> Any:
    field = _field(queryset, column.removeprefix("-"))
    if stored is None:
        if not field.null:
            raise ValueError(column)
        return None
    if isinstance(field, DateTimeField):
        moment = datetime.fromisoformat(stored)
        if not is_aware(moment):
            raise ValueError(column)
        return moment.astimezone(UTC)
    if isinstance(field, CharField):
        refuse_unstorable(stored)
        return stored
    if type(stored) is not int:
        raise ValueError(column)
    return stored


def _field(queryset: QuerySet[Any], name: str) -> Any:
    annotation = queryset.query.annotations.get(name)
    return annotation.output_field if annotation else queryset.model._meta.get_field(name)
