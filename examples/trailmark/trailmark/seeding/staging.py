"""The words a story is told in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def span(text: str) -> timedelta:
    """Return the duration written as "2d 3h", "41s" or "1h 5m"."""
    parts = re.findall(r"(\d+)([dhms])", text)
    if not parts or "".join(f"{number}{unit}" for number, unit in parts) != text.replace(" ", ""):
        raise ValueError(f"{text!r} is no duration. Write it like '2d 3h' or '41s'.")
    return timedelta(**{UNITS[unit]: int(number) for number, unit in parts})


@dataclass(frozen=True)
class Step:
    """Something that happens `after` the step before it."""

    after: str


@dataclass(frozen=True)
class Says(Step):
    """The customer writes."""

    text: str


@dataclass(frozen=True)
class Replies(Step):
    """An operator answers, or a part of Trailmark speaks up by itself (`who="billing"`)."""

    who: str
    text: str


@dataclass(frozen=True)
class Notes(Step):
    """An operator leaves a note for colleagues."""

    who: str
    text: str


@dataclass(frozen=True)
class Takes(Step):
    """An operator takes the conversation, or gives it to `to`; an empty `to` means to nobody."""

    who: str
    to: str | None = None


@dataclass(frozen=True)
class Reads(Step):
    """An operator reads everything so far."""

    who: str


@dataclass(frozen=True)
class Resolves(Step):
    """An operator marks it as resolved."""

    who: str
    reason: str = ""


@dataclass(frozen=True)
class Reopens(Step):
    """An operator takes it up again."""

    who: str
    reason: str = ""


@dataclass(frozen=True)
class Archives(Step):
    """An operator puts it away."""

    who: str
    reason: str = ""


@dataclass(frozen=True)
class Rates(Step):
    """The customer says how it went."""

    rating: str


@dataclass(frozen=True)
class Proposes(Step):
    """An operator proposes an action."""

    who: str
    tool: str
    given: Mapping[str, Any]


@dataclass(frozen=True)
class Approves(Step):
    """An operator approves what was proposed last; the worker runs it once it is there."""

    who: str


@dataclass(frozen=True)
class Defers(Step):
    """An operator puts off what was proposed last."""

    who: str
    reason: str


@dataclass(frozen=True)
class Story:
    """One conversation from its first word. `key` is told once, however often the seed runs."""

    key: str
    customer: str
    subject: str
    begins: str
    """How long ago it began."""
    text: str | None
    """The customer's first words; None where Trailmark opens the conversation itself."""
    steps: tuple[Step, ...] = ()
    priority: str = "normal"
    channel: str = "widget"
