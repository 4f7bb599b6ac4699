"""What PostgreSQL can store and a reader can see: pure checks for every door that takes text."""

from __future__ import annotations

import re
import unicodedata

from cairnloop.core.errors import InvalidInput

INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
DRAWN_AS_NOTHING = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Letters, marks and symbols without a drawing: what Unicode calls Default_Ignorable_Code_Point beyond the categories
above, and the empty Braille pattern."""
SELECTORS = re.compile(r"[\ufe00-\ufe0f]")
"""What chooses between two drawings of the sign before it, as in emoji."""
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Format characters that change the direction of the text around them, beyond the name they stand in."""
LETTER_AND_EMOJI = "ℹ"
JOINERS = frozenset("\u200c\u200d")
"""What joins emoji, or keeps letters of Arabic or Indian scripts apart: there it shows by what it does."""
PLAIN = re.compile(r"[\x20-\x7e\n\t]*")


class UnstorableText(InvalidInput):
    """The text holds characters that cannot be stored. Remove them and send it again."""

    code = "unstorable_text"


class NotText(InvalidInput):
    """Text is needed here. Nothing was written."""

    code = "not_text"


def is_visible(character: str) -> bool:
    """True for what leaves a mark on a screen: no space, control or format character, such as a zero-width joiner."""
    return unicodedata.category(character) not in INVISIBLE and not DRAWN_AS_NOTHING.match(character)


def storable(text: str) -> str:
    """Return `text` without what PostgreSQL cannot hold: NUL characters and lone surrogates."""
    return text.replace("\x00", "").encode(errors="ignore").decode()


def tidy_name(name: str) -> str:
    """Return the name of a person or company on one line, without what turns or breaks the text around it.

    Empty when nothing of it can be seen, so that whoever shows it falls back to what else is known.
    """
    kept = (each for each in name if each.isspace() or not (each in TURNING or unicodedata.category(each) == "Cc"))
    line = " ".join("".join(kept).split())
    return line if any(map(is_visible, line)) else ""


def spelled_out(text: str) -> str:
    """Return a text for whoever decides by it, as "[U+202E]" where a character cannot be seen or turns what follows.

    Line ends, tabs and spaces stay as they are.
    """
    if PLAIN.fullmatch(text):
        return text
    around = f"\n{text}\n"
    return "".join(
        each if _shows(each, before=around[place], after=around[place + 2]) else f"[U+{ord(each):04X}]"
        for place, each in enumerate(text)
    )


def _shows(character: str, *, before: str, after: str) -> bool:
    if character in "\n\t" or unicodedata.category(character) == "Zs":
        return True
    if character == "\r":
        return after == "\n"
    if character in JOINERS:
        return all(not each.isascii() and (is_visible(each) or SELECTORS.match(each)) for each in (before, after))
    if SELECTORS.match(character):
        return is_visible(before) and (not before.isalpha() or before == LETTER_AND_EMOJI)
    return is_visible(character)


def refuse_unstorable(text: str) -> None:
    """Raise NotText for other values than text, and UnstorableText for what PostgreSQL cannot hold.

    That is: NUL characters and lone surrogates.
    """
    if not isinstance(text, str):
        raise NotText(f"Text is needed here, not {type(text).__name__}. Nothing was written.")
    if "\x00" in text:
        raise UnstorableText
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UnstorableText from error
