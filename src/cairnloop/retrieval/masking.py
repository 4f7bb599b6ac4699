"""Personal data and secrets taken out of text that is kept or searched with: what is left still says what is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

EMAIL = "[email]"
NUMBER = "[number]"
SECRET = "[secret]"
NAME = "[name]"

# Also as people write it to hide it from machines, and as other keyboards do: "lin(at)northbeam.example", "lin＠…".
_EMAIL = re.compile(
    r"[\w.+%'-]{1,64}(?:[@\uff20\ufe6b]|\s?[(\[{]\s?at\s?[)\]}]\s?)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.IGNORECASE
)
_BEARER = re.compile(
    r"(?i)\b(bearer|password|passwort|kennwort|passphrase|passwd|pwd?|pin|secret|token|api[_ -]?key)"
    r"(\s*[:=]\s*|\s+(?:is|ist|lautet)\s+)\S{4,}"
)
_TOKEN = re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9][\w-]{19,}(?:\.[\w-]{6,}){0,2}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ \u00a0\u202f]?[A-Z0-9]{4}){3,7}(?:[ \u00a0\u202f]?[A-Z0-9]{1,3})?\b")
_IP = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|(?<![\w:])(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}")
# Card and telephone numbers are written in groups; a date (2026-03-14) and a year are not personal.
_GAPS = r"\u0020\u00a0\u2000-\u200b\u202f\u2060\u3000()./\u2010-\u2015\u2212-"
_GROUPS = re.compile(rf"(?<!\w)\+?\(?\d(?:[{_GAPS}]{{0,3}}\d){{6,20}}(?!\w)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}")
_RUN = re.compile(r"\d{5,}")
_NAME_CHARS = 3
"""Shorter parts of a name are words of some language, and masking them would mask the question."""


def mask(text: str, *, names: Iterable[str] = ()) -> str:
    """Return `text` with e-mail addresses, numbers that identify someone, secrets and the given `names` replaced.

    Error codes of up to four digits, dates, amounts and versions stay: they are what a question is about. Masking
    what is masked changes nothing.
    """
    text = _BEARER.sub(rf"\1\2{SECRET}", text)
    text = _EMAIL.sub(EMAIL, text)
    text = _IBAN.sub(NUMBER, text)
    text = _TOKEN.sub(SECRET, text)
    text = _IP.sub(NUMBER, text)
    text = _GROUPS.sub(_number_unless_date, text)
    text = _RUN.sub(NUMBER, text)
    for pattern in _patterns(names):
        text = pattern.sub(NAME, text)
    return text


def _number_unless_date(found: re.Match[str]) -> str:
    return found[0] if _DATE.fullmatch(found[0]) else NUMBER


def _patterns(names: Iterable[str]) -> list[re.Pattern[str]]:
    parts = {part for name in names for part in re.findall(r"\w+", name) if len(part) >= _NAME_CHARS}
    return [re.compile(rf"(?i)(?<![\w\[]){re.escape(part)}(?![\w\]])") for part in sorted(parts, key=len, reverse=True)]
