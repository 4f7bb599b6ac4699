"""The fields of a form for a tool's input, out of the schema of its `Input`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from pydantic import BaseModel

from cairnloop.core.secret_names import names_secret

LONG_TEXT = 200
"""From how many possible characters on a text has more than one line."""
_YES, _NO = gettext_lazy("Yes"), gettext_lazy("No")
WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class NotForAForm(Exception):
    """The input has a part that no form can take; the text is that part's label."""


class Kind(StrEnum):
    """How a value is entered."""

    LINE = "line"
    LINES = "lines"
    EMAIL = "email"
    URL = "url"
    SECRET = "secret"
    WHOLE = "whole"
    NUMBER = "number"
    DECIMAL = "decimal"
    SWITCH = "switch"
    DAY = "day"
    TIME = "time"
    MOMENT = "moment"
    ONE = "one"
    SEVERAL = "several"


TEXTS = frozenset({Kind.LINE, Kind.LINES, Kind.SECRET, Kind.EMAIL, Kind.URL})


@dataclass(frozen=True, slots=True)
class Option:
    """One of the values that are offered: what a form sends for it, what it is called, and the value itself."""

    sent: str
    label: str | Promise
    value: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field of a tool's input."""

    key: str
    kind: Kind
    label: str
    help: str = ""
    is_needed: bool
    may_be_none: bool = False
    has_default: bool = False
    default: Any = None
    least: Any = None
    most: Any = None
    shortest: int | None = None
    longest: int | None = None
    options: tuple[Option, ...] = ()
    item: Kind | None = None
    """Of several, what one is."""

    @property
    def may_be_empty(self) -> bool:
        """True where nothing may be entered. A default that is no text has to be replaced by something."""
        if self.may_be_none or self.is_needed:
            return self.may_be_none
        return self.kind in {*TEXTS, Kind.SEVERAL} or not self.has_default or self.default == ""


@lru_cache(maxsize=256)
def fields_of(model: type[BaseModel]) -> tuple[Field, ...]:
    """Return the fields of a tool's `Input` in their order. Raises NotForAForm."""
    schema = model.model_json_schema(mode="validation")
    if schema.get("type") != "object" or ("properties" not in schema and schema.get("additionalProperties")):
        raise NotForAForm(str(schema.get("title", model.__name__)))
    needed, definitions = schema.get("required", ()), schema.get("$defs", {})
    properties = schema.get("properties", {}).items()
    return tuple(_field(key, told, definitions, is_needed=key in needed) for key, told in properties)


def option_of(value: Any) -> Option:
    """Return a value of an enumeration as it is offered."""
    if isinstance(value, bool):
        return Option(str(value).lower(), _YES if value else _NO, value)
    text = str(value)
    return Option(text, _spoken(text) if WORD.fullmatch(text) else text, value)


def _field(key: str, told: Mapping[str, Any], definitions: Mapping[str, Any], *, is_needed: bool) -> Field:
    label = _label(key, told)
    shapes = list(_shapes(told, definitions))
    possible = [each for each in shapes if each.get("type") != "null"]
    may_be_none = len(possible) < len(shapes) or any(None in each.get("enum", ()) for each in possible)
    shape, kind = _kind(key, label, possible)
    items = list(_shapes(shape.get("items", {}), definitions)) if kind is Kind.SEVERAL else []
    values = _values(items[0] if items else shape) or []
    if kind is Kind.SWITCH and may_be_none:
        kind, values = Kind.ONE, [True, False]
    return Field(
        key=key,
        kind=kind,
        label=label,
        help=str(told.get("description", "")),
        is_needed=is_needed,
        may_be_none=may_be_none,
        has_default="default" in told,
        default=told.get("default"),
        least=_bound(shape, "minimum", "exclusiveMinimum", 1),
        most=_bound(shape, "maximum", "exclusiveMaximum", -1),
        shortest=shape.get("minLength"),
        longest=shape.get("maxLength"),
        options=tuple(option_of(each) for each in values if each is not None),
        item=_item(key, label, items) if items else None,
    )


def _label(key: str, told: Mapping[str, Any]) -> str:
    title = str(told.get("title", ""))
    # Without one of its own a field is titled by its name, each word with a capital.
    return _spoken(key) if title in ("", key.title().replace("_", " ").strip()) else title


def _spoken(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _shapes(told: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The shapes a value may have, each without references."""
    for each in told.get("anyOf", [told]):
        while "$ref" in each:
            each = {**definitions[each["$ref"].rpartition("/")[2]], **{k: v for k, v in each.items() if k != "$ref"}}
        yield each


def _kind(key: str, label: str, shapes: list[Mapping[str, Any]]) -> tuple[Mapping[str, Any], Kind]:
    types = [each.get("type") for each in shapes]
    # A decimal may be given as text, too, and a form always does.
    if types == ["number", "string"] and "format" not in shapes[1]:
        return shapes[0], Kind.DECIMAL
    if len(shapes) != 1:
        raise NotForAForm(label)
    shape = shapes[0]
    if _values(shape) is not None:
        return shape, Kind.ONE
    match types[0]:
        case "string":
            return shape, _kind_of_text(key, label, shape)
        case "integer":
            return shape, Kind.WHOLE
        case "number":
            return shape, Kind.NUMBER
        case "boolean":
            return shape, Kind.SWITCH
        case "array" if "prefixItems" not in shape:
            return shape, Kind.SEVERAL
    raise NotForAForm(label)


def _kind_of_text(key: str, label: str, shape: Mapping[str, Any]) -> Kind:
    match shape.get("format"):
        case "date":
            return Kind.DAY
        case "time":
            return Kind.TIME
        case "date-time":
            return Kind.MOMENT
        case "email":
            return Kind.EMAIL
        case "uri":
            return Kind.URL
        case "duration" | "binary" | "base64" | "json-string" | "password":
            # A secret of pydantic's own type is gone once the input was kept.
            raise NotForAForm(label)
    if names_secret(key):
        return Kind.SECRET
    return Kind.LINES if shape.get("maxLength", 0) > LONG_TEXT else Kind.LINE


def _item(key: str, label: str, items: list[Mapping[str, Any]]) -> Kind:
    kind = _kind(key, label, items)[1]
    if kind is Kind.SEVERAL:
        raise NotForAForm(label)
    return kind


def _values(shape: Mapping[str, Any]) -> list[Any] | None:
    """The values of an enumeration; None for any other shape."""
    if "const" in shape:
        return [shape["const"]]
    values = shape.get("enum")
    return values if isinstance(values, list) else None


def _bound(shape: Mapping[str, Any], name: str, beyond: str, step: int) -> Any:
    if shape.get("type") == "integer" and isinstance(shape.get(beyond), int):
        return shape[beyond] + step
    return shape.get(name)
