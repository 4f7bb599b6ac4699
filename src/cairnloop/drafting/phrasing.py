"""From the sentences of a draft to the text that is sent, and back to what of them an operator kept. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Protocol, TypeVar

from cairnloop.drafting.reading import plain, without_unseen

WORD = re.compile(r"\S+")
MOST_PAIRS = 100_000
"""Up to so many pairs of equal words are compared; prose of 10,000 characters has some 40,000 with itself."""
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
    """Return how many characters were taken away and added, counted in whole words.

    Where the same few words stand in both texts hundreds of times, what was only moved between changes is not counted.
    """
    old, new = WORD.findall(before), WORD.findall(after)
    if _pairs(old, new) > MOST_PAIRS:
        old, new = _without_same_ends(old, new)
    if _pairs(old, new) > MOST_PAIRS:
        taken, added = Counter(old), Counter(new)
        return _chars([*(taken - added).elements(), *(added - taken).elements()])
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return _chars([word for tag, a, b, c, d in changes if tag != "equal" for word in (*old[a:b], *new[c:d])])


def _pairs(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many pairs of equal words there are, which is what comparing two texts takes time for."""
    others = Counter(new)
    return sum(count * others[word] for word, count in Counter(old).items())


def _without_same_ends(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    ahead = _same_ahead(old, new)
    old, new = old[ahead:], new[ahead:]
    behind = _same_ahead(old[::-1], new[::-1])
    return old[: len(old) - behind], new[: len(new) - behind]


def _same_ahead(old: Sequence[str], new: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _chars(words: Iterable[str]) -> int:
    return sum(map(len, words))


def _plain(text: str) -> str:
    return " ".join(without_unseen(text).split())


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, plain(text))).casefold()
