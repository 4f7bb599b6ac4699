"""Which names stand for what nobody should read on a screen or in a record. Pure."""

from __future__ import annotations

import re

SECRET = re.compile(r"pass(word|wd|phrase|code)|token|secret|credential|keys?\b")
WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-\s]+")


def names_secret(name: str) -> bool:
    """Return whether a field or key of this name holds a password, token, secret, key or credential."""
    return bool(SECRET.search(" ".join(WORD_BOUNDARY.split(name)).lower()))
