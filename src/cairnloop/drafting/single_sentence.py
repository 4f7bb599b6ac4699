"""Whether a text is one sentence as it stands in a reply: one line of plain words. In doubt it is not. Pure."""

from __future__ import annotations

import re

from cairnloop.core.markdown import parse_blocks
from cairnloop.drafting.reading import shown

MARKERS = re.compile(r"\s*(?:(?:[-*+]|(?P<number>\d{1,9})[.)])[ \t]+)+(?=\S)")
"""Make an item of a list of what follows, or an item of a list in it."""
IMAGE = re.compile(r"!\[")
HTML = re.compile(r"<[a-z!/?]", re.IGNORECASE)
AUTOLINK = re.compile(r"<[a-z][a-z0-9+.-]{1,31}:[^\s<>]*>|<[^\s<>@]+@[^\s<>@]+>", re.IGNORECASE)
ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
ASIDE = re.compile(r"(?<=[^\W_])\s*[(\[{](?P<words>[^()\[\]{}]+)[)\]}]")
ASIDE_WORDS = 4
"""So many words in brackets, the first with a capital letter, are a sentence of their own."""
BOUNDARY = re.compile(
    r"""(?P<mark>[.!?‽؟۔।॥։]+)["'”’»)\]*_~`]*\s+  # a mark, what it closes, and then space
    | [。！？｡]+[」』”’）)]*  # the marks of Chinese and Japanese need no space
    | (?<=[^\W\d_])[!?]+(?=[^\W\d_])(?!\w*=)  # "Done!Send it", and no query of an address
    | [۔।॥።]
    | [•‣▪◦●▶►➤➜⏎⁂]""",  # items without a list
    re.VERBOSE,
)
WORD_BEFORE = re.compile(r"[^\W_]+(?:\.[^\W_]+)*\Z")
WORD_BEFORE_CHARS = 20
END_NOTHING = frozenset(
    {
        *("dr", "mr", "mrs", "ms", "prof"),
        *("bzw", "ca", "d.h", "inkl", "z.b", "ggf"),
    }
)
"""No sentence ends with one of these; behind others that are short for something, such as "etc.", one may."""
GO_ON = frozenset({"approx", "cf", "e.g", "eg", "i.e", "ie", "incl", "resp", "vs"})
"""Nor with one of these, before a small letter or a number. Before a capital one, a sentence may begin."""
BEFORE_NUMBERS = frozenset({"abb", "fig", "no", "nr", "p", "s", "sec", "vol"})


def without_marker(text: str) -> str:
    """Return a text without what makes it an item of a list."""
    return MARKERS.sub("", text, count=1) if MARKERS.match(text) else text


def number_of(text: str) -> int | None:
    """Return the number a text begins with as an item of a list; None if it begins with none."""
    marker = MARKERS.match(text)
    return int(marker["number"]) if marker and marker["number"] else None


def is_one_line(text: str, *, begins_paragraph: bool) -> bool:
    """Return whether a text is rendered as one paragraph, or one item of a list, without a break or an image in it.

    Else it could hold what shows nowhere, such as where the links of other sentences lead.
    """
    if len(text.splitlines()) != 1 or IMAGE.search(text):
        return False
    # Behind other words "#" and ">" are signs like any other.
    shown_so = without_marker(text) if begins_paragraph else f"x {text}"
    return [block.kind for block in parse_blocks(shown_so)] == ["paragraph"]


def is_plain(text: str) -> bool:
    """Return whether a text holds nothing a reader might read otherwise than it is written: no HTML, no entities."""
    return not (ENTITY.search(text) or HTML.search(AUTOLINK.sub("", text)))


def holds_several_sentences(text: str) -> bool:
    """Return whether a reader may find more than one sentence in a text; what stands in code counts as well."""
    lines = shown(without_marker(text)).words.splitlines()
    if any(_is_sentence(match["words"]) for line in lines for match in ASIDE.finditer(line)):
        return True
    return any(_parts(line, match) for line in lines for match in BOUNDARY.finditer(line))


def _is_sentence(aside: str) -> bool:
    words = aside.split()
    return len(words) >= ASIDE_WORDS and words[0][0].isupper()


def _parts(words: str, match: re.Match[str]) -> bool:
    before, after = words[: match.start()], words[match.end() :]
    if not any(map(str.isalnum, before)) or not any(map(str.isalnum, after)):
        return False
    found = WORD_BEFORE.search(before[-WORD_BEFORE_CHARS:])
    if match["mark"] != "." or found is None:
        return True
    word = found[0].casefold()
    if word in GO_ON and not after[0].isupper():
        return False
    return word not in END_NOTHING and not (word in BEFORE_NUMBERS and after[0].isdigit())
