"""From the sentences of a draft to the text that is sent, and back to what of them an operator kept. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Protocol, TypeVar

from cairnloop.drafting.reading import plain, without_unseen

WORD = re.compile(r"\S+")
LEAST_LETTERS = 8
"""Fewer letters and digits than these stand in every text by chance."""


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
    """Return the sentences that still stand in `text` word for word; white space and what nobody sees may differ."""
    said = _plain(text)
    return [sentence for sentence in sentences if f" {_plain(sentence.text)} " in f" {said} "]


def says_the_same(text: str, other: str) -> bool:
    """Return whether two texts differ at most in white space, and in characters that nobody sees."""
    return _plain(text) == _plain(other)


def has_the_same_words(text: str, other: str) -> bool:
    """Return whether two texts have the same letters and digits in the same order, whatever else was changed."""
    return _letters(text) == _letters(other)


def has_the_words_of(text: str, sentence: str) -> bool:
    """Return whether a sentence stands in `text` with all its letters and digits in order."""
    wanted = _letters(sentence)
    if len(wanted) < LEAST_LETTERS:
        return f" {_plain(sentence)} " in f" {_plain(text)} "
    return wanted in _letters(text)


def edited_chars(before: str, after: str) -> int:
    """Return how many characters were taken away and added, counted in whole words."""
    old, new = WORD.findall(before), WORD.findall(after)
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changed = [word for tag, a, b, c, d in changes if tag != "equal" for word in (*old[a:b], *new[c:d])]
    return sum(map(len, changed))


def _plain(text: str) -> str:
    return " ".join(without_unseen(text).split())


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, plain(text))).casefold()
