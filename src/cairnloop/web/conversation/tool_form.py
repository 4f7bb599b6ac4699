"""The form in which an operator proposes an action: one field for each of the tool's input, with what was entered."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from cairnloop.core.secret_names import names_secret
from cairnloop.governance.validating import WHOLE, checked_input
from cairnloop.hooks.tool import Tool
from cairnloop.web.conversation.composer import Notice
from cairnloop.web.conversation.tool_fields import Field, Kind
from cairnloop.web.conversation.tool_reading import Absent, Unreadable, read

PREFIX = "in-"
"""Before the name of each field, so that none is taken for what the form itself sends."""
INPUT_TYPES = {
    Kind.LINE: "text",
    Kind.EMAIL: "email",
    Kind.URL: "url",
    Kind.SECRET: "password",
    Kind.WHOLE: "number",
    Kind.NUMBER: "number",
    Kind.DECIMAL: "number",
    Kind.DAY: "date",
    Kind.TIME: "time",
    Kind.MOMENT: "datetime-local",
}
NUMBERS = {Kind.WHOLE, Kind.NUMBER, Kind.DECIMAL}


@dataclass(frozen=True, kw_only=True, slots=True)
class Entered:
    """What was entered, as the tool's input, and what is wrong with it by field."""

    values: Mapping[str, Any]
    errors: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One field as it is shown."""

    dom_id: str
    name: str
    kind: Kind
    input_type: str
    label: str
    hint: str
    error: str
    is_optional: bool
    has_blank: bool
    """Whether "nothing" stands first in a list to choose from."""
    text: str
    choices: Sequence[tuple[str, Any, bool]]
    """What is offered: what is sent for it, its label, and whether it is chosen."""
    least: str
    most: str
    step: str
    longest: str
    takes_focus: bool = False

    @property
    def described_by(self) -> str:
        """The ids of its hint and its error."""
        parts = (("hint", self.hint), ("error", self.error))
        return " ".join(f"{self.dom_id}-{part}" for part, words in parts if words)


def entered_in(tool: Tool, fields: Sequence[Field], data: QueryDict) -> Entered:
    """Return what a form holds, with what its fields and the tool object to. Nothing is written."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in fields:
        try:
            values[field.key] = read(field, data.getlist(f"{PREFIX}{field.key}"))
        except Unreadable as error:
            errors[field.key] = str(error)
        except Absent:
            continue
    for place, words in checked_input(tool, values).errors.items():
        key = _field_at(place, fields)
        # One that could not be read is missing for the tool, and known here already.
        if key not in errors and not (key == WHOLE and errors):
            errors[key] = _objection(key, words)
    return Entered(values=values, errors=errors)


def blank_entries(fields: Sequence[Field]) -> tuple[Entry, ...]:
    """Return the fields with their defaults."""
    sent = {field.key: _default(field) for field in fields}
    return tuple(_entry(field, number, sent[field.key], "", number == 0) for number, field in enumerate(fields))


def refused_entries(fields: Sequence[Field], data: QueryDict, errors: Mapping[str, str]) -> tuple[Entry, ...]:
    """Return the fields with what was entered, secrets aside, and what is wrong with each."""
    first = next((field.key for field in fields if field.key in errors), fields[0].key if fields else "")
    return tuple(
        _entry(field, number, _kept(field, data), errors.get(field.key, ""), field.key == first)
        for number, field in enumerate(fields)
    )


def notice_of(fields: Sequence[Field], errors: Mapping[str, str]) -> Notice:
    """Return what is wrong in a few words, for those who do not see the fields at once."""
    marked = [field.label for field in fields if field.key in errors]
    text = errors.get(WHOLE, "")
    if marked:
        text = f"{text} {_('Look at: %(fields)s.') % {'fields': ', '.join(marked)}}".strip()
    return Notice(_("Not proposed."), text)


def new_token() -> str:
    """Return a random token: a form that is sent twice proposes once."""
    return secrets.token_urlsafe(16)


def _field_at(place: str, fields: Sequence[Field]) -> str:
    keys = (field.key for field in fields if place == field.key or place.startswith(f"{field.key}."))
    return next(keys, WHOLE)


def _objection(key: str, words: Sequence[str]) -> str:
    # What a tool says of a secret may repeat it.
    return _("This is not right.") if names_secret(key) else " ".join(words)


def _kept(field: Field, data: QueryDict) -> list[str]:
    return [] if field.kind is Kind.SECRET else data.getlist(f"{PREFIX}{field.key}")


def _default(field: Field) -> list[str]:
    default = field.default
    if default is None:
        return []
    if field.kind in (Kind.ONE, Kind.SEVERAL):
        wanted = default if isinstance(default, list) else [default]
        return [option.sent for option in field.options if option.value in wanted]
    if field.kind is Kind.SWITCH:
        return ["true"] if default else []
    if field.kind is Kind.SECRET:
        return []
    return [_local(str(default)) if field.kind is Kind.MOMENT else str(default)]


def _local(text: str) -> str:
    """A moment as a field of a browser holds it: in the reader's time zone, without naming it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return f"{timezone.localtime(moment) if timezone.is_aware(moment) else moment:%Y-%m-%dT%H:%M}"


def _plain(number: Any) -> str:
    """A number as HTML wants it, whatever the language of the page."""
    return "" if number is None else str(number)


def _entry(field: Field, number: int, sent: Sequence[str], error: str, takes_focus: bool) -> Entry:
    hint = field.help
    if field.kind is Kind.MOMENT:
        zone = _("In the time zone %(zone)s.") % {"zone": timezone.get_current_timezone_name()}
        hint = f"{hint} {zone}".strip()
    return Entry(
        dom_id=f"proposing-{number}",
        name=f"{PREFIX}{field.key}",
        kind=field.kind,
        input_type=INPUT_TYPES.get(field.kind, ""),
        label=field.label,
        hint=hint,
        error=error,
        is_optional=field.may_be_empty and field.kind is not Kind.SWITCH,
        # Without it a browser chooses the first of a list by itself, where nothing valid was chosen.
        has_blank=field.may_be_empty or not any(option.sent in sent for option in field.options),
        text=sent[-1] if sent else "",
        choices=tuple((option.sent, option.label, option.sent in sent) for option in field.options),
        least=_plain(field.least) if field.kind in NUMBERS else "",
        most=_plain(field.most) if field.kind in NUMBERS else "",
        step="" if field.kind not in NUMBERS else "1" if field.kind is Kind.WHOLE else "any",
        longest=_plain(field.longest),
        takes_focus=takes_focus,
    )
