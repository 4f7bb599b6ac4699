"""What the host says about a customer, made readable: bounded, and never a raw term."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format, time_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cairnloop.core.secret_names import WORD_BOUNDARY, names_secret
from cairnloop.core.texts import storable

DEPTH_LIMIT = 4
FACT_LIMIT = 200
ITEM_LIMIT = 20
SECTION_LIMIT = 20
TEXT_LIMIT = 500
NOTHING = "–"

DIGIT_LIMIT_BITS = 200
IDENTIFIER = re.compile(r"[A-Za-z0-9]+([_-][A-Za-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a section: a label with a text, or with facts of its own."""

    label: str
    text: str = ""
    facts: tuple[Fact, ...] = ()
    is_soft: bool = False
    """True where the text stands for a value that is not shown: hidden, empty, or not showable."""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of facts."""

    title: str
    facts: tuple[Fact, ...]


def sections_of(sections: Mapping[Any, Any]) -> tuple[Section, ...]:
    """Return a host's sections ready to be shown.

    Only plain values are shown, secrets are masked by their key, and depth and size are bounded, whatever the
    host returned.
    """
    budget = _Budget(FACT_LIMIT)
    return tuple(
        Section(title=label_of(title), facts=_facts_of(content, budget, depth=1))
        for title, content in islice(sections.items(), SECTION_LIMIT)
    )


def label_of(key: object) -> str:
    """Return a key as words: "last_charge" and "lastCharge" become "Last charge", a written label stays."""
    if not isinstance(key, (str, Promise)):
        key = _scalar(key) or ""
    text = plain_text(key)
    if IDENTIFIER.fullmatch(text):
        words = [word if word.isupper() else word.lower() for word in WORD_BOUNDARY.split(text)]
        text = " ".join(words)
    return text[:1].upper() + text[1:] or NOTHING


def looks_secret(key: object) -> bool:
    """True for keys that name a secret."""
    if not isinstance(key, (str, Promise)):
        return False
    return names_secret(plain_text(key))


def plain_text(value: str | Promise) -> str:
    """Return the bare characters, at most TEXT_LIMIT: text marked as safe HTML is text like any other.

    What no page can hold, such as half of an emoji cut in two, is left out.
    """
    text = storable(str(value)[: TEXT_LIMIT + 1])  # A slice of marked-safe text is a plain string again.
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1].rstrip() + "…"


class _Budget:
    """How many facts may still be shown, over all sections."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self) -> bool:
        self.left -= 1
        return self.left >= 0


def _facts_of(content: Any, budget: _Budget, *, depth: int) -> tuple[Fact, ...]:
    if not isinstance(content, Mapping):
        return (_fact("", content, budget, depth=depth),) if budget.spend() else ()
    facts = []
    for key, value in content.items():
        if not budget.spend():
            facts.append(Fact(label=_("More"), text=_("Too much to show here."), is_soft=True))
            break
        facts.append(_fact(key, value, budget, depth=depth))
    return tuple(facts)


def _fact(key: Any, value: Any, budget: _Budget, *, depth: int) -> Fact:
    label = label_of(key)
    if looks_secret(key):
        return Fact(label, _("Hidden"), is_soft=True)
    if isinstance(value, Mapping) and value:
        if depth >= DEPTH_LIMIT:
            return _unshowable(label)
        return Fact(label, facts=_facts_of(value, budget, depth=depth + 1))
    if isinstance(value, (list, tuple, set, frozenset)) and value:
        return _listed(label, value, budget, depth=depth)
    return _single(label, value)


def _single(label: str, value: Any) -> Fact:
    if value is None or (isinstance(value, (str, Mapping, list, tuple, set, frozenset)) and not value):
        return Fact(label, NOTHING, is_soft=True)
    text = _scalar(value)
    return Fact(label, text) if text is not None else _unshowable(label)


def _listed(label: str, values: Iterable[Any], budget: _Budget, *, depth: int) -> Fact:
    items = list(values)
    if any(isinstance(item, Mapping) for item in items):
        numbered = dict(enumerate(items[:ITEM_LIMIT], start=1))
        return _fact(label, numbered, budget, depth=depth)
    texts = [_scalar(item) for item in items[:ITEM_LIMIT]]
    joined = ", ".join(_("Cannot be shown") if text is None else text for text in texts)
    rest = len(items) - ITEM_LIMIT
    if rest > 0:
        joined += ", " + ngettext("and %(count)s more", "and %(count)s more", rest) % {"count": rest}
    return Fact(label, joined)


def _scalar(value: Any) -> str | None:
    """Return a plain value as text, or None for whatever is not plain."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, (str, Promise)):
        return plain_text(value) or NOTHING
    if isinstance(value, (int, float, Decimal)):
        return number_format(value) if _is_printable(value) else None
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value) if timezone.is_aware(value) else value, "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, time):
        return time_format(value, "TIME_FORMAT")
    return NOTHING if value is None else None


def _is_printable(number: int | float | Decimal) -> bool:
    if isinstance(number, int):
        return number.bit_length() <= DIGIT_LIMIT_BITS
    return number.is_finite() if isinstance(number, Decimal) else math.isfinite(number)


def _unshowable(label: str) -> Fact:
    return Fact(label, _("Cannot be shown"), is_soft=True)
