"""The sources of a draft as the workspace shows them: each quote in its surroundings, and the articles quoted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from cairnloop.drafting.models import DraftSentence
from cairnloop.drafting.omissions import below_heading, headings_above
from cairnloop.drafting.surroundings import surroundings_of
from cairnloop.knowledge_base.models import Revision
from cairnloop.web.conversation.draft_text import Span
from cairnloop.web.conversation.sources import Source, source_of
from cairnloop.web.search.marking import mark_markdown

AROUND_CHARS = 160
"""How much of a revision is shown before and after a quote."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A source by its number, with the quote in its surroundings."""

    number: int
    source: Source
    html: SafeString
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Cited:
    """An article that is quoted, with the numbers of its quotes."""

    numbers: str
    title: str
    url: str


def quotes_of(sentences: Sequence[DraftSentence], numbers: Mapping[Span, int]) -> tuple[Quoted, ...]:
    """Return each quote by its number, in its surroundings."""
    revisions = {each.revision.pk: each.revision for each in sentences if each.revision}
    return tuple(
        _quoted(number, revisions[revision_id], start, end) for (revision_id, start, end), number in numbers.items()
    )


def articles_of(sources: Sequence[Quoted]) -> tuple[Cited, ...]:
    """Return the articles that are quoted, each once."""
    found: dict[str, list[Quoted]] = {}
    for each in sources:
        found.setdefault(each.source.title, []).append(each)
    return tuple(
        Cited(", ".join(str(each.number) for each in quoted), title, quoted[0].source.url)
        for title, quoted in found.items()
    )


def _quoted(number: int, revision: Revision, start: int, end: int) -> Quoted:
    # Of headings the words are shown, apart from what stands below them.
    first = max(0, start - AROUND_CHARS, min(below_heading(revision.text, start), start))
    before, after = revision.text[first:start], revision.text[end : end + AROUND_CHARS]
    # Of the surroundings, whole paragraphs and words only: half a word explains nothing.
    before = before.rpartition("\n\n")[2]
    after = after.partition("\n\n")[0]
    begins = start - len(before)
    before = f"… {before.partition(' ')[2]}" if len(before) == AROUND_CHARS else before
    after = f"{after.rpartition(' ')[0]} …" if len(after) == AROUND_CHARS else after
    # What leads to a list says whether to do what its items say, or never to; a heading, of what all of it is true.
    over = (*headings_above(revision.text, start), *surroundings_of(revision.text, start, end).leads)
    leads = [revision.text[slice(*lead)].strip() for lead in over if lead[0] < begins]
    if leads:
        before = f"{' … '.join(leads)} … {before}"
    quote = (len(before), len(before) + end - start)
    return Quoted(
        number=number,
        source=source_of(revision, start=start, end=end),
        html=mark_markdown(f"{before}{revision.text[start:end]}{after}", [quote]),
        published_at=revision.published_at,
    )
