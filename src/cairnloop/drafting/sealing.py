"""Whether a draft may say what it says: every sentence has a quote that is found in its source, or is marked. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise

from cairnloop.drafting.addresses import foreign_addresses, hold_split_addresses
from cairnloop.drafting.phrasing import text_of
from cairnloop.drafting.reading import REWRITING, is_turned, marked_up, rewritten
from cairnloop.drafting.single_sentence import holds_several_sentences, is_one_line, is_plain, without_marker
from cairnloop.drafting.surroundings import surroundings_of, turns
from cairnloop.hooks.draft_generator import DraftClaim

LEAST_LETTERS = 8
"""A quote of fewer letters and digits stands in every text and says nothing."""
SPELLED_ALIKE = {
    **dict.fromkeys("‘’‛′ʼ", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "…": "...",
}
"""Typography that says the same: quotation marks, dashes, the ellipsis. "‚" is none: it looks like a comma."""
UNSEEN = frozenset("\u00ad\u200b\u2060\ufeff")
"""Places where a word may be broken, and other characters of no width."""
BROKEN_WORD = re.compile(f"(?<=[^\\W_])[{''.join(sorted(UNSEEN))}]+(?=[^\\W_])")
OPENS = frozenset("\"'([{*_~`>|")
CLOSES = frozenset("\"')]}*_~`.,;:!?|")
ENDS_WITHOUT_SPACE = frozenset("。！？｡」』")


class Standing(StrEnum):
    """What a sentence of a draft rests on."""

    COURTESY = "courtesy"
    QUOTED = "quoted"
    UNVERIFIED = "unverified"


class Doubt(StrEnum):
    """Why a sentence is marked."""

    NONE = ""
    NO_SOURCE = "no_source"
    NOT_FOUND = "not_found"
    SEVERAL = "several"
    CUT_SHORT = "cut_short"
    FOREIGN_LINK = "foreign_link"
    TURNED = "turned"


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedSource:
    """A passage a draft may quote: characters `start` to `end` of what a published revision says."""

    revision_id: int
    article_id: int
    title: str
    text: str
    """The whole text of the revision."""
    start: int
    end: int

    @property
    def passage(self) -> str:
        """What the generator was shown."""
        return self.text[self.start : self.end]


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedSentence:
    """One sentence of a draft and what the server found out about it."""

    text: str
    begins_paragraph: bool
    standing: Standing
    doubt: Doubt = Doubt.NONE
    source: SealedSource | None = None
    start: int = 0
    end: int = 0
    """Where the quote stands in the source's text, in characters, as it is written there."""


def seal(
    claims: Sequence[DraftClaim],
    *,
    sources: Mapping[int, SealedSource],
    courtesies: Collection[str],
    link_hosts: Collection[str] = (),
) -> tuple[SealedSentence, ...]:
    """Return every sentence of a draft as courtesy, quoted, or unverified; none is left out or changed.

    `sources` are the passages the generator was given, by their numbers. `courtesies` are the only sentences that
    stand without a quote, where they name no source. An address that is in no source and of no host in `link_hosts`
    makes its sentence unverified whatever it quotes, and so do characters that turn the order of its text; an address
    that only several sentences together make, each of them but the courtesies.
    """
    folded = {number: fold(source.text) for number, source in sources.items()}
    shown = [source.passage for source in sources.values()]
    sealed = tuple(
        _sealed(claim, sources, folded, shown, courtesies, link_hosts, begins=claim.begins_paragraph or at == 0)
        for at, claim in enumerate(claims)
    )
    literal = [
        each.source is not None and says_word_for_word(each.text, each.source.text[each.start : each.end])
        for each in sealed
    ]
    # What stands in a source as it is, such as a sentence that begins with code, is split by nobody.
    pairs = [
        (before.text, after.text)
        for (before, is_quote), (after, is_quote_too) in pairwise(zip(claims, literal, strict=True))
        if not (is_quote and is_quote_too)
    ]
    if hold_split_addresses(pairs, evidence=shown, hosts=link_hosts):
        return tuple(map(_led_astray, sealed))
    # "~~ten days" and "and not~~ five" strike out what neither of them does.
    if rewritten(text_of(claims)) != sum(rewritten(claim.text.strip()) for claim in claims):
        sealed = tuple(_not_alone(each) if REWRITING.search(each.text) else each for each in sealed)
    made = set(foreign_addresses(text_of(claims), evidence=shown, hosts=link_hosts))
    for claim in claims:
        made.difference_update(foreign_addresses(claim.text, evidence=shown, hosts=link_hosts))
    return tuple(map(_led_astray, sealed)) if made else sealed


def _sealed(
    claim: DraftClaim,
    sources: Mapping[int, SealedSource],
    folded: Mapping[int, Folded],
    shown: Sequence[str],
    courtesies: Collection[str],
    link_hosts: Collection[str],
    *,
    begins: bool,
) -> SealedSentence:
    def sentence(standing: Standing, **found: object) -> SealedSentence:
        return SealedSentence(
            text=claim.text,
            begins_paragraph=claim.begins_paragraph,
            standing=standing,
            **found,  # type: ignore[arg-type]  # the calls below
        )

    if claim.source is None and claim.text in courtesies:
        return sentence(Standing.COURTESY)
    if foreign_addresses(claim.text, evidence=shown, hosts=link_hosts):
        return sentence(Standing.UNVERIFIED, doubt=Doubt.FOREIGN_LINK)
    # What is looked for, here and by whoever reads it in a log, is not what a customer would read.
    if is_turned(claim.text):
        return sentence(Standing.UNVERIFIED, doubt=Doubt.TURNED)
    source = sources.get(claim.source) if claim.source is not None else None
    if source is None or claim.source is None or not claim.quote:
        return sentence(Standing.UNVERIFIED, doubt=Doubt.NO_SOURCE)
    span = find_quote(claim.quote, folded[claim.source], near=(source.start, source.end))
    if span is None:
        return sentence(Standing.UNVERIFIED, doubt=Doubt.NOT_FOUND)
    is_literal = says_word_for_word(claim.text, source.text[slice(*span)])
    # One quote speaks for one sentence: behind it, others would come along that nothing says.
    is_single = is_plain(claim.text) and not holds_several_sentences(claim.text)
    if not is_one_line(claim.text, begins_paragraph=begins) or not (is_literal or is_single):
        return sentence(Standing.UNVERIFIED, doubt=Doubt.SEVERAL)
    # "Send us your password" stands in "Nobody asks you to send us your password", and is no quote of it.
    if surroundings_of(source.text, *span).turns and (is_literal or not turns(claim.text)):
        return sentence(Standing.UNVERIFIED, doubt=Doubt.CUT_SHORT)
    return sentence(Standing.QUOTED, source=source, start=span[0], end=span[1])


def _led_astray(sentence: SealedSentence) -> SealedSentence:
    return _marked(sentence, Doubt.FOREIGN_LINK)


def _not_alone(sentence: SealedSentence) -> SealedSentence:
    return _marked(sentence, Doubt.SEVERAL) if sentence.standing is Standing.QUOTED else sentence


def _marked(sentence: SealedSentence, doubt: Doubt) -> SealedSentence:
    if sentence.standing is Standing.COURTESY:
        return sentence
    return replace(sentence, standing=Standing.UNVERIFIED, doubt=doubt, source=None, start=0, end=0)


def says_word_for_word(text: str, quote: str) -> bool:
    """Return whether a text is what a source says; white space, typography and the number of a step may differ.

    So may where a word may be broken, if the text leaves that out. Elsewhere what nobody sees makes Markdown of signs,
    as typography does: `[a](https://acme.example/ "b")` is a link, and with “b” none.
    """
    said = {_written(each) for each in (text, without_marker(text))}
    if said.isdisjoint((_written(quote), _written(BROKEN_WORD.sub("", quote)))):
        return False
    return text == quote or marked_up(without_marker(text)) == marked_up(without_marker(quote))


def _written(text: str) -> str:
    return fold(text, keeps_unseen=True).text.strip(" " + "".join(UNSEEN))


def fingerprint_of(
    *,
    draft_id: int,
    sentences: int,
    index: int,
    text: str,
    begins_paragraph: bool,
    standing: str,
    doubt: str,
    revision_id: int | None,
    start: int,
    end: int,
    quote: str,
) -> str:
    """Return what tells whether a sentence is still as it was verified: of that draft, that text, that very quote.

    `sentences` is how many the draft has: where one is gone, none of the others is as it was.
    """
    told = [draft_id, sentences, index, text, begins_paragraph, standing, doubt, revision_id, start, end, quote]
    return sha256(json.dumps(told, ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Folded:
    """A text with white space and typography made alike, and where each character of it came from."""

    text: str
    spans: tuple[tuple[int, int], ...]


def fold(text: str, *, keeps_unseen: bool = False) -> Folded:
    """Return `text` with white space and typography made alike; letters, case, digits and signs stay as they are."""
    characters: list[str] = []
    spans: list[tuple[int, int]] = []
    for start, end in _clusters(text):
        written = text[start:end]
        if written in UNSEEN and not keeps_unseen:
            continue
        if written.isspace():
            if characters and characters[-1] == " ":
                spans[-1] = (spans[-1][0], end)
                continue
            written = " "
        for character in SPELLED_ALIKE.get(written) or unicodedata.normalize("NFC", written):
            characters.append(character)
            spans.append((start, end))
    return Folded("".join(characters), tuple(spans))


def find_quote(quote: str, source: Folded, *, near: tuple[int, int] | None = None) -> tuple[int, int] | None:
    """Return the span of `quote` in the text `source` was made of, in characters; None unless it stands there.

    Words and numbers are never cut: "refundable" is not found in "nonrefundable", nor "5 days" in "1.5 days". Of
    several places the first between the characters `near` is taken, else the first.
    """
    wanted = fold(quote).text.strip()
    if sum(character.isalnum() for character in wanted) < LEAST_LETTERS:
        return None
    found = list(_places(wanted, source))
    if near is not None:
        found.sort(key=lambda span: not near[0] <= span[0] < span[1] <= near[1])
    return found[0] if found else None


def _places(wanted: str, source: Folded) -> Iterator[tuple[int, int]]:
    at = source.text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if _begins_word(source.text, at) and _ends_word(source.text, end):
            yield source.spans[at][0], source.spans[end - 1][1]
        at = source.text.find(wanted, at + 1)


def _begins_word(text: str, at: int) -> bool:
    while at > 0 and text[at - 1] in OPENS:
        at -= 1
    return at == 0 or text[at - 1] == " " or text[at - 1] in ENDS_WITHOUT_SPACE


def _ends_word(text: str, end: int) -> bool:
    while end < len(text) and text[end] in CLOSES:
        end += 1
    return end == len(text) or text[end] == " " or text[end - 1] in ENDS_WITHOUT_SPACE or text[end] in "。！？｡"


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Return the span of each character together with the accents written behind it."""
    start = 0
    for at in range(1, len(text) + 1):
        if at < len(text) and unicodedata.combining(text[at]):
            continue
        yield start, at
        start = at
