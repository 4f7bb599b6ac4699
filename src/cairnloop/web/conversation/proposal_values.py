"""Values of a governed action as people read them: whole, a long one behind its beginning, with what differs marked."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

FOLD_CHARS = 600
FOLD_LINES = 12
"""Longer values are folded: whole they are behind an excerpt."""
EXCERPT_CHARS = 240
EXCERPT_LINES = 4
EXCERPT_LEAD = 60
"""How much of what is the same stands before what differs, in an excerpt."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value: whole, and where it is long the part of it that tells it from the other."""

    html: SafeString
    excerpt: SafeString | None
    length: int
    """In characters."""


def value_of(text: str) -> Value:
    """Return a value that stands alone."""
    return _value(text, 0, 0)


def values_of(before: str | None, after: str | None) -> tuple[Value | None, Value | None]:
    """Return what a field held and will hold; of long ones what differs is marked, and all else is the same."""
    if before is None or after is None or not (_is_long(before) or _is_long(after)):
        return (None if before is None else value_of(before), None if after is None else value_of(after))
    start = _same(before, after)
    same = _same(before[start:][::-1], after[start:][::-1])
    return _value(before, start, len(before) - same), _value(after, start, len(after) - same)


def _value(text: str, start: int, end: int) -> Value:
    whole = _marked(text, start, end, 0, len(text))
    return Value(whole, _excerpt(text, start, end) if _is_long(text) else None, len(text))


def _same(one: str, other: str) -> int:
    """Return how many characters two texts begin alike."""
    found = (at for at, (mine, theirs) in enumerate(zip(one, other, strict=False)) if mine != theirs)
    return next(found, min(len(one), len(other)))


def _is_long(text: str) -> bool:
    return len(text) > FOLD_CHARS or text.count("\n") >= FOLD_LINES


def _excerpt(text: str, start: int, end: int) -> SafeString:
    first = max(0, start - EXCERPT_LEAD)
    last = min(len(text), first + EXCERPT_CHARS)
    lines = text[first:last].split("\n")[:EXCERPT_LINES]
    # What differs is in it, however many lines stand before.
    last = max(first + len("\n".join(lines)), min(start + 1, len(text)))
    before, after = ("… " if first else ""), (" …" if last < len(text) else "")
    return format_html("{}{}{}", before, _marked(text, start, end, first, last), after)


def _marked(text: str, start: int, end: int, first: int, last: int) -> SafeString:
    start, end = min(max(start, first), last), min(max(end, first), last)
    if start >= end:
        return format_html("{}", text[first:last])
    return format_html("{}<mark>{}</mark>{}", text[first:start], text[start:end], text[end:last])
