"""Whether a customer may have asked more than one thing, of which a draft answers only one. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from cairnloop.drafting.questions import TURNS, WORD, is_small_talk, says_nothing, unanswered

PIECE_ENDS = re.compile(
    r"[^\w\s'’\"“”„«»#%$€£@-]+|[\n\t]+|\s-+|-+\s|"
    r"\b(?:and|or|also|plus|but|then|besides|while|additionally|in addition|along with|as well as|"
    r"und|oder|auch|sowie|aber|dann|et|y)\b",
    re.IGNORECASE,
)
ASKS_ANEW = re.compile(
    r"""\b(?=(?:
        how|what|why|can|could|would|please|kindly|need|want|wie|warum|bitte|möchte
        |(?:where|when|who|which|wo|wann|wer)\s(?:do|does|did|is|are|was|were|can|could|will|would|should|has|have
            |ist|sind|war|kann|finde|kommt|bekomme)
        |(?:is|are|was|were|do|does|did|will|should|has|have)\s(?:i|we|you|my|our|your|the|it|there|this|that|these)
        |i['’]d|i\s(?:was|am|have|had|would)
        |(?:give|send|show|refund|cancel|call|phone|change|delete|remove)\s(?:me|us|my|our|the|it)
    )\b)""",
    re.IGNORECASE | re.VERBOSE,
)
"""Where something else may begin to be asked, without a mark before it."""
WANTED = frozenset(
    WORD.findall("phone number file picture screenshot screenshots attach somebody someone forward reply respond")
)
"""Words of somebody who waits, and of what one may want as well."""
LEADING_IN = frozenset(WORD.findall("support help tell know wonder wondering explain"))
"""Words that lead to what is asked."""
CALLING = frozenset(("support", "help"))
"""Words of those that ask by themselves for nothing in particular."""
WROTE = frozenset(("wrote", "schrieb"))

Said = tuple[str, ...]


def asks_several(turns: Sequence[tuple[str, str]], *, names: Iterable[str] = ()) -> bool:
    """Return whether the customer may have asked more than one thing since the last answer.

    They did not where all they wrote is one plain question, greetings, thanks and repetitions aside. In doubt they did:
    another sentence may tell only more of it, and may be what they want most. Two questions that run into each other
    without a mark or a word between them may be taken for one.
    """
    open_turns = unanswered(turns)
    # There may be more before what was read.
    if len(open_turns) >= TURNS:
        return True
    called = {word.lower() for name in names for word in WORD.findall(name)}
    return len({said for text in open_turns for said in _things(text, called)}) > 1


def _things(text: str, called: Collection[str]) -> Iterator[Said]:
    """Yield what each piece of a message says that may be one thing of its own, by its words."""
    for piece in PIECE_ENDS.split(_without_history(text)):
        said = [_words_of(part, called) for part in ASKS_ANEW.split(piece)]
        asked = [words for words in said if not all(each in LEADING_IN or _says_nothing(each) for each in words)]
        whole = tuple(word for words in said for word in words)
        yield from asked or ([whole] if whole and CALLING.isdisjoint(whole) else [])


def _says_nothing(word: str) -> bool:
    return word not in WANTED and says_nothing(word)


def _words_of(text: str, called: Collection[str]) -> Said:
    words = tuple(word.lower() for word in WORD.findall(text))
    is_wanted = not WANTED.isdisjoint(words)
    return words if is_wanted or not is_small_talk(" ".join(set(words).difference(called))) else ()


def _without_history(text: str) -> str:
    """Return a message without what a mail repeats of those before it, and the line that says whose it is."""
    kept: list[str] = []
    is_history = False
    for line in text.splitlines():
        if not line.lstrip().startswith(">"):
            is_history = is_history and not line.strip()
            kept.append(line)
            continue
        before = next((each for each in reversed(kept[-3:]) if each.strip()), "")
        if not is_history and _introduces(before):
            is_history = True
            del kept[len(kept) - 1 - kept[::-1].index(before) :]
        if not is_history:
            kept.append(line)
    return "\n".join(kept)


def _introduces(line: str) -> bool:
    is_dated = any(map(str.isdigit, line))
    return is_dated and line.rstrip().endswith(":") and not WROTE.isdisjoint(WORD.findall(line.lower()))
