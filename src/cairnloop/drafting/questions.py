"""What a customer asks, in words that can be searched for: their recent turns, personal data taken out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cairnloop.retrieval.masking import EMAIL, NAME, NUMBER, SECRET, mask

CUSTOMER = "customer"
QUESTION_CHARS = 1_000
JOINED_TURNS = 3
STANDS_ALONE_WORDS = 6
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+")
SMALL_TALK = frozenset(
    WORD.findall(
        """
        hi hello hey hallo good morning afternoon evening day dear team there everyone thanks thank
        thx ty cheers danke merci gracias you so very much many a lot again for your the help quick
        reply answer ok okay great perfect super cool nice awesome wonderful fine alright got it
        that works now is all solved done yes no yep nope sure bye goodbye see later have i
        appreciate will wait
        """
    )
)
REFERRING = frozenset(
    WORD.findall(
        """
        it its this that these those they them their he she him her one ones then there same such
        also instead and but or so what about how why
        """
    )
)
PLACEHOLDERS = (EMAIL, NAME, NUMBER, SECRET)


def question_of(turns: Sequence[tuple[str, str]], *, names: Iterable[str] = ()) -> str:
    """Return what the customer asks now, masked; empty where they ask nothing, such as in "Thanks, that works".

    `turns` are the latest messages in order, as (role, text). All that the customer wrote since the last answer
    belongs together. What does not stand alone, such as "And for annual plans?", is read together with what they
    wrote before it.
    """
    unanswered = _unanswered(turns)
    asked = [text for text in unanswered if not is_small_talk(text)][-JOINED_TURNS:]
    if not asked:
        return ""
    if not stands_alone(" ".join(asked)):
        earlier = [text for role, text in turns[: len(turns) - len(unanswered)] if role == CUSTOMER]
        asked = [text for text in earlier if not is_small_talk(text)][-1:] + asked
    return _searchable(" ".join(asked), names)


def is_small_talk(text: str) -> bool:
    """Return whether a text greets, thanks or agrees, and asks nothing."""
    return "?" not in text and all(word.lower() in SMALL_TALK for word in WORD.findall(text))


def stands_alone(text: str) -> bool:
    """Return whether a text says by itself what it is about: long enough, or of words that refer to nothing else."""
    words = [word.lower() for word in WORD.findall(text)]
    if len(words) >= 2 * STANDS_ALONE_WORDS:
        return True
    saying = [word for word in words if word not in SMALL_TALK and word not in REFERRING]
    refers = any(word in REFERRING for word in words[:3])
    return len(saying) >= STANDS_ALONE_WORDS or (len(saying) >= 2 and not refers)


def _unanswered(turns: Sequence[tuple[str, str]]) -> list[str]:
    found: list[str] = []
    for role, text in reversed(turns):
        if role != CUSTOMER:
            break
        found.append(text)
    return found[::-1]


def _searchable(text: str, names: Iterable[str]) -> str:
    masked = mask(text[-4 * QUESTION_CHARS :], names=names)
    for placeholder in PLACEHOLDERS:
        masked = masked.replace(placeholder, " ")
    return " ".join(masked.split())[-QUESTION_CHARS:]
