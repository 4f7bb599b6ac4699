"""From the sentences of a draft to the text that is sent, and back to what of them an operator kept. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Protocol, TypeVar

WORD = re.compile(r"\S+")


class Sentence(Protocol):
    """What is needed of a sentence here."""

    @property
    def text(self) -> str: ...
    @property
    def begins_paragraph(self) -> bool: ...


S = TypeVar("S", bound=Sentence)


def text_of(sentences: Iterable[Sentence]) -> str:
    """Return the sentences as one text: spaces between them, and an empty line before a paragraph."""
    text = ""
    for sentence in sentences:
        text += (("\n\n" if sentence.begins_paragraph else " ") if text else "") + sentence.text
    return text


def kept_in(text: str, sentences: Sequence[S]) -> list[S]:
    """Return the sentences that still stand in `text` word for word; white space may differ."""
    said = _plain(text)
    return [sentence for sentence in sentences if f" {_plain(sentence.text)} " in f" {said} "]


def says_the_same(text: str, other: str) -> bool:
    """Return whether two texts differ in white space at most."""
    return _plain(text) == _plain(other)


def edited_chars(before: str, after: str) -> int:
    """Return how many characters were taken away and added, counted in whole words."""
    old, new = WORD.findall(before), WORD.findall(after)
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changed = [word for tag, a, b, c, d in changes if tag != "equal" for word in (*old[a:b], *new[c:d])]
    return sum(map(len, changed))


def _plain(text: str) -> str:
    return " ".join(text.split())
