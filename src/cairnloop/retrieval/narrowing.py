"""Which chunks are looked at at all: those with the rarest words of a query, so that the cost has a bound. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from cairnloop.retrieval.lexicon import QueryLexeme

MOST_LEXEMES = 256
"""More words of a query are not looked at: the most informative stay."""
MOST_CANDIDATES = 2_000
MOST_CANDIDATES_OF_TEXTS = 4_000
"""A page-long text has no words that tell by themselves: more has to be looked at, and takes its time."""
GROUPS = 16
"""Words are weighed one by one up to this many; further ones share the mean weight of their neighbours."""
TOGETHER = 5
"""Words of one query stand together this many times more often than chance has it."""
LONGEST_COMBINATION = 4
COMBINED = 6
"""So many of the words that are too frequent to stand alone are tried in combinations."""


def kept(lexemes: Sequence[QueryLexeme]) -> tuple[QueryLexeme, ...]:
    """Return the most informative lexemes, best first; equal ones in alphabetical order."""
    return tuple(sorted(lexemes, key=lambda each: (-each.weight, each.lexeme))[:MOST_LEXEMES])


def bound(lexemes: Sequence[QueryLexeme]) -> int:
    """Return how many candidates a query of these lexemes may have."""
    return MOST_CANDIDATES if len(lexemes) <= GROUPS else MOST_CANDIDATES_OF_TEXTS


def candidates(lexemes: Sequence[QueryLexeme], *, chunk_count: int) -> str:
    """Return a tsquery that is expected to match at most `bound` chunks: the rarest words, then words together."""
    room = bound(lexemes)
    rarest = sorted(lexemes, key=lambda each: (each.chunk_count, each.lexeme))
    parts: list[str] = []
    at = 0
    for at, each in enumerate(rarest, start=1):  # read after the loop
        if each.chunk_count > room:
            at -= 1
            break
        room -= each.chunk_count
        parts.append(_quoted(each.lexeme))
    taken: list[set[QueryLexeme]] = []
    for combination in _combinations(rarest[at : at + COMBINED]):
        expected = _expected(combination, chunk_count)
        # Whatever holds all of a longer combination holds the shorter one that was taken.
        if expected > room or any(shorter.issubset(combination) for shorter in taken):
            continue
        room -= int(expected)
        taken.append(set(combination))
        parts.append("(" + " & ".join(_quoted(each.lexeme) for each in combination) + ")")
    if not taken and not any(each.chunk_count for each in rarest[:at]):
        # Words that stand nowhere find nothing. The others are all frequent; then the bound cuts what holds them all.
        known = rarest[at : at + LONGEST_COMBINATION]
        parts += [" & ".join(_quoted(each.lexeme) for each in known).join("()")] if known else []
    return " | ".join(parts)


def groups(lexemes: Sequence[QueryLexeme]) -> Iterator[tuple[str, float]]:
    """Return tsqueries with the weight of a match in each, over lexemes that come best first."""
    singles = lexemes if len(lexemes) <= GROUPS else lexemes[: GROUPS // 2]
    for each in singles:
        yield _quoted(each.lexeme), each.weight
    rest = lexemes[len(singles) :]
    size = -(-len(rest) // (GROUPS - len(singles))) if rest else 1
    for at in range(0, len(rest), size):
        together = rest[at : at + size]
        mean = sum(each.weight for each in together) / len(together)
        # ts_rank divides by the number of words it was asked for.
        yield " | ".join(_quoted(each.lexeme) for each in together), mean * len(together)


def _combinations(frequent: Sequence[QueryLexeme]) -> Iterator[Sequence[QueryLexeme]]:
    """Return pairs, then longer combinations, each with the rarest words first."""
    for length in range(2, LONGEST_COMBINATION + 1):
        yield from combinations(frequent, length)


def _expected(combination: Sequence[QueryLexeme], chunk_count: int) -> float:
    rarest, *others = (each.chunk_count for each in combination)
    expected = float(rarest)
    for chunks in others:
        expected = min(expected, expected * TOGETHER * chunks / max(chunk_count, 1))
    return expected


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
