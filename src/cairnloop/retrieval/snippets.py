"""The part of a chunk worth showing: the sentences that hold most of what was asked, with the matches marked. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cairnloop.retrieval.evidence import Snippet

SNIPPET_CHARS = 300
SENTENCE = re.compile(r"[^\n]+?(?:[.!?…][\"'”»)]*(?=\s|$)|(?=\n)|$)", re.MULTILINE)
WORD = re.compile(r"\w+(?:[-_./@]\w+)*")
COMMON_BEGINNING = 4
KEY_CHARS = 2
"""So many letters a word and its lexeme always share: one less than the shortest lexeme that has forms."""

Match = tuple[int, int, str, float]
"""Where a word begins and ends that was asked for, its lexeme, and how informative that is."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A snippet and where it begins and ends in the chunk's text."""

    snippet: Snippet
    start: int
    end: int


def cut_snippet(text: str, weights: Mapping[str, float]) -> Cut:
    """Return the run of sentences with the most informative matches, SNIPPET_CHARS long at most.

    `weights` says how informative each lexeme of the query is; a word matches a lexeme it begins like.
    """
    sentences = [(found.start(), found.end()) for found in SENTENCE.finditer(text) if found[0].strip()]
    if not sentences:
        return Cut(Snippet(text[:SNIPPET_CHARS]), 0, min(len(text), SNIPPET_CHARS))
    matches = _matches(text, weights)
    start, end = _best_run(sentences, matches)
    start += len(text[start:end]) - len(text[start:end].lstrip())
    end = start + len(text[start:end].rstrip())
    spans = tuple((a - start, b - start) for a, b, *_ in matches if a >= start and b <= end)
    return Cut(Snippet(text[start:end], spans), start, end)


def _best_run(sentences: Sequence[tuple[int, int]], matches: Sequence[Match]) -> tuple[int, int]:
    best, best_worth = sentences[0], -1.0
    for at, (start, first_end) in enumerate(sentences):
        end = first_end
        for _, later in sentences[at + 1 :]:
            if later - start > SNIPPET_CHARS:
                break
            end = later
        end = min(end, start + SNIPPET_CHARS)
        worth = _worth(matches, start, end) + 0.5 * _worth(matches, start, min(first_end, end))
        if worth > best_worth:
            best, best_worth = (start, end), worth
    return best


def _worth(matches: Sequence[Match], start: int, end: int) -> float:
    held = {lexeme: weight for a, b, lexeme, weight in matches if a >= start and b <= end}
    return sum(held.values())


def _matches(text: str, weights: Mapping[str, float]) -> list[Match]:
    by_beginning: dict[str, list[str]] = {}
    for each in weights:
        by_beginning.setdefault(each[:KEY_CHARS], []).append(each)
    found: list[Match] = []
    known: dict[str, str | None] = {}
    for word in WORD.finditer(text):
        lowered = word[0].lower()
        if lowered not in known:
            alike = by_beginning.get(lowered[:KEY_CHARS], ())
            known[lowered] = next((lexeme for lexeme in alike if _is_form_of(lowered, lexeme)), None)
        lexeme = known[lowered]
        if lexeme is not None:
            found.append((word.start(), word.end(), lexeme, weights[lexeme]))
    return found


def _is_form_of(word: str, lexeme: str) -> bool:
    if word == lexeme:
        return True
    if len(lexeme) < COMMON_BEGINNING - 1:
        return False
    # A stem may have lost or changed its last letter: "polici" is "policy".
    beginning = lexeme if not lexeme.endswith("i") else lexeme[:-1]
    return word.startswith(beginning) and len(word) - len(lexeme) <= COMMON_BEGINNING
