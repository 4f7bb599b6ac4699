"""Composes a draft of what stands in the sources: no model, no key, the same answer every time. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from cairnloop.drafting.addresses import foreign_addresses
from cairnloop.drafting.generators.quotable import Unit, units_of
from cairnloop.drafting.generators.saying import Line
from cairnloop.hooks.draft_generator import DraftClaim, DraftRequest, DraftResult, DraftSource

MOST_UNITS = 3
DRAFT_CHARS = 1_200
"""Something more is quoted only as long as all quotes together keep to this."""
SECTION_ADDS = 400
"""So many characters more are said to quote a section as a whole."""
STEM_CHARS = 5
ADDS_AT_LEAST = 0.5
"""What one sentence of something more has to answer beyond the others, as a share of the best sentence's fit."""
ADDS_WORDS = 2
"""So many of the words that are asked for, at least, in one sentence: a single one stands there by chance."""
ANSWERS_AT_LEAST = 2 / 3
"""How many of the words that are asked for the quoted passages have to hold; else they are about something else."""
ANSWERS_WORDS = 4
"""So many are enough, however long a message is."""
WORD = re.compile(r"[^\W_]+")
SAYS_LITTLE = frozenset(
    WORD.findall(
        """
        a about above after again all also am an and any are as at be because been before being between
        both but by can could did do does doing done during each else few for from get gets getting got
        had has have having he help her here hers him his how i if in into is it its just keep keeps know
        let like made make makes many may maybe me mean means might more most much must my need needs no
        not of often on once one only or other others our ours out over own please possible really say
        says see shall she should since so some still such take takes tell than thank thanks that the
        their theirs them then there these they thing things think this those through to too tried try
        trying two under until up us use used using very want wanted wants was way ways we well were what
        when where which while who whom whose why will with without work works would yes yet you your
        yours hi hello ok okay sorry ask asked asking become becomes call called course details explain happen
        happens happened information interested knew known meaning meant mention provide question saw seeing
        seem seems seen show showing shows term understand understanding word
        """
    )
)
SHORTER = re.compile(r"\b(?:short(?:er|en)?|brief(?:er|ly)?|concise|less)\b", re.IGNORECASE)
"""An operator who says so gets what fits best alone."""
ASKING = "mention mentions add include say tell write explain short shorter shorten brief briefer concise more less"
"""Words that ask for something and name nothing of it."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Something of a source that may be quoted, and the words it is found by."""

    source: DraftSource
    unit: Unit
    sentences: tuple[frozenset[str], ...]
    headings: frozenset[str]
    speaks_of: frozenset[str]
    """What its passage speaks of, with the title and the headings above."""

    def fit(self, weights: Mapping[str, float]) -> tuple[float, float]:
        """Return what its best sentence is worth below its headings, and what all of it is."""
        best = max((_worth(self.headings | stems, weights) for stems in self.sentences), default=0.0)
        return best, _worth(self.headings.union(*self.sentences), weights)


class ExtractiveGenerator:
    """Answers with what the sources say that fits the question best; says nothing of its own."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Return the opening, what the sources say, and the closing; nothing at all if nothing fits."""
        candidates = [list(_candidates(source, request.sources)) for source in request.sources]
        asked, wished = _stems(request.question), _stems(request.instruction) - _stems(ASKING)
        weights = _weights(asked | wished, chain.from_iterable(candidates))
        is_short = SHORTER.search(request.instruction) is not None
        chosen = _chosen(candidates, weights, wished, most=1 if is_short else MOST_UNITS)
        if not is_short and not _answers(asked, chosen):
            return DraftResult(claims=())
        claims = _said_in_order(chosen if is_short else _with_their_sections(chosen, request.sources))
        if not claims:
            return DraftResult(claims=())
        return DraftResult(
            claims=(
                DraftClaim(text=request.opening),
                *claims,
                DraftClaim(text=request.closing, begins_paragraph=True),
            )
        )


def _candidates(source: DraftSource, sources: Sequence[DraftSource]) -> Iterator[_Candidate]:
    """Return what may be quoted of a passage; what belongs to it may stand outside of it, in the same article."""
    speaks_of = _stems(f"{source.title} {source.text}")
    last = source.start + len(source.text)
    for unit in units_of(source.article or source.text, near=(source.start, last)):
        if not any(line.start < last and source.start < line.end for line in unit.lines):
            continue
        said = [line.text for line in chain(unit.headings, unit.scope, unit.lines)]
        if not _comes_from(chain(unit.headings, unit.scope, unit.lines), sources):
            continue
        sentences = tuple(_stems(line.text) for line in unit.lines)
        headings = _stems(" ".join(line.text for line in unit.headings))
        yield _Candidate(source, unit, sentences, headings, speaks_of | _stems(" ".join(said)))


def _chosen(
    candidates: Sequence[Sequence[_Candidate]], weights: Mapping[str, float], wished: frozenset[str], *, most: int
) -> list[_Candidate]:
    """Return what to quote: what fits best in the best source, and of all what answers something more.

    What an operator wished for counts as something more by itself.
    """
    chosen: list[_Candidate] = []
    answered: frozenset[str] = frozenset()
    first_fit = 0.0
    for of_source in candidates:
        for _ in range(most - len(chosen)):
            left = {stem: weight for stem, weight in weights.items() if stem not in answered}
            found = max(of_source, key=lambda each: each.fit(left), default=None)  # called at once
            if found is None or found.fit(left)[0] <= 0 or (chosen and not _adds(found, left, first_fit, wished)):
                break
            if chosen and not _can_be_added(found, chosen):
                break
            first_fit = first_fit or found.fit(weights)[0]
            answered = answered.union(*found.sentences)
            chosen.append(found)
    return chosen


def _adds(found: _Candidate, left: Mapping[str, float], first_fit: float, wished: frozenset[str]) -> bool:
    """Return whether it answers enough of what is left, next to what the best sentence answered."""
    if any(stems & wished & left.keys() for stems in found.sentences):
        return True
    return any(
        len(stems & left.keys()) >= ADDS_WORDS and _worth(stems, left) >= ADDS_AT_LEAST * first_fit
        for stems in found.sentences
    )


def _can_be_added(found: _Candidate, chosen: Sequence[_Candidate]) -> bool:
    together = [*chosen, found]
    return sum(each.unit.chars for each in together) <= DRAFT_CHARS and bool(_said_in_order(together))


def _comes_from(lines: Iterable[Line], sources: Sequence[DraftSource]) -> bool:
    """Return whether every address in some lines stands in a passage that was found."""
    shown = [each.text for each in sources]
    return not any(foreign_addresses(line.text, evidence=shown, hosts=()) for line in lines)


def _with_their_sections(chosen: Sequence[_Candidate], sources: Sequence[DraftSource]) -> list[_Candidate]:
    """Return what was chosen, each with all of its section where that adds little."""
    said = list(chosen)
    for at, each in enumerate(chosen):
        lines = each.unit.section
        adds = sum(len(line.text) for line in lines) - sum(len(line.text) for line in each.unit.lines)
        if not lines or adds > SECTION_ADDS or not _comes_from(lines, sources):
            continue
        whole = replace(each, unit=replace(each.unit, lines=lines))
        wider = [*said[:at], whole, *said[at + 1 :]]
        if len(_said_in_order(wider)) and _chars(wider) <= DRAFT_CHARS:
            said = wider
    return said


def _chars(chosen: Sequence[_Candidate]) -> int:
    lines = {line for each in chosen for line in chain(each.unit.headings, each.unit.scope, each.unit.lines)}
    return sum(len(line.text) for line in lines)


def _answers(asked: frozenset[str], chosen: Sequence[_Candidate]) -> bool:
    """Return whether the quoted passages speak of enough of what is asked; words that no passage holds count too."""
    spoken_of = asked.intersection(chain.from_iterable(each.speaks_of for each in chosen))
    return bool(chosen) and len(spoken_of) >= min(ANSWERS_AT_LEAST * len(asked), ANSWERS_WORDS)


def _said_in_order(chosen: Sequence[_Candidate]) -> list[DraftClaim]:
    """Return the claims, each article's in its own order; none if one would be read below another one's heading."""
    says_headings = not all(each.unit.says_its_headings for each in chosen)
    by_article: dict[str, list[_Candidate]] = {}
    for each in chosen:
        by_article.setdefault(each.source.article or each.source.text, []).append(each)
    said: list[DraftClaim] = []
    for article, of_article in by_article.items():
        if says_headings and not all(each.unit.can_say_its_headings for each in of_article):
            return []
        if says_headings and said and not all(each.unit.headings for each in of_article):
            return []
        said.extend(_claims(article, of_article, says_headings=says_headings))
    return said


def _claims(article: str, chosen: Sequence[_Candidate], *, says_headings: bool) -> Iterator[DraftClaim]:
    numbers: dict[Line, int] = {}
    for each in chosen:
        for line in chain(each.unit.headings if says_headings else (), each.unit.scope, each.unit.lines):
            numbers.setdefault(line, each.source.number)
    before = -1
    for line in sorted(numbers, key=lambda line: line.start):
        begins = line.begins_paragraph or before < 0 or bool(article[before : line.start].strip())
        yield DraftClaim(text=line.text, source=numbers[line], quote=line.quote, begins_paragraph=begins)
        before = line.end


def _worth(stems: Iterable[str], weights: Mapping[str, float]) -> float:
    # In one order: sums of the same numbers must be the same.
    return sum(weights.get(stem, 0.0) for stem in sorted(stems))


def _weights(asked: Collection[str], candidates: Iterable[_Candidate]) -> dict[str, float]:
    """Return what each word of the question is worth: rare ones among the sentences at hand say the most."""
    every = [stems for each in candidates for stems in each.sentences]
    held = Counter(stem for stems in every for stem in stems)
    return {stem: math.log(1 + len(every) / (1 + held[stem])) for stem in asked}


def _stems(text: str) -> frozenset[str]:
    words = (word.lower() for word in WORD.findall(text))
    return frozenset(_stem(word) for word in words if word not in SAYS_LITTLE and len(word) > 1)


def _stem(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word[:STEM_CHARS]
