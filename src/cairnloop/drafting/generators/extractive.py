"""Composes a draft of sentences that stand in the sources: no model, no key, the same answer every time. Pure."""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cairnloop.core.markdown import Block, is_relative, link_targets, parse_blocks
from cairnloop.drafting.sealing import LEAST_LETTERS
from cairnloop.hooks.draft_generator import DraftClaim, DraftRequest, DraftResult, DraftSource
from cairnloop.knowledge_base.sentences import sentence_spans

MOST_QUOTES = 5
MOST_SOURCES = 3
DRAFT_CHARS = 900
STEPS_AT_MOST = 8
STEM_CHARS = 5
LEAST_WORDS = 3
ADDS_AT_LEAST = 0.5
"""What one sentence of a further source has to answer beyond those before it, as a share of the best sentence's fit."""
ADDS_WORDS = 2
"""So many of the words that are asked for, at least, in one sentence: a single one stands there by chance."""
FITS_AT_LEAST = 0.5
"""A further sentence of a source fits the question at least half as well as its best one."""
WORD = re.compile(r"[^\W_]+")
MARKER = re.compile(r"\s*(?:[-*+]|(?P<number>\d{1,9})[.)])\s+")
SAYS_LITTLE = frozenset(
    WORD.findall(
        """
        a an and are as at be been but by can could did do does for from had has have he her his how
        i if in into is it its just me my no not of on or our out she should so some than that the
        their them then there they this to up us was we were what when where which who why will with
        would you your please thanks hi hello
        """
    )
)
SHORTER = re.compile(r"\b(?:short(?:er|en)?|brief(?:er|ly)?|concise|less)\b", re.IGNORECASE)
"""An operator who says so gets the best sentence alone."""
ASKING = "mention mentions add include say tell write explain short shorter shorten brief briefer concise more less"
"""Words that ask for something and name nothing of it."""
LEANS_BACK = frozenset(WORD.findall("it its this that these those they them then there he she otherwise instead also"))
"""A sentence that begins so needs the one before it."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """How many sources are quoted at most, and how many sentences of each beside those they lean on."""

    sources: int = MOST_SOURCES
    sentences: int = MOST_QUOTES - 2


@dataclass(frozen=True, slots=True)
class _Prose:
    """A paragraph, or what stands in an item of a list."""

    start: int
    end: int
    block: int
    """Where begins what it belongs to: the items of a numbered list belong together."""
    step: int = 0
    """The number of the step it is, 0 if it is none."""
    is_whole: bool = True
    """Nothing of its list is left out, such as code below a step."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    quote: str
    block: int
    step: int
    begins_step: bool
    stems: frozenset[str]
    leans_back: bool


class ExtractiveGenerator:
    """Answers with the sentences of the sources that fit the question best; says nothing of its own."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Return the opening, what the sources say, and the closing; nothing at all if no sentence fits."""
        sources = {source.number: _sentences(source) for source in request.sources}
        wished = _stems(request.instruction) - _stems(ASKING)
        weights = _weights(_stems(request.question) | wished, sources)
        most = _Bounds(sources=1, sentences=1) if SHORTER.search(request.instruction) else _Bounds()
        chosen = _chosen(sources, weights, wished & weights.keys(), most)
        claims = [claim for number, sentences in chosen for claim in _claims(number, sentences)]
        if not claims:
            return DraftResult(claims=())
        return DraftResult(
            claims=(
                DraftClaim(text=request.opening),
                *claims,
                DraftClaim(text=request.closing, begins_paragraph=True),
            )
        )


def _chosen(
    sources: Mapping[int, Sequence[_Sentence]], weights: Mapping[str, float], wished: frozenset[str], most: _Bounds
) -> Iterator[tuple[int, list[_Sentence]]]:
    """Return the sentences to quote of each source: of the best one, and of others that answer something more.

    What an operator wished for counts as something more by itself.
    """
    answered: frozenset[str] = frozenset()
    quotes, chars, used, first_fit = 0, 0, 0, 0.0
    for number, sentences in sources.items():
        left = {stem: weight for stem, weight in weights.items() if stem not in answered}
        picked = _picked(sentences, left, most.sentences)
        granted = any(each.stems & wished & left.keys() for each in picked)
        if not picked or (used and not granted and not any(_adds(each, left, first_fit) for each in picked)):
            continue
        length = sum(len(each.text) for each in picked)
        if used and (quotes + len(picked) > MOST_QUOTES or chars + length > DRAFT_CHARS):
            continue
        first_fit = first_fit or max(_fit(each, weights) for each in picked)
        answered = answered.union(*(each.stems for each in picked))
        quotes, chars, used = quotes + len(picked), chars + length, used + 1
        yield number, picked
        if used == most.sources:
            return


def _adds(sentence: _Sentence, left: Mapping[str, float], first_fit: float) -> bool:
    """Return whether a sentence answers enough of what is left, next to what the first source answered at best."""
    return len(sentence.stems & left.keys()) >= ADDS_WORDS and _fit(sentence, left) >= ADDS_AT_LEAST * first_fit


def _fit(sentence: _Sentence, weights: Mapping[str, float]) -> float:
    return sum(weights.get(stem, 0.0) for stem in sentence.stems)


def _picked(sentences: Sequence[_Sentence], weights: Mapping[str, float], most: int) -> list[_Sentence]:
    fits = [_fit(each, weights) for each in sentences]
    best = max(fits, default=0.0)
    if best <= 0:
        return []
    first = fits.index(best)
    if sentences[first].step:
        steps = [at for at, each in enumerate(sentences) if each.block == sentences[first].block]
        if sum(sentences[at].begins_step for at in steps) <= STEPS_AT_MOST:
            return [sentences[at] for at in _with_what_they_lean_on(sentences, steps)]
    # A step says nothing without the others.
    wanted = [at for at, fit in enumerate(fits) if fit >= FITS_AT_LEAST * best and not sentences[at].step]
    # Nearest to the best sentence first: a run of sentences says more than the same number picked from all over.
    wanted = sorted(wanted, key=lambda at: abs(at - first))[:most]
    return [sentences[at] for at in _with_what_they_lean_on(sentences, wanted)]


def _with_what_they_lean_on(sentences: Sequence[_Sentence], wanted: Collection[int]) -> list[int]:
    found = set(wanted)
    for at in sorted(wanted, reverse=True):
        while sentences[at].leans_back and at > 0 and sentences[at - 1].block == sentences[at].block:
            at -= 1
            found.add(at)
    if any(sentences[at].leans_back and at - 1 not in found for at in found):
        found = {at for at in found if not sentences[at].leans_back or at - 1 in found}
    return sorted(found)


def _claims(number: int, chosen: Sequence[_Sentence]) -> Iterator[DraftClaim]:
    for at, each in enumerate(chosen):
        is_new = at == 0 or each.begins_step or each.block != chosen[at - 1].block
        text = f"{each.step}. {each.text}" if each.begins_step else each.text
        yield DraftClaim(text=text, source=number, quote=each.quote, begins_paragraph=is_new)


def _weights(asked: Collection[str], sources: Mapping[int, Sequence[_Sentence]]) -> dict[str, float]:
    """Return what each word of the question is worth: rare ones among the sentences at hand say the most."""
    every = [each.stems for sentences in sources.values() for each in sentences]
    held = Counter(stem for stems in every for stem in stems)
    return {stem: math.log(1 + len(every) / (1 + held[stem])) for stem in asked if held[stem]}


def _sentences(source: DraftSource) -> list[_Sentence]:
    """Return what may be quoted. Of a numbered list that is all or nothing: a missing step is a wrong answer."""
    found: list[_Sentence] = []
    broken: set[int] = set()
    for prose in _prose(parse_blocks(source.text), source.text):
        if not prose.is_whole:
            broken.add(prose.block)
        for first, last in sentence_spans(source.text, prose.start, prose.end):
            quote = source.text[first:last].strip()
            if not _can_be_quoted(quote, is_step=prose.step > 0):
                broken |= {prose.block} if prose.step else set()
                continue
            text = " ".join(quote.split())
            words = [word.lower() for word in WORD.findall(text)]
            leans = bool(words) and words[0] in LEANS_BACK
            begins = prose.step > 0 and first == prose.start
            found.append(_Sentence(text, quote, prose.block, prose.step, begins, _stems(text), leans))
    return [each for each in found if not (each.step and each.block in broken)]


def _prose(blocks: Sequence[Block], text: str) -> Iterator[_Prose]:
    """Return paragraphs and what stands in lists. Headings, tables, code and quotations are left out."""
    for block in blocks:
        if block.kind == "paragraph":
            yield _Prose(block.start, block.end, block.start)
        elif block.kind == "bullet_list":
            for item in block.children:
                for prose in _prose(item.children, text):
                    start, _ = _after_marker(text, prose.start, prose.end)
                    yield dataclasses.replace(prose, start=start)
        elif block.kind == "ordered_list":
            yield from _steps(block, text)


def _steps(block: Block, text: str) -> Iterator[_Prose]:
    number = 0
    for item in block.children:
        is_whole = [child.kind for child in item.children] == ["paragraph"]
        start, written = _after_marker(text, item.start, item.end)
        # As the article counts: where it begins with 4, the first step is the fourth.
        number = number + 1 if number else written or 1
        end = item.children[0].end if is_whole else item.end
        yield _Prose(start, end, block.start, step=number, is_whole=is_whole)


def _after_marker(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where an item's words begin, and its number."""
    marker = MARKER.match(text, start, end)
    return (marker.end(), int(marker["number"] or 0)) if marker else (start, 0)


def _can_be_quoted(quote: str, *, is_step: bool) -> bool:
    # A relative link leads nowhere from a message, and an image is shown to nobody there.
    if "![" in quote or any(is_relative(target) or target.startswith(("#", "/")) for target in link_targets(quote)):
        return False
    says_enough = sum(map(str.isalnum, quote)) >= LEAST_LETTERS if is_step else len(WORD.findall(quote)) >= LEAST_WORDS
    return says_enough and not quote.endswith(":")


def _stems(text: str) -> frozenset[str]:
    words = (word.lower() for word in WORD.findall(text))
    return frozenset(_stem(word) for word in words if word not in SAYS_LITTLE and len(word) > 1)


def _stem(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word[:STEM_CHARS]
