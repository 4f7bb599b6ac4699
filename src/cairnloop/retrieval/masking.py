"""Personal data and secrets taken out of text that is kept or searched with: what is left still says what is meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

EMAIL = "[email]"
NUMBER = "[number]"
SECRET = "[secret]"
NAME = "[name]"

# Also as people write it to hide it from machines, and as other keyboards do: "lin(at)northbeam(dot)example", "lin＠…".
_EMAIL = re.compile(
    r"""[\w.+%'-]{1,64}(?:
      (?:[@\uff20\ufe6b]|\s?[(\[{]\s?(?:at|@)\s?[)\]}]\s?)[\w-]{1,63}(?:
        (?:[.\uff0e\uff61]|\s?[(\[{]\s?(?:dot|punkt|\.)\s?[)\]}]\s?|\sdot\s)[\w-]{1,63}){1,8}
    | \s?[@\uff20\ufe6b]\s?[\w-]{1,63}(?:[.\uff0e][\w-]{1,63}){0,7}[.\uff0e][^\W\d_][\w-]{1,62}
    | (?:\sat\s|_at_)[a-z0-9-]{1,63}(?:(?:\sdot\s|_dot_)[a-z0-9-]{1,63}){1,4}\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# Possessive wherever two runs of space may follow one another: else a long run is tried in every way to part it.
_BEARER = re.compile(
    r"""\b(?P<what>bearer|pass(?:word|phrase|code|wd)|passwort|kennwort|mot\ de\ passe|contraseña|pwd?|pin|secret|token
      |api[_ -]?key)
    (?P<by>\s*+(?:is|ist|lautet|est|es)?\s*+[:=→]\s*|\s++(?:is|ist|lautet)\s++(?!(?:
      wrong|not|incorrect|invalid|expired|lost|still|correct|always|never|missing|required|empty|being|asked|refused
      |falsch|nicht|abgelaufen|ungültig)\b))
    \S{3,}
    | \b(?P<what2>pass)(?P<by2>\s*+[:=]\s*)(?=\S*\d)\S{4,}
    | \b(?P<what3>pin|cv[vc]2?)(?P<by3>\s++)\d{3,8}\b
    | \b(?P<what4>(?:my|mein|the|das)\s(?:password|passwort|kennwort|pw))(?P<by4>\s++)(?=\S*\d)\S{4,}""",
    re.IGNORECASE | re.VERBOSE,
)
_IN_ADDRESS = re.compile(r"(?<=://)[^\s/?#@:]{0,64}:[^\s/?#@]{1,128}(?=@)")
"""Who logs in, and with what: "postgres://app:hunter2@db"."""
_TOKEN = re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9][\w-]{19,}(?:\.[\w-]{6,}){0,2}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ \u00a0\u202f]?[A-Z0-9]{4}){3,7}(?:[ \u00a0\u202f]?[A-Z0-9]{1,3})?\b")
_KEY = re.compile(r"\b(?:[spr]k_(?:live|test)_\w{6,}|gh[pousr]_\w{16,}|AKIA[A-Z0-9]{12,}|xox[abp]-[\w-]{8,})")
_IP = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|(?<![\w:])(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}")
_SHORT_IP = re.compile(
    r"(?<![\w:])(?=[a-f:]*\d)(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?(?![\w:])",
    re.IGNORECASE,
)
# Whatever comes to hand stands between its groups. So it does in lists of years and codes: those add up by chance only.
_CARD = re.compile(
    r"(?<!\d)\d{4}(?:[\s_,;:*|•·/.-]{1,6}\d{4}){2}[\s_,;:*|•·/.-]{1,6}\d{1,4}(?:[\s_,;:*|•·/.-]{1,6}\d{1,3})?(?!\d)|"
    r"(?<!\d)\d{4}[\s_,;:*|•·/.-]{1,6}\d{6}[\s_,;:*|•·/.-]{1,6}\d{5}(?!\d)"
)
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")
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
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    text = _IN_ADDRESS.sub(SECRET, text)
    text = _BEARER.sub(_secret, text)
    text = _EMAIL.sub(EMAIL, text)
    text = _KEY.sub(SECRET, text)
    text = _CARD.sub(_number_if_it_adds_up, text)
    text = _IBAN.sub(NUMBER, text)
    text = _TOKEN.sub(SECRET, text)
    text = _SHORT_IP.sub(NUMBER, _IP.sub(NUMBER, text))
    text = _GROUPS.sub(_number_unless_date, text)
    text = _RUN.sub(NUMBER, text)
    for pattern in _patterns(names):
        text = pattern.sub(NAME, text)
    return text


def _number_unless_date(found: re.Match[str]) -> str:
    return found[0] if _DATE.fullmatch(found[0]) else NUMBER


def _secret(found: re.Match[str]) -> str:
    what, by = (part for part in found.groups() if part is not None)
    return f"{what}{by}{SECRET}"


def _number_if_it_adds_up(found: re.Match[str]) -> str:
    """Return a placeholder for a card number: the last of its digits makes the others add up to a multiple of ten."""
    digits = [int(each) for each in found[0] if each.isdigit()][::-1]
    doubled = (sum(divmod(2 * each, 10)) for each in digits[1::2])
    return NUMBER if (sum(digits[::2]) + sum(doubled)) % 10 == 0 else found[0]


def _patterns(names: Iterable[str]) -> list[re.Pattern[str]]:
    names = [unicodedata.normalize("NFC", _UNSEEN.sub("", name)) for name in names]
    parts = {part for name in names for part in re.findall(r"\w+", name) if len(part) >= _NAME_CHARS}
    return [re.compile(rf"(?i)(?<![\w\[]){re.escape(part)}(?![\w\]])") for part in sorted(parts, key=len, reverse=True)]
