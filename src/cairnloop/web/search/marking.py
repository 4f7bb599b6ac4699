"""What a search found, marked in the text it stands in. Everything is escaped; only <mark> is added. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from cairnloop.knowledge_base.sentences import sentence_spans
from cairnloop.retrieval.evidence import Snippet

WORD = re.compile(r"\w+(?:[-'’]\w+)*")
HEADING = re.compile(r"#{1,6}\s+(.*)")
SIGN = re.compile(r"(?:[-*+]|\d+[.)]|#{1,6}|>)\s+")
"""Begins an item, a heading or a quotation."""

# What Markdown writes around words: links, emphasis, code, the lines between a table's cells, marks of items.
# Passages hold what customers wrote: no run of one sign is read anew from each of its places.
LINK = re.compile(r"!?\[([^\[\]\n]*+)\]\([^()\n]*+\)")
TABLE_RULE = re.compile(r"(?:\||(?<![-\s]))(?:\s*+:?-{3,}+:?\s*+\|)+(?:\s*+:?-{3,}+:?)?")
CELL = re.compile(r"(?<!\s)(?:\s*+\|)+\s*")
EMPHASIS = re.compile(r"(?<!\S)\*{1,3}(?=\S)|(?<=\S)\*{1,3}|`+|~~")
ITEM = re.compile(r"(?:^|(?<=[.:;!?)]\s))(?:[-*+]|#{1,6}|>)\s+(?=\S)", re.MULTILINE)
BEGIN, END = "\ue000", "\ue001"
"""Stand where a mark begins and ends while Markdown's own signs are taken out; no font has a letter for them."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """One paragraph of a passage; the one with the best sentence stands out."""

    html: SafeString
    is_best: bool


def words_of(query: str, snippet: Snippet) -> frozenset[str]:
    """Return the words that matched: those of the query, and whatever forms of them the search marked."""
    marked = (snippet.text[start:end] for start, end in snippet.matches)
    return frozenset(word.casefold() for text in (query, *marked) for word in WORD.findall(text))


def mark_words(text: str, words: Iterable[str]) -> SafeString:
    """Return `text` escaped, with every one of `words` (folded) marked."""
    known = frozenset(words)
    return mark_spans(text, [match.span() for match in WORD.finditer(text) if match[0].casefold() in known])


def mark_spans(text: str, spans: Sequence[Span]) -> SafeString:
    """Return `text` escaped, with these spans of characters marked; whatever overlaps or lies outside is left out."""
    pieces: list[tuple[str]] = []
    at = 0
    for start, end in sorted(spans):
        if not at <= start < end <= len(text):
            continue
        pieces += [(conditional_escape(text[at:start]),), (format_html("<mark>{}</mark>", text[start:end]),)]
        at = end
    return format_html_join("", "{}", [*pieces, (text[at:],)])


def mark_markdown(text: str, spans: Sequence[Span]) -> SafeString:
    """Return Markdown as the words a reader sees, escaped, with these spans of its characters marked."""
    cut = text.replace(BEGIN, " ").replace(END, " ")
    for start, end in sorted(spans, reverse=True):
        if 0 <= start < end <= len(cut):
            cut = f"{cut[:start]}{BEGIN}{cut[start:end]}{END}{cut[end:]}"
    words = without_markdown(cut)
    pieces: list[tuple[str]] = []
    for piece in re.split(f"({BEGIN}[^{END}]*{END})", words):
        bare = piece.replace(BEGIN, "").replace(END, "")
        pieces.append((format_html("<mark>{}</mark>", bare) if piece.startswith(BEGIN) else conditional_escape(bare),))
    return format_html_join("", "{}", pieces)


def without_markdown(text: str) -> str:
    """Return the words of Markdown without its signs; a table's cells stand beside each other."""
    text = LINK.sub(r"\1", text)
    text = CELL.sub(" · ", TABLE_RULE.sub(" ", text)) if "|" in text else text
    return EMPHASIS.sub("", ITEM.sub("", text)).strip(" ·\n")


def best_sentence(text: str, words: frozenset[str], *, asked: frozenset[str] = frozenset()) -> Span | None:
    """Return the sentence of `text` that holds most of `words`; None if none holds any.

    Of equals it is the one with more words exactly as `asked`, then the first.
    """
    best: Span | None = None
    most = (0, 0)
    for span in _sentences(text):
        held = words & {word.casefold() for word in WORD.findall(text[slice(*span)])}
        if held and (len(held), len(held & asked)) > most:
            best, most = span, (len(held), len(held & asked))
    return best


def passage_parts(text: str, best: Span | None, *, limit: int) -> tuple[Part, ...]:
    """Return the paragraphs of a passage, at most `limit`, around the best sentence, which is marked."""
    paragraphs = _paragraphs(text)
    at = next((index for index, span in enumerate(paragraphs) if best and _holds(span, best)), 0)
    first = max(0, min(at - 1, len(paragraphs) - limit))
    return tuple(_part(text, span, best) for span in paragraphs[first : first + limit])


def plain(text: str) -> str:
    """Return a sentence as it is quoted in a reply: on one line, without the mark of its list or heading."""
    line = " ".join(text.split())
    sign = SIGN.match(line)
    return without_markdown(line[sign.end() :] if sign else line)


def _part(text: str, span: Span, best: Span | None) -> Part:
    start, end = span
    if best is None or not _holds(span, best):
        return Part(mark_markdown(_unheaded(text[start:end]), []), is_best=False)
    sign = SIGN.match(text, *best)
    begin = sign.end() if sign else best[0]
    return Part(mark_markdown(text[start:end], [(begin - start, best[1] - start)]), is_best=True)


def _unheaded(paragraph: str) -> str:
    heading = HEADING.fullmatch(paragraph)
    return heading[1].rstrip("# ") if heading else paragraph


def _holds(outer: Span, inner: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _sentences(text: str) -> list[Span]:
    return [sentence for start, end in _lines(text) for sentence in sentence_spans(text, start, end)]


def _lines(text: str) -> list[Span]:
    """A list's item and a heading are sentences of their own; the lines of a paragraph belong together."""
    begins = re.compile(r"^\s*(?:[-*+]\s|\d+[.)]\s|#{1,6}\s|\||>)", re.MULTILINE)
    found = []
    for start, end in _paragraphs(text):
        cuts = [start, *(match.start() for match in begins.finditer(text, start + 1, end)), end]
        found += [(a, b) for a, b in pairwise(cuts) if text[a:b].strip()]
    return [_stripped(text, span) for span in found]


def _paragraphs(text: str) -> list[Span]:
    found, start = [], 0
    for gap in [*re.finditer(r"\n[ \t]*\n\s*", text), None]:
        end = gap.start() if gap else len(text)
        if text[start:end].strip():
            found.append(_stripped(text, (start, end)))
        start = gap.end() if gap else end
    return found


def _stripped(text: str, span: Span) -> Span:
    start, end = span
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))
