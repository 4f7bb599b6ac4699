"""Composes a draft of sentences that stand in the sources: no model, no key, the same answer every time. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cairnloop.core.markdown import Block, is_relative, link_targets, parse_blocks
from cairnloop.hooks.draft_generator import DraftClaim, DraftRequest, DraftResult, DraftSource
from cairnloop.knowledge_base.sentences import sentence_spans

MOST_QUOTES = 5
MOST_SOURCES = 3
DRAFT_CHARS = 900
STEPS_AT_MOST = 8
STEM_CHARS = 5
ADDS_AT_LEAST = 0.12
"""Which share of what is asked a further source has to answer beyond those before it."""
FITS_AT_LEAST = 0.5
"""A further sentence of a source fits the question at least half as well as its best one."""
WORD = re.compile(r"[^\W_]+")
MARKER = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+")
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
LEANS_BACK = frozenset(WORD.findall("it its this that these those they them then there he she otherwise instead also"))
"""A sentence that begins so needs the one before it."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    quote: str
    block: int
    is_step: bool
    stems: frozenset[str]
    leans_back: bool


class ExtractiveGenerator:
    """Answers with the sentences of the sources that fit the question best; says nothing of its own."""

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Return the opening, what the sources say, and the closing; nothing at all if no sentence fits."""
        sources = {source.number: _sentences(source) for source in request.sources}
        weights = _weights(_stems(request.question), sources)
        claims = [claim for number, chosen in _chosen(sources, weights) for claim in _claims(number, chosen)]
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
    sources: Mapping[int, Sequence[_Sentence]], weights: Mapping[str, float]
) -> Iterator[tuple[int, list[_Sentence]]]:
    """Return the sentences to quote of each source: of the best one, and of others that answer something more."""
    answered: frozenset[str] = frozenset()
    quotes, chars, used = 0, 0, 0
    for number, sentences in sources.items():
        picked = _picked(sentences, {stem: weight for stem, weight in weights.items() if stem not in answered})
        gained = frozenset().union(*(each.stems for each in picked)) & weights.keys()
        gain = sum(weights[stem] for stem in gained - answered)
        length = sum(len(each.text) for each in picked)
        if not picked or (used and gain < ADDS_AT_LEAST * sum(weights.values())):
            continue
        if used and (quotes + len(picked) > MOST_QUOTES or chars + length > DRAFT_CHARS):
            continue
        answered, quotes, chars, used = answered | gained, quotes + len(picked), chars + length, used + 1
        yield number, picked
        if used == MOST_SOURCES:
            return


def _picked(sentences: Sequence[_Sentence], weights: Mapping[str, float]) -> list[_Sentence]:
    fits = [sum(weights.get(stem, 0.0) for stem in each.stems) for each in sentences]
    best = max(fits, default=0.0)
    if best <= 0:
        return []
    first = fits.index(best)
    if sentences[first].is_step:
        steps = [at for at, each in enumerate(sentences) if each.block == sentences[first].block]
        if len(steps) <= STEPS_AT_MOST:
            return [sentences[at] for at in _with_what_they_lean_on(sentences, steps)]
    # A step says nothing without the others.
    wanted = [at for at, fit in enumerate(fits) if fit >= FITS_AT_LEAST * best and not sentences[at].is_step]
    # Nearest to the best sentence first: a run of sentences says more than the same number picked from all over.
    wanted = sorted(wanted, key=lambda at: abs(at - first))[: MOST_QUOTES - 2]
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
        is_new = at == 0 or each.is_step or each.block != chosen[at - 1].block
        yield DraftClaim(text=each.text, source=number, quote=each.quote, begins_paragraph=is_new)


def _weights(asked: Collection[str], sources: Mapping[int, Sequence[_Sentence]]) -> dict[str, float]:
    """Return what each word of the question is worth: rare ones among the sentences at hand say the most."""
    every = [each.stems for sentences in sources.values() for each in sentences]
    held = Counter(stem for stems in every for stem in stems)
    return {stem: math.log(1 + len(every) / (1 + held[stem])) for stem in asked if held[stem]}


def _sentences(source: DraftSource) -> list[_Sentence]:
    found: list[_Sentence] = []
    for start, end, block, is_step in _prose(parse_blocks(source.text), source.text):
        for first, last in sentence_spans(source.text, start, end):
            quote = source.text[first:last].strip()
            if _can_be_quoted(quote):
                text = " ".join(quote.split())
                words = [word.lower() for word in WORD.findall(text)]
                leans = bool(words) and words[0] in LEANS_BACK
                found.append(_Sentence(text, quote, block, is_step, _stems(text), leans))
    return found


def _prose(blocks: Sequence[Block], text: str) -> Iterator[tuple[int, int, int, bool]]:
    """Return paragraphs and list items as (start, end, what they belong to, is a step of several).

    Headings, tables, code and quotations are left out. The items of a numbered list belong together.
    """
    for block in blocks:
        if block.kind == "paragraph":
            yield block.start, block.end, block.start, False
        elif block.kind in ("bullet_list", "ordered_list"):
            is_step = block.kind == "ordered_list"
            for item in block.children:
                for start, end, own, _ in _prose(item.children, text):
                    yield _after_marker(text, start, end), end, block.start if is_step else own, is_step


def _after_marker(text: str, start: int, end: int) -> int:
    marker = MARKER.match(text, start, end)
    return marker.end() if marker else start


def _can_be_quoted(quote: str) -> bool:
    # A relative link leads nowhere from a message, and an image is shown to nobody there.
    if "![" in quote or any(is_relative(target) or target.startswith(("#", "/")) for target in link_targets(quote)):
        return False
    return len(WORD.findall(quote)) >= 3 and not quote.endswith(":")


def _stems(text: str) -> frozenset[str]:
    words = (word.lower() for word in WORD.findall(text))
    return frozenset(_stem(word) for word in words if word not in SAYS_LITTLE and len(word) > 1)


def _stem(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word[:STEM_CHARS]
