"""Where sentences and words end, judged carefully: a place that is in doubt is not one. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

SENTENCE_END = re.compile(
    # Of a run of marks only the first is tried: a text of dots alone would take the square of its length.
    r"""(?<![.!?…])(?P<mark>[.!?…]+)["'”’»)\]*_~`]*(?=\s)  # a mark, what it closes, and then space
    |[。！？｡]+[」』”’）)]*""",  # the marks of Chinese and Japanese need no space
    re.VERBOSE,
)
QUOTES = frozenset("\"'”’»")
WORD = re.compile(r"\S+")
WORD_BEFORE = re.compile(r"([^\W_]+(?:\.[^\W_]+)*)\Z")
WORD_BEFORE_CHARS = 20
UNBROKEN = re.compile(
    r"""(?<!`)(?P<ticks>`{1,9})(?!`)(?:.{0,500}?)(?<!`)(?P=ticks)(?!`)  # code
    |\[[^\]\n]{0,300}\]\([^()\n]{0,500}\)  # a link
    |<[^<>\s]{1,500}>""",  # an address
    re.VERBOSE | re.DOTALL,
)
ABBREVIATIONS = frozenset(
    {
        *("approx", "ca", "cf", "e.g", "eg", "est", "etc", "fig", "i.e", "ie", "incl", "max", "min", "no", "vol", "vs"),
        *("co", "corp", "dept", "dr", "inc", "jr", "ltd", "mr", "mrs", "ms", "prof", "sr", "st", "a.m", "p.m"),
        *("bzw", "nr", "resp", "u.a", "usw", "z.b"),
    }
)


def sentence_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of the sentences in `text[start:end]`, without the space between them.

    Abbreviations, initials, numbers, code, links and addresses do not end one, nor does a mark before a small
    letter.
    """
    unbroken = [match.span() for match in UNBROKEN.finditer(text, start, end)]
    begins = [first for first, _ in unbroken]
    found = []
    for cut in _ends(text, start, end):
        inside = bisect_right(begins, cut) - 1
        if inside >= 0 and unbroken[inside][0] < cut < unbroken[inside][1]:
            continue
        found.append((start, cut))
        start = _skip_space(text, cut, end)
    if start < end:
        found.append((start, end))
    return found


def word_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of what stands between white space in `text[start:end]`."""
    return [match.span() for match in WORD.finditer(text, start, end)]


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    for match in SENTENCE_END.finditer(text, start, end):
        follows = _skip_space(text, match.end(), end)
        if follows < end and not text[follows].islower() and not _is_no_end(text, match, start):
            yield match.end()


def _is_no_end(text: str, match: re.Match[str], start: int) -> bool:
    if match["mark"] != "." or QUOTES.intersection(match[0]):
        return False
    before = WORD_BEFORE.search(text, max(start, match.start() - WORD_BEFORE_CHARS), match.start())
    if before is None:
        return False
    word = before[1].lower()
    return word in ABBREVIATIONS or (len(word) == 1 and word.isalpha()) or word.isdigit()


def _skip_space(text: str, start: int, end: int) -> int:
    while start < end and text[start].isspace():
        start += 1
    return start
