"""What a reader gets of a text: its words as they are shown, and where its links lead. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser

from cairnloop.core.markdown import link_targets, render_inline, render_markdown

INLINE = frozenset({"a", "code", "del", "em", "s", "strong"})
"""Tags that part no words: "evil.**com**" is read as one."""
LOOKS_EMPTY = frozenset("\u2800\u3164\u115f\u1160\uffa0")
"""Signs without ink that count as letters or symbols. Some fonts leave a gap for them, and some do not."""
IGNORABLE = re.compile("[\u034f\u17b4\u17b5\u180b-\u180f\u2060-\u206f\ufe00-\ufe0f\ufff0-\ufffb\U000e0000-\U000e0fff]")
"""What Unicode lets programs leave out of sight, also where nothing is assigned yet."""
OVERRIDES = re.compile("[\u202d\u202e]")
OPENS_A_DIRECTION = re.compile("[\u202a\u202b\u2066-\u2068]")
CLOSES_A_DIRECTION = re.compile("[\u202c\u2069]")
LATIN = re.compile("[A-Za-z]")
KEPT_CONTROLS = frozenset("\t\n\r")
SPELLED_OUT = re.compile(
    r"""(?:(?<!\s)\s+)?[\[({<]\s*(?:(?P<dot>\.|dot|punkt|point)|@|at|ät)\s*[\])}>]\s*
    | (?:(?<!\s)\s+)?-\s?(?:(?P<dashed>dot|punkt|point)|at|ät)\s?-\s*(?=\w)
    | (?<=[^\W_])_(?:(?P<joined>dot)_(?=[^\W_])|at_(?=[a-z0-9-]+(?:_dot_|\.)[a-z]))
    | (?<=\w)\s+(?P<word>dot)\s+(?=[a-z]{2,6}\b)
    | (?<=\w)\s+(?P<foreign>punkt|point|punto|ponto)\s+(?=(?:com|net|org|info|io|eu)\b)
    | (?<=\w)\s+(?P<local>punkt\s+(?=(?:de|ch)\b)|point\s+(?=fr\b)|punto\s+(?=it\b))""",
    re.IGNORECASE | re.VERBOSE,
)
"""How people write an address they do not want to be found: "mallory (at) evil [dot] example", "evil[.]example". Space
is taken from where it begins, or a long run of it would be tried from each of its places."""
REWRITTEN = re.compile(r"<(?:s|del|code)\b")
REWRITING = re.compile(r"[~`]")
FULL_STOPS = re.compile(r"[。｡‧](?=[A-Za-z0-9])")
"""Browsers take these for the dot of a host; before other letters they end a sentence."""
NOTE_MARKS = re.compile(r"(?<=[^\W\d])[²³¹⁰⁴-⁹₀-₉ªº①-⒛⓪-⓿❶-➓]+(?!\w)")
"""Raised and ringed signs behind a word. Readers leave them out of it, where the plain text has them as digits."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader gets."""

    words: str
    """Without markup, with lookalikes of signs made alike and without what has no width."""
    links: frozenset[str]
    """Where a click may lead."""
    unnoted: str = ""
    """The words once more without the marks of notes behind them, such as a raised 1; empty where there are none."""
    is_turned: bool = False
    """Characters that nobody sees have it read in another order than it is stored in, or may."""


@lru_cache(maxsize=128)
def shown(text: str) -> Shown:
    """Return what a reader gets of a message, rendered as a message is, and of the sentence as a card shows it."""
    pages = [_Page(str(render_markdown(text))), _Page(str(render_inline(text)))]
    read = (plain(page.words, gaps=gaps) for page in pages for gaps in (" ", ""))
    words = "\n".join(dict.fromkeys(read))
    unnoted = "\n".join(plain(NOTE_MARKS.sub(" ", page.words)) for page in pages if NOTE_MARKS.search(page.words))
    links = frozenset(link_targets(text)).union(*(page.links for page in pages))
    return Shown(words, links, unnoted, any(map(_is_turned, (text, *(page.words for page in pages)))))


def is_turned(text: str) -> bool:
    """Return whether characters that nobody sees have a text read in another order than it is stored in, or may."""
    return shown(text).is_turned


def rewritten(text: str) -> int:
    """Return how many places of a message are shown as struck or as code."""
    return len(REWRITTEN.findall(str(render_markdown(text))))


def marked_up(text: str) -> tuple[tuple[str, str, int], ...]:
    """Return the marks a sentence is shown with: each tag, where it leads, and behind how many letters and digits."""
    return tuple(_Page(str(render_inline(text))).marks)


def without_unseen(text: str) -> str:
    """Return `text` without the characters that have no width."""
    return "".join(character for character in text if not _is_unseen(character))


def plain(text: str, *, gaps: str = " ") -> str:
    """Return `text` as it is read: compatible forms of a sign are one, and what has no width is left out.

    `gaps` is what stands for signs without ink.
    """
    text = "".join(gaps if each in LOOKS_EMPTY else each for each in text if not _shows_nothing(each))
    # Its compatible form is a space with a dot above, which is not how it is read.
    text = text.replace("\u02d9", "·")
    text = unicodedata.normalize("NFKC", text)
    # Accents that no letter takes in stay a part of their word.
    kept = ("ː" if unicodedata.category(each).startswith("M") else each for each in without_unseen(text))
    text = FULL_STOPS.sub(".", "".join(kept))
    return SPELLED_OUT.sub(lambda found: "." if found.lastgroup else "@", text)


def _is_turned(text: str) -> bool:
    """Return whether a text overrides its direction, sets one around Latin letters, or sets one and leaves it open.

    Scripts that run to the left do so by themselves, and marks such as U+200F turn nothing.
    """
    opened, closed = len(OPENS_A_DIRECTION.findall(text)), len(CLOSES_A_DIRECTION.findall(text))
    if OVERRIDES.search(text) or opened != closed:
        return True
    return bool(opened) and LATIN.search(text) is not None


def _is_unseen(character: str) -> bool:
    # Format characters, joiners of graphemes, and selectors of variants.
    return unicodedata.category(character) == "Cf" or IGNORABLE.match(character) is not None


def _shows_nothing(character: str) -> bool:
    """Return whether fonts may show nothing for it: what is unassigned, controls, and the place of an object."""
    if character == "\ufffc" or _is_unseen(character):
        return True
    category = unicodedata.category(character)
    return category == "Cn" or (category == "Cc" and character not in KEPT_CONTROLS)


class _Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words = ""
        self.links: set[str] = set()
        self.marks: list[tuple[str, str, int]] = []
        self._letters = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.words += "" if tag in INLINE else "\n"
        self.links.update(value for name, value in attrs if name == "href" and value is not None)
        # A line that goes on in the next one is no mark.
        if tag != "br":
            self.marks.append((tag, dict(attrs).get("href") or "", self._letters))
        # Shown when somebody points at it.
        self.words += "".join(f" {value} " for name, value in attrs if name == "title" and value)

    def handle_endtag(self, tag: str) -> None:
        self.words += "" if tag in INLINE else "\n"
        self.marks.append((f"/{tag}", "", self._letters))

    def handle_data(self, data: str) -> None:
        self.words += data
        self._letters += sum(map(str.isalnum, data))
