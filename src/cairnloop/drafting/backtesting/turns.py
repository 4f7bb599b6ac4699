"""The turns of a past conversation that a person answered, and how near a draft comes to that answer. Pure."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

CUSTOMER = "customer"
OPERATOR = "operator"
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a customer or of who answered; `number` is its place in the conversation."""

    number: int
    role: str
    text: str
    author_name: str = ""
    """Who wrote it."""
    is_automatic: bool = False
    """No person answered: drafts read it as what was said, and no draft is compared with it."""


@dataclass(slots=True)
class AnsweredTurn:
    """What had been said up to a customer's message, and all that a person answered before the customer wrote again."""

    number: int
    """Of the customer's last message before the answer."""
    turns: tuple[tuple[str, str], ...]
    operator_names: tuple[str, ...] = ()
    """The names of whoever answered in these turns."""
    answers: list[str] = field(default_factory=list)


def answered_turns(said: Iterable[Said], *, turns: int) -> Iterator[AnsweredTurn]:
    """Return every turn that a person answered, in order, each with the latest `turns` messages before its answer.

    One turn is held at a time, however long the conversation.
    """
    recent: deque[Said] = deque(maxlen=turns)
    turn: AnsweredTurn | None = None
    for each in said:
        if each.role == CUSTOMER and turn is not None:
            yield from _if_answered(turn)
            turn = None
        if each.role == OPERATOR and recent and recent[-1].role == CUSTOMER:
            turn = _turn(recent)
        if each.role == OPERATOR and turn is not None and not each.is_automatic:
            turn.answers.append(each.text)
        recent.append(each)
    if turn is not None:
        yield from _if_answered(turn)


def _turn(recent: Sequence[Said]) -> AnsweredTurn:
    return AnsweredTurn(
        recent[-1].number,
        tuple((each.role, each.text) for each in recent),
        # As for a draft: of people alone.
        tuple(sorted({each.author_name for each in recent if each.role == OPERATOR and not each.is_automatic})),
    )


def _if_answered(turn: AnsweredTurn) -> Iterator[AnsweredTurn]:
    if turn.answers:
        yield turn


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
