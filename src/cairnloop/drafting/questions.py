"""What a customer asks, in words that can be searched for: their recent turns, personal data taken out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cairnloop.retrieval.masking import EMAIL, NAME, NUMBER, SECRET, mask

CUSTOMER = "customer"
QUESTION_CHARS = 1_000
JOINED_TURNS = 3
LEANING_WORDS = 2
"""So few words of its own do not say what an "it" or a leading "and" is about."""
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
    WORD.findall("it its this that these those they them their he him his she her one ones same such there")
)
LEADING = frozenset(WORD.findall("and or but so then also instead only just except"))
ASKING_ON = frozenset((asks, "about") for asks in ("what", "how"))
FUNCTION_WORDS = frozenset(
    WORD.findall(
        """
        a an the and or but so if then than also as at by for from in into of off on onto out over to up with about
        i me my mine we us our ours you yours be am are was were been being do does did doing has had having can
        could may might must shall should would what which who whom whose when where why how any some other others
        another else more most much many just only still mean meant want need get got like please not let
        """
    )
)
"""Words that say nothing of what a question is about; nor does a contraction such as "I'm"."""
PLACEHOLDERS = (EMAIL, NAME, NUMBER, SECRET)


def question_of(turns: Sequence[tuple[str, str]], *, names: Iterable[str] = ()) -> str:
    """Return what the customer asks now, masked; empty where they ask nothing, such as in "Thanks, that works".

    `turns` are the latest messages in order, as (role, text). What does not stand alone, such as "And for annual
    plans?", is read together with what they wrote before it: since the last answer, as far as it takes, and one turn
    before that answer.
    """
    unanswered = _unanswered(turns)
    said = [text for text in unanswered if not is_small_talk(text)]
    if not said:
        return ""
    asked = said[-1:]
    while len(asked) < min(len(said), JOINED_TURNS) and not stands_alone(" ".join(asked)):
        asked = said[-len(asked) - 1 :]
    if not stands_alone(" ".join(asked)):
        earlier = [text for role, text in turns[: len(turns) - len(unanswered)] if role == CUSTOMER]
        asked = [text for text in earlier if not is_small_talk(text)][-1:] + asked
    return _searchable(" ".join(asked), names)


def is_small_talk(text: str) -> bool:
    """Return whether a text greets, thanks or agrees, and asks nothing."""
    return "?" not in text and all(word.lower() in SMALL_TALK for word in WORD.findall(text))


def stands_alone(text: str) -> bool:
    """Return whether a text says by itself what it is about: in words of its own, and enough of them if it refers."""
    words = [word.lower() for word in WORD.findall(text)]
    own = {word for word in words if not _says_nothing(word)}
    refers = not REFERRING.isdisjoint(words) or not LEADING.isdisjoint(words[:1]) or tuple(words[:2]) in ASKING_ON
    return len(own) > (LEANING_WORDS if refers else 0)


def _says_nothing(word: str) -> bool:
    return len(word) < 2 or "'" in word or "’" in word or word in SMALL_TALK | REFERRING | LEADING | FUNCTION_WORDS


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
