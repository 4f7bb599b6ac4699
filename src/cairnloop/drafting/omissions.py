"""What a draft leaves out of the articles it quotes, told by how they are built and not by their words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import chain, groupby, pairwise

from cairnloop.core.markdown import Block, parse_source_blocks, says_plainly
from cairnloop.drafting.leaning import leads_on, says_all_of, speaks_of_the_text, takes_back, warns
from cairnloop.drafting.structure import PlacedSentence, QuotedArticle, changes_structure
from cairnloop.drafting.surroundings import Span, turns

MARKERS = re.compile(r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*", re.MULTILINE)
HEADING = re.compile(r"[ \t]*(?:#{1,6}[ \t]+)?(?P<words>[^\n]*[^\s#])")
SAYS_NOTHING = frozenset(" \t\r\n*_`#=.,:;…()[]\"'“”„‘’«»–—-")
"""What may stand between quotes and say nothing: space, and marks that close or emphasise. Struck text does say it."""
READABLE = frozenset({"paragraph", "bullet_list", "ordered_list"})


class Omission(StrEnum):
    """What of the articles around its quotes a draft leaves out. With none of them it says whole articles."""

    NONE = ""
    TITLE = "title"
    """The title of an article, which says more than its quotes, or limits them."""
    SECTION = "section"
    """A part of a section it quotes, or of one below: a paragraph, an item, a quotation, a table, code, a label."""
    HEADING = "heading"
    """A heading above or below a quote that says more than the quotes of its section, or limits them."""
    ELSEWHERE = "elsewhere"
    """What stands below the headings above, or speaks of the whole article, and may limit what is quoted."""
    OTHERS = "others"
    """Any other section of an article it quotes."""
    ORDER = "order"
    """The order of the article, or which heading a quote is read below, or that it is a paragraph of its own."""
    STRUCTURE = "structure"
    """What is an item of a list, of which and below which item, with which number, what one paragraph holds, and that
    nothing else stands between."""


@dataclass(frozen=True, slots=True)
class _Section:
    headings: tuple[Block, ...]
    above: tuple[_Section, ...]
    """The sections of the headings above, and what stands before any heading."""
    blocks: list[Block]


def omissions_in(sentences: Sequence[PlacedSentence]) -> tuple[Omission, ...]:
    """Return what a draft leaves out of the articles it quotes, by its sentences in its order; each kind once."""
    quotes = [(each.article, each) for each in sentences if each.article]
    spans: dict[QuotedArticle, list[Span]] = {}
    for article, quote in quotes:
        spans.setdefault(article, []).append((quote.start, quote.end))
    found = {omission_in(article.text, of_article) for article, of_article in spans.items()}
    if any(_leaves_title_out(article, sorted(of_article)) for article, of_article in spans.items()):
        found.add(Omission.TITLE)
    if _changes_order(quotes):
        found.add(Omission.ORDER)
    elif changes_structure(sentences):
        found.add(Omission.STRUCTURE)
    return tuple(each for each in Omission if each and each in found)


def omission_in(text: str, spans: Iterable[Span]) -> Omission:
    """Return the gravest of what quotes at `spans` leave out of the text of an article."""
    quoted = sorted(spans)
    sections = _with_subsections(_quoted_sections(text, quoted), text)
    if any(_is_left_out(block, text, quoted) for each in sections for block in each.blocks):
        return Omission.SECTION
    headings = dict.fromkeys(chain.from_iterable(each.headings for each in sections))
    if any(_limits_unsaid(heading, text, quoted) for heading in headings):
        return Omission.HEADING
    above = {id(over) for each in sections for over in each.above}
    for section in _sections_of(text):
        for at, block in enumerate(section.blocks):
            limits = _limits if id(section) in above else _speaks_of_all
            is_last = at == len(section.blocks) - 1
            if limits(block, text, is_last=is_last) and _is_left_out(block, text, quoted):
                return Omission.ELSEWHERE
    return Omission.NONE if _is_whole(text, quoted) else Omission.OTHERS


def headings_above(text: str, at: int) -> tuple[Span, ...]:
    """Return the spans of the headings above a character, from the outermost, without the marks that make them one."""
    sections = [each for each in _sections_of(text) if each.headings and each.headings[-1].start <= at]
    headings = sections[-1].headings if sections else ()
    found = [HEADING.match(text, each.start, each.end) for each in headings if each.end <= at]
    return tuple(match.span("words") for match in found if match)


def below_heading(text: str, at: int) -> int:
    """Return where what stands below the nearest heading above a character begins; in a heading, where its words do."""
    sections = [each for each in _sections_of(text) if each.headings and each.headings[-1].start <= at]
    if not sections:
        return 0
    heading = sections[-1].headings[-1]
    words = HEADING.match(text, heading.start, heading.end)
    return words.start("words") if words and at < heading.end else heading.end


def _is_whole(text: str, quoted: Sequence[Span]) -> bool:
    """Return whether all of an article is said: also what is shown nowhere, such as where its links lead."""
    sections = _sections_of(text)
    headings = [each.headings[-1] for each in sections if each.headings]
    rules = [block for each in sections for block in each.blocks if block.kind == "hr"]
    said = sorted([*quoted, *((block.start, block.end) for block in (*headings, *rules))])
    if _is_left_out(Block("article", 0, len(text)), text, said):
        return False
    return not any(_limits_unsaid(heading, text, quoted) for heading in headings)


def _leaves_title_out(article: QuotedArticle, quoted: Sequence[Span]) -> bool:
    """Return whether the title, which stands above all of an article and is no part of its text, is said nowhere."""
    before, *sections = _sections_of(article.text)
    heads = not before.blocks and bool(sections) and sections[0].headings[0].words == article.title
    if heads and not _is_left_out(sections[0].headings[0], article.text, quoted):
        return False
    said = " ".join(article.text[start:end] for start, end in quoted)
    return limits(article.title) or not says_all_of(article.title, said)


def _changes_order(quotes: Sequence[tuple[QuotedArticle, PlacedSentence]]) -> bool:
    """Return whether quotes are read in another order than they stand, or below a heading of something else."""
    begun = [article for article, _ in groupby(article for article, _ in quotes)]
    if len(begun) > len(set(begun)):
        return True
    if any(one == other and before.end > quote.start for (one, before), (other, quote) in pairwise(quotes)):
        return True
    places = [(article, *_place_of(quote, article.text), quote.begins_paragraph) for article, quote in quotes]
    if any(one[::2] != other[::2] and not begins for (*one, _), (*other, begins) in pairwise(places)):
        return True
    said: tuple[QuotedArticle, Block | None] | None = None
    for article, heading, block, _ in places:
        if heading is not None and block is heading:
            said = article, heading
        elif said is not None and said != (article, heading):
            return True
    return False


def _place_of(quote: PlacedSentence, text: str) -> tuple[Block | None, Block | None]:
    """Return the heading a quote stands below, or is, and the innermost block it begins in."""
    for section in _sections_of(text):
        heading = section.headings[-1] if section.headings else None
        for block in (heading, *section.blocks):
            if block is not None and block.start <= quote.start < block.end:
                return heading, _innermost(block, quote.start)
    return None, None


def _innermost(block: Block, at: int) -> Block:
    inside = next((child for child in block.children if at < child.end), None)
    return _innermost(inside, at) if inside else block


@lru_cache(maxsize=16)
def _sections_of(text: str) -> tuple[_Section, ...]:
    return tuple(_sections(text))


def _sections(text: str) -> Iterator[_Section]:
    section = _Section((), (), [])
    path: list[tuple[int, _Section]] = [(0, section)]
    for block in parse_source_blocks(text):
        if not block.level:
            section.blocks.append(block)
            continue
        yield section
        path = [each for each in path if each[0] < block.level]
        over = path[-1][1]
        section = _Section((*over.headings, block), tuple(each for _, each in path), [])
        path.append((block.level, section))
    yield section


def _quoted_sections(text: str, quoted: Sequence[Span]) -> list[_Section]:
    """Return the sections something is quoted of; of a heading, unless it is said above what stands below it."""
    every = _sections_of(text)
    found = [each for each in every if any(_is_touched(block, quoted) for block in each.blocks)]
    said_above = {id(over) for each in found for over in each.above}
    headed = [each for each in every if each.headings and _is_touched(each.headings[-1], quoted)]
    return found + [each for each in headed if id(each) not in said_above and each not in found]


def _with_subsections(sections: Sequence[_Section], text: str) -> list[_Section]:
    """Return sections with all that stands below their headings."""
    headings = {each.headings[-1] for each in sections if each.headings}
    return [each for each in _sections_of(text) if each in sections or not headings.isdisjoint(each.headings)]


def _is_touched(block: Block, quoted: Sequence[Span]) -> bool:
    return any(block.start < end and start < block.end for start, end in quoted)


def _is_left_out(block: Block, text: str, quoted: Sequence[Span]) -> bool:
    """Return whether anything is left of a block once the quotes are taken away."""
    if block.kind == "hr":
        return False
    return any(not SAYS_NOTHING.issuperset(MARKERS.sub("", gap)) for gap in _gaps(block, text, quoted))


def _gaps(block: Block, text: str, quoted: Sequence[Span]) -> Iterator[str]:
    at = block.start
    for start, end in quoted:
        if start < block.end and at < end:
            yield text[at : max(start, at)]
            at = end
    yield text[at : block.end]


def _limits_unsaid(heading: Block, text: str, quoted: Sequence[Span]) -> bool:
    written = text[heading.start : heading.end]
    if not _is_left_out(heading, text, quoted):
        return False
    below = [block for each in _sections_of(text) if heading in each.headings for block in each.blocks]
    said = " ".join(
        text[start:end] for start, end in quoted if any(_is_touched(block, [(start, end)]) for block in below)
    )
    return limits(heading.words) or not says_plainly(written) or not says_all_of(heading.words, said)


def limits(text: str) -> bool:
    """Return whether a text may limit what stands below it: by a "not", an "if", a warning, or by speaking of it."""
    return turns(text) or warns(text) or takes_back(text) or bool(speaks_of_the_text(text))


def _limits(block: Block, text: str, *, is_last: bool) -> bool:
    """Return whether a block may limit the sections below; what is no plain text does, since nobody can tell."""
    if block.kind == "hr":
        return False
    written = text[block.start : block.end]
    return block.kind not in READABLE or limits(written) or (is_last and leads_on(written.rstrip()))


def _speaks_of_all(block: Block, text: str, *, is_last: bool) -> bool:
    written = text[block.start : block.end]
    return block.kind not in ("fence", "code_block") and speaks_of_the_text(written) == "article"
