"""A reply that says where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F
from django.db.models.functions import Length
from django.utils import timezone

from cairnloop.conversations.messaging import post_reply
from cairnloop.conversations.models import Message
from cairnloop.core.actors import Actor
from cairnloop.core.errors import InvalidInput
from cairnloop.core.transactions import command
from cairnloop.knowledge_base.models import Article, Revision
from cairnloop.retrieval.models import Citation

CITATIONS_LIMIT = 10


class CitationRefused(InvalidInput):
    """A source named here is not a passage of a published article. Nothing was sent; remove it and send again."""

    code = "citation_refused"


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a published revision's text, in characters: what is cited."""

    revision_id: int
    start: int
    end: int


@command
def post_cited_reply(
    *,
    conversation_id: int,
    text: str,
    passages: Sequence[Passage],
    by: Actor,
    seen_sequence: int | None = None,
    client_id: str | None = None,
) -> Message:
    """Answer the customer as `post_reply` does, and keep which passages the answer rests on.

    The customer is sent the text alone. A repeated call with the same `client_id` returns the first reply, and its
    sources stay as they were. Raises CitationRefused, and whatever `post_reply` raises.
    """
    articles = _checked(passages)
    message = post_reply(
        conversation_id=conversation_id, text=text, by=by, seen_sequence=seen_sequence, client_id=client_id
    )
    if passages and not message.citations.exists():
        _keep(message, passages, articles)
    return message


@command
def keep_citations(*, message: Message, passages: Sequence[Passage]) -> None:
    """Keep which passages a message rests on that was just written. Raises CitationRefused."""
    if passages:
        _keep(message, passages, _checked(passages))


def _checked(passages: Sequence[Passage]) -> dict[int, int]:
    """Return the article of each revision that is cited, by revision."""
    if len(passages) > CITATIONS_LIMIT:
        raise CitationRefused(f"A reply names at most {CITATIONS_LIMIT} sources. Nothing was sent.")
    published = Revision.objects.published().filter(pk__in={passage.revision_id for passage in passages})
    rows = list(published.values_list("pk", "article_id", Length("text")))
    chars = {revision_id: length for revision_id, _, length in rows}
    for passage in passages:
        if not 0 <= passage.start < passage.end <= chars.get(passage.revision_id, 0):
            raise CitationRefused
    return {revision_id: article_id for revision_id, article_id, _ in rows}


def _keep(message: Message, passages: Sequence[Passage], articles: dict[int, int]) -> None:
    # In the order of their ids, so that two replies that cite the same articles never wait for each other crosswise.
    cited = Article.objects.locked().filter(pk__in=set(articles.values())).order_by("pk")
    held = list(cited.values_list("pk", flat=True))
    known = Citation.objects.filter(conversation_id=message.conversation_id, article_id__in=held)
    new = set(held) - set(known.values_list("article_id", flat=True))
    now = timezone.now()
    Citation.objects.bulk_create(
        Citation(
            message=message,
            conversation_id=message.conversation_id,
            article_id=articles[passage.revision_id],
            revision_id=passage.revision_id,
            start=passage.start,
            end=passage.end,
            cited_at=now,
        )
        for passage in dict.fromkeys(passages)
    )
    Article.objects.filter(pk__in=new).update(cited_count=F("cited_count") + 1)
