"""What a form sent for a field, as a value for a tool's input. Pure, but for the time zone of the reader."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.forms.utils import from_current_timezone
from django.utils.translation import gettext as _

from cairnloop.core.texts import storable
from cairnloop.web.conversation.tool_fields import Field, Kind

WHOLE = re.compile(r"[+-]?[0-9]{1,100}")
DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
VALUE_CHARS = 20_000
"""More than any input may hold."""


class Unreadable(Exception):
    """What was entered is no value of the field's kind; the text says what would be."""


class Absent(Exception):
    """Nothing was entered, and the tool has a value of its own for that."""


def read(field: Field, sent: Sequence[str]) -> Any:
    """Return the value of a field out of what was sent for it. Raises Unreadable and Absent."""
    if any(storable(text) != text for text in sent):
        raise Unreadable(_("This holds characters that cannot be stored. Remove them."))
    if any(len(text) > VALUE_CHARS for text in sent):
        raise Unreadable(_("This is too long."))
    if field.kind is Kind.SEVERAL:
        return _several(field, sent)
    text = sent[-1].replace("\r\n", "\n") if sent else ""
    if field.kind is Kind.SWITCH:
        return text == "true"
    if not text.strip():
        return _nothing(field)
    return _chosen(field, text) if field.kind is Kind.ONE else value_of(field.kind, text)


def value_of(kind: Kind | None, text: str) -> Any:
    """Return the value a text stands for. Raises Unreadable."""
    plain = text.strip()
    match kind:
        case Kind.WHOLE:
            return _whole(plain)
        case Kind.NUMBER:
            return _number(plain)
        case Kind.DECIMAL:
            if not DECIMAL.fullmatch(plain):
                raise Unreadable(_("Give a number."))
            return plain
        case Kind.SWITCH:
            if plain.lower() not in ("true", "false"):
                raise Unreadable(_("Say yes or no."))
            return plain.lower() == "true"
        case Kind.DAY:
            return _dated(date, plain, _("Give a day that exists."))
        case Kind.TIME:
            return _dated(time, plain, _("Give a time of the day."))
        case Kind.MOMENT:
            return _moment(plain)
        case Kind.EMAIL | Kind.URL:
            return plain
    return text


def _nothing(field: Field) -> Any:
    if not field.may_be_empty:
        # Also where there is a default: what was taken out on purpose must not come back unseen.
        raise Unreadable(_("This is needed."))
    if field.may_be_none:
        return None
    if not field.has_default:
        raise Absent
    return ""


def _chosen(field: Field, text: str) -> Any:
    for option in field.options:
        if option.sent == text:
            return option.value
    raise Unreadable(_("This is not offered here, or not any more. Choose again."))


def _several(field: Field, sent: Sequence[str]) -> list[Any]:
    chosen = [_chosen(field, text) for text in dict.fromkeys(sent)]
    if not chosen and not field.may_be_empty:
        raise Unreadable(_("Choose at least one."))
    return chosen


def _whole(text: str) -> int:
    if not WHOLE.fullmatch(text):
        raise Unreadable(_("Give a whole number."))
    return int(text)


def _number(text: str) -> float:
    try:
        number = float(text) if text.isascii() else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Unreadable(_("Give a number."))
    return number


def _dated(kind: type[date] | type[time], text: str, words: str) -> str:
    try:
        return kind.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Unreadable(words) from error


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else from_current_timezone(moment)).isoformat()
    except (ValueError, OverflowError, ValidationError) as error:
        # Some times do not exist on the day a clock is put forward, and others come twice.
        raise Unreadable(_("Give a day and a time that exist.")) from error
