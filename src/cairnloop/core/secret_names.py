"""Which names stand for what nobody should read on a screen or in a record. Pure."""

from __future__ import annotations

import re

SECRET = re.compile(r"pass(word|wd|phrase|code)|token(?!i[sz])|secret(?!ar)|credential|keys?\b")
SECRET_NUMBER = re.compile(r"pass(word|wd|phrase|code)|token\b|secret(?!ar)|credential|key\b|\bpin\b")
"""A number under a name of several is how many: "ai tokens", "keys"."""
WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-\s]+")


def names_secret(name: str, *, of_number: bool = False) -> bool:
    """Return whether a field or key of this name holds a password, token, secret, key or credential.

    With `of_number` what it holds is a number, or yes or no.
    """
    words = " ".join(WORD_BOUNDARY.split(name)).lower()
    return bool((SECRET_NUMBER if of_number else SECRET).search(words))
