"""What of a query has to be found as it is written: codes, versions, paths, addresses, quoted words. Pure."""

from __future__ import annotations

import re

MOST = 6
TOKEN = re.compile(r"(?:[^\s\"'“”„«»()\[\]{}<>,;!?]|(?<=\d),(?=\d))+")
QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]{3,100})[\"”“»]|`([^`]{2,100})`")
LETTER_OR_DIGIT = re.compile(r"[^\W_]")
WORD_WITH_JOINTS = re.compile(r"[^\W_]+(?:[._/@:#+-]+[^\W_]+)+")
# Looks ahead for a digit and a letter: to try where each stands takes the cube of the length.
SHAPED_WORD = re.compile(r"[a-z]+[A-Z]\w*|(?=\w*\d)(?=\w*[^\W\d_])\w+")
LONG_NUMBER = re.compile(r"\d{4,}")


def identifiers(query: str) -> tuple[str, ...]:
    """Return codes such as `ERR_4012`, `ci-cache`, `v1.2.3`, `lin@north.example` or `/etc/hosts`, as written."""
    found = (token.strip(".:") for token in TOKEN.findall(query))
    return tuple(dict.fromkeys(token for token in found if _is_identifier(token)))[:MOST]


def quoted_phrases(query: str) -> tuple[str, ...]:
    """Return what stands between quotation marks or backticks."""
    found = (first or second for first, second in QUOTED.findall(query))
    return tuple(dict.fromkeys(phrase for phrase in found if LETTER_OR_DIGIT.search(phrase)))[:MOST]


def _is_identifier(token: str) -> bool:
    core = token.strip("/-_#`*")
    if LONG_NUMBER.fullmatch(core) or SHAPED_WORD.fullmatch(core):
        return True
    return len(token) <= 200 and WORD_WITH_JOINTS.fullmatch(core) is not None
