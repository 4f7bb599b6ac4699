"""What a customer asks, in words that can be searched for: their recent turns, personal data taken out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from cairnloop.drafting.logs import parted
from cairnloop.knowledge_base.sentences import sentence_spans
from cairnloop.retrieval.masking import EMAIL, NAME, NUMBER, SECRET, mask

CUSTOMER = "customer"
TURNS = 12
"""So many of the latest messages are read, customer's and operators' together."""
QUESTION_CHARS = 1_000
PASTED_CHARS = 300
"""So much of what looks pasted is searched for, from its end, where what a person wrote does not stand alone."""
READ_CHARS = 10_000
"""Of a longer message, so much of its beginning and of its end is read."""
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
WAITING = frozenset(
    WORD.findall(
        """
        any news update updates waiting wait waited answer answers reply replies respond response soon urgent urgently
        asap advance best kind kindest regards sincerely yours attached attachment attach screenshot screenshots picture
        file anybody anyone somebody someone hurry quickly quick bump ping reminder number phone appreciated forward
        hearing back today tomorrow
        bitte schnell antworten antwort dringend warte warten noch immer grüße gruß grüßen viele freundlichen mfg lg
        """
    )
)
"""Words of somebody who waits, or closes a message, and asks nothing by them."""
BREAKS = re.compile(r"\n+|(?<=\?)\s+")
QUESTION_WORDS = frozenset(
    WORD.findall("what which who whom whose when where why how can could may might must shall should would do does did")
)
REQUESTS = re.compile(
    r"\?|^\W*(?:what(?!\s(?:i|we|you|they)\b)|which|who|whom|whose|when|where|why|how|can|could|may|is|are|do|does|did|should|would|will)\b|"
    r"\b(?:how (?:to|do|can|could|does|is|are|much|many|long)|tell me|explain|i (?:want|need|wish|wonder)|i['’]d like|"
    r"i would like|looking for|wondering|want to know|please (?:\w+ )?(?:help|show|send|tell|explain|check|fix|change)"
    r")\b",
    re.IGNORECASE,
)
TELLING = frozenset(
    WORD.findall("i we you he she it this that these those they my our am is are was were be been has have had")
) | {"i'm", "it's", "i’m", "it’s", "we’re", "we're"}
"""Words of sentences that tell something. A message without any is what one would type into a search."""
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

    `turns` are the latest messages in order, as (role, text). Of what was written since the last answer, the latest
    turn that asks something is the question; what was written after it and asks nothing is read with it, and never in
    its place. What does not stand alone, such as "And for annual plans?", is read together with what they wrote before
    it: since the last answer, as far as it takes, and one turn before that answer.
    """
    names = tuple(names)
    said = _said_since_the_answer(turns, names)
    if not said:
        return ""
    asked = _asked_last(said)
    if not stands_alone(_said(asked)) or all(map(_waits, asked)):
        earlier = [text for role, text in turns[: len(turns) - len(unanswered(turns))] if role == CUSTOMER]
        asked = [text for text in (_masked(each, names) for each in earlier) if not is_small_talk(text)][-1:] + asked
    return _searchable(asked)


def is_small_talk(text: str) -> bool:
    """Return whether a text greets, thanks, agrees, waits or closes, and asks nothing."""
    words = [word.lower() for word in WORD.findall(text)]
    if "?" in text:
        return False
    if all(word in SMALL_TALK for word in words):
        return True
    return _waits(text) and not WAITING.isdisjoint(words) and QUESTION_WORDS.isdisjoint(words)


def _said_since_the_answer(turns: Sequence[tuple[str, str]], names: tuple[str, ...]) -> list[str]:
    said = [text for text in (_masked(each, names) for each in unanswered(turns)) if not is_small_talk(text)]
    # "Any news?" is no question of its own, and brings back the one before.
    return [text for text in said if not _waits(text)] or said[-1:]


def _asked_last(said: Sequence[str]) -> list[str]:
    """Return the last of some turns, as many as it takes to ask something."""
    asked = list(said[-1:])
    while len(asked) < min(len(said), JOINED_TURNS) and not _is_question(asked):
        asked = list(said[-len(asked) - 1 :])
    return asked


def _waits(text: str) -> bool:
    """Return whether a text says nothing but that somebody waits, or greets."""
    words = {word.lower() for word in WORD.findall(text)}
    says_more = {word for word in words if word not in WAITING and not says_nothing(word)}
    return not says_more and (not words or not words.isdisjoint(WAITING | SMALL_TALK))


def _is_question(asked: Sequence[str]) -> bool:
    """Return whether some turns ask something, and say by themselves what it is about."""
    return any(_asks(_said([turn])) for turn in asked) and stands_alone(_said(asked))


def _asks(text: str) -> bool:
    """Return whether a text asks something: by a question, a request, or by search terms that tell nothing."""
    words = {word.lower() for word in WORD.findall(text)}
    return REQUESTS.search(text) is not None or (bool(words) and TELLING.isdisjoint(words))


def _said(turns: Sequence[str]) -> str:
    """Return what a person wrote of some turns, without what they pasted."""
    return " ".join(" ".join(parted(text)[0]) for text in turns)


def stands_alone(text: str) -> bool:
    """Return whether a text says by itself what it is about: in words of its own, and enough of them if it refers."""
    words = [word.lower() for word in WORD.findall(text)]
    own = {word for word in words if not says_nothing(word)}
    refers = not REFERRING.isdisjoint(words) or not LEADING.isdisjoint(words[:1]) or tuple(words[:2]) in ASKING_ON
    return len(own) > (LEANING_WORDS if refers else 0)


def says_nothing(word: str) -> bool:
    """Return whether a word says nothing of what a question is about."""
    return len(word) < 2 or "'" in word or "’" in word or word in SMALL_TALK | REFERRING | LEADING | FUNCTION_WORDS


def unanswered(turns: Sequence[tuple[str, str]]) -> list[str]:
    """Return what the customer wrote since the last answer, in order."""
    found: list[str] = []
    for role, text in reversed(turns):
        if role != CUSTOMER:
            break
        found.append(text)
    return found[::-1]


def _masked(text: str, names: Iterable[str]) -> str:
    if len(text) > 2 * READ_CHARS:
        text = f"{text[:READ_CHARS]}\n{text[-READ_CHARS:]}"
    masked = mask(text, names=names)
    for placeholder in PLACEHOLDERS:
        masked = masked.replace(placeholder, " ")
    return masked


def _searchable(asked: Sequence[str]) -> str:
    """Return some turns on one line, of bounded length; what asks stays before what tells, and that before logs."""
    pasted = " ".join(chain.from_iterable(parted(text)[1] for text in asked))
    said = [" ".join(sentence.split()) for text in asked for sentence in _sentences("\n".join(parted(text)[0]))]
    if not stands_alone(" ".join(said)):
        said.append(" ".join(pasted.split())[-PASTED_CHARS:])
    by_worth = sorted(range(len(said)), key=lambda at: ("?" in said[at], at), reverse=True)
    kept: set[int] = set()
    left = QUESTION_CHARS
    for at in by_worth:
        said[at] = said[at][-left:]
        kept.add(at)
        left -= len(said[at]) + 1
        if left <= 0:
            break
    return " ".join(said[at] for at in sorted(kept) if said[at])


def _sentences(text: str) -> Iterator[str]:
    """Return the sentences of a text. One that would take up everything is taken apart at its lines and questions."""
    for start, end in sentence_spans(text, 0, len(text)):
        yield from [text[start:end]] if end - start <= QUESTION_CHARS // 2 else BREAKS.split(text[start:end])
