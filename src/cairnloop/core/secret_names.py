"""Which names stand for what nobody should read on a screen or in a record. Pure."""

from __future__ import annotations

import re

CODE = (
    r"\b(access|auth|backup|login|[m2]fa|one time|recovery|reset|security|sms|two factor|verification)"
    r" (codes?|answer)\b"
)
LINK = r"\b(magic|reset|recovery) (link|ur[il])\b"
ALWAYS = (
    r"pass(word|wd|phrase|code)|pwd|secret(?!ar)|credential|\b[ht]?otp\b|cv[cv]2?\b|\bpin\b|\bjwt\b|\bbearer\b"
    rf"|\b(seed|recovery) phrase|\bcard number|\bsession (id|cookie)|{CODE}|{LINK}"
)
KEY = r"\b(?!(mon|don|hoc|joc|tur|turn|whis)key)(?<!primary )(?<!foreign )\w*key"
HEADER = r"\b(auth|authorization|cookies?)( header| value| code)?\W*$"
"""Not "auth method", nor "cookie consent"."""
SECRET = re.compile(rf"{ALWAYS}|token(?!i[sz])|{KEY}s?\b|{HEADER}")
SECRET_NUMBER = re.compile(rf"{ALWAYS}|token\b|{KEY}\b")
"""A number under a name of several is how many: "ai tokens", "keys"."""
WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_\-\s]+")


def names_secret(name: str, *, of_number: bool = False) -> bool:
    """Return whether a field or key of this name holds what lets somebody in or pay: a password, a key, a code.

    With `of_number` what it holds is a number, or yes or no.
    """
    words = " ".join(WORD_BOUNDARY.split(name)).lower()
    return bool((SECRET_NUMBER if of_number else SECRET).search(words))
