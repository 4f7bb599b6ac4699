"""The sources of a reply: passages of published articles, on their way with it and beside it in the timeline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from cairnloop.conversations.models import Message
from cairnloop.knowledge_base.models import Revision
from cairnloop.retrieval.citing import CITATIONS_LIMIT, CitationRefused, Passage
from cairnloop.retrieval.models import Citation
from cairnloop.web.access import OperatorRequest

PASSAGE = re.compile(r"([1-9]\d{0,17}):(\d{1,9}):(\d{1,9})", re.ASCII)
"""A revision's id and the span of its text: how a passage is written in forms and addresses."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One passage as operators see it."""

    passage: str
    """What a form sends."""
    title: str
    revision: str
    url: str


def source_of(revision: Revision, *, start: int, end: int) -> Source:
    """Return a passage of a revision; the article's row is expected with it."""
    article_url = reverse("cairnloop:article-revision", args=[revision.article_id, revision.number])
    return Source(
        passage=f"{revision.pk}:{start}:{end}",
        title=revision.title,
        revision=_("Revision %(number)d") % {"number": revision.number},
        url=f"{article_url}?{urlencode({'start': start, 'end': end})}#cited",
    )


def passages_in(given: Sequence[str]) -> tuple[Passage, ...]:
    """Return the passages a form names. Raises CitationRefused for anything else, and for too many."""
    if len(given) > CITATIONS_LIMIT:
        raise CitationRefused(
            _("A reply names at most %(limit)d sources. Nothing was sent.") % {"limit": CITATIONS_LIMIT}
        )
    passages = _readable(given)
    if len(passages) != len(given):
        raise CitationRefused
    return passages


def sources_named(request: OperatorRequest, given: Sequence[str]) -> tuple[Source, ...]:
    """Return what of the named passages can be shown and sent again: published, and for readers of articles only."""
    passages = dict.fromkeys(_readable(given[:CITATIONS_LIMIT]))
    if not passages or not request.access.can_with_knowledge("view"):
        return ()
    wanted = {passage.revision_id for passage in passages}
    revisions = Revision.objects.published().filter(pk__in=wanted).defer("text").in_bulk()
    return tuple(
        source_of(revisions[passage.revision_id], start=passage.start, end=passage.end)
        for passage in passages
        if passage.revision_id in revisions
    )


def sources_of(request: OperatorRequest, messages: Iterable[Message]) -> Mapping[int, tuple[Source, ...]]:
    """Return the sources of replies by message id, with at most one query; none to those who may not read articles."""
    replies = [message.pk for message in messages if message.role == Message.Role.OPERATOR]
    if not replies or not request.access.can_with_knowledge("view"):
        return {}
    cited = Citation.objects.filter(message_id__in=replies).select_related("revision").defer("revision__text")
    found: dict[int, list[Source]] = {}
    for each in cited.order_by("pk"):
        source = source_of(each.revision, start=each.start, end=each.end)
        found.setdefault(each.message_id, []).append(source)
    return {message_id: tuple(sources) for message_id, sources in found.items()}


def kept_passages(message: Message) -> set[Passage]:
    """Return what a stored reply rests on."""
    rows = Citation.objects.filter(message=message).values_list("revision_id", "start", "end")
    return {Passage(*row) for row in rows}


def _readable(given: Sequence[str]) -> tuple[Passage, ...]:
    found = (PASSAGE.fullmatch(each) for each in given)
    return tuple(Passage(*map(int, match.groups())) for match in found if match)
