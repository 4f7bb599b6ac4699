"""What is wrong with a value of a tool's input, in words for whoever typed it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

OWN_WORDS = {"value_error": "Value error, ", "assertion_error": "Assertion failed, "}
"""Errors whose words are the tool's own, and what pydantic puts before them."""


def words_for(error: Mapping[str, Any]) -> str:
    """Return what to do about an error of pydantic, without the value it is about."""
    kind, told, message = str(error["type"]), error.get("ctx") or {}, str(error.get("msg", ""))
    if kind in OWN_WORDS:
        return message.removeprefix(OWN_WORDS[kind])
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        bound = told.get(name, "")
        return str(_NEEDED if kind == "string_too_short" and bound == 1 else words) % {"bound": bound}
    return next((str(words) for kinds, words in SENTENCES if kind in kinds), message)


def is_ours(error: Mapping[str, Any]) -> bool:
    """True where the words for an error are from here, so that they cannot repeat the value."""
    return str(error["type"]) in BOUNDS or any(error["type"] in kinds for kinds, _words in SENTENCES)


_NEEDED = gettext_lazy("This is needed.")
_WHOLE = gettext_lazy("Give a whole number.")
_NUMBER = gettext_lazy("Give a number.")
_DAY = gettext_lazy("Give a day that exists.")
_MOMENT = gettext_lazy("Give a day and a time that exist.")
_OFFERED = gettext_lazy("This is none of the values that are allowed.")

BOUNDS: dict[str, tuple[str, Promise]] = {
    "greater_than": ("gt", gettext_lazy("Give more than %(bound)s.")),
    "greater_than_equal": ("ge", gettext_lazy("Give %(bound)s or more.")),
    "less_than": ("lt", gettext_lazy("Give less than %(bound)s.")),
    "less_than_equal": ("le", gettext_lazy("Give %(bound)s or less.")),
    "multiple_of": ("multiple_of", gettext_lazy("Give a multiple of %(bound)s.")),
    "string_too_short": ("min_length", gettext_lazy("Give at least %(bound)s characters.")),
    "string_too_long": ("max_length", gettext_lazy("Give at most %(bound)s characters.")),
    "too_short": ("min_length", gettext_lazy("Give at least %(bound)s of them.")),
    "too_long": ("max_length", gettext_lazy("Give at most %(bound)s of them.")),
    "decimal_max_digits": ("max_digits", gettext_lazy("Give at most %(bound)s digits.")),
    "decimal_max_places": ("decimal_places", gettext_lazy("Give at most %(bound)s digits behind the point.")),
    "decimal_whole_digits": ("whole_digits", gettext_lazy("Give at most %(bound)s digits before the point.")),
}
SENTENCES: tuple[tuple[frozenset[str], Promise], ...] = (
    (frozenset({"missing"}), _NEEDED),
    (frozenset({"int_type", "int_parsing", "int_parsing_size", "int_from_float"}), _WHOLE),
    (frozenset({"float_type", "float_parsing", "decimal_type", "decimal_parsing", "finite_number"}), _NUMBER),
    (
        frozenset({"string_pattern_mismatch", "uuid_parsing", "uuid_type", "url_parsing", "url_type", "url_scheme"}),
        gettext_lazy("This does not have the form that is asked for."),
    ),
    (frozenset({"enum", "literal_error"}), _OFFERED),
    (frozenset({"bool_type", "bool_parsing"}), gettext_lazy("Say yes or no.")),
    (frozenset({"date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"}), _DAY),
    (frozenset({"datetime_type", "datetime_parsing", "datetime_from_date_parsing"}), _MOMENT),
    (frozenset({"time_type", "time_parsing"}), gettext_lazy("Give a time of the day.")),
    (frozenset({"date_past", "datetime_past"}), gettext_lazy("Give a moment in the past.")),
    (frozenset({"date_future", "datetime_future"}), gettext_lazy("Give a moment in the future.")),
)
