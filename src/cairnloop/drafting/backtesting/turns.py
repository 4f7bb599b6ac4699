"""The turns of a past conversation that a person answered, and how near a draft comes to that answer. Pure."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

CUSTOMER = "customer"
OPERATOR = "operator"
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a customer or of a person who answered; `number` is its place in the conversation."""

    number: int
    role: str
    text: str


@dataclass(slots=True)
class AnsweredTurn:
    """What the customer had said up to a moment, and all that a person answered before the customer wrote again."""

    number: int
    """Of the customer's last message before the answer."""
    turns: tuple[tuple[str, str], ...]
    answers: list[str] = field(default_factory=list)


def answered_turns(said: Iterable[Said], *, turns: int) -> Iterator[AnsweredTurn]:
    """Return every turn that was answered, in order, each with the latest `turns` messages before its answer.

    One turn is held at a time, however long the conversation.
    """
    recent: deque[tuple[str, str]] = deque(maxlen=turns)
    answered: AnsweredTurn | None = None
    last: Said | None = None
    for each in said:
        if each.role == CUSTOMER and answered is not None:
            yield answered
            answered = None
        if each.role == OPERATOR and last is not None and last.role == CUSTOMER:
            answered = AnsweredTurn(last.number, tuple(recent))
        if each.role == OPERATOR and answered is not None:
            answered.answers.append(each.text)
        recent.append((each.role, each.text))
        last = each
    if answered is not None:
        yield answered


def overlap(text: str, other: str) -> float:
    """Return how many of their words two texts share, from 0 to 1: F1 over words, as SQuAD scores answers.

    That is the harmonic mean of precision and recall over the words in lower case, each counted as often as it stands
    there (Rajpurkar et al., 2016). No words are left out, since no list of them fits every language.
    """
    ours, theirs = _words(text), _words(other)
    shared = (ours & theirs).total()
    return 2 * shared / (ours.total() + theirs.total()) if shared else 0.0


def _words(text: str) -> Counter[str]:
    return Counter(word.lower() for word in WORD.findall(text))
