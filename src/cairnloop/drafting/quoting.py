"""Whether what a draft quotes is still live and still what was verified, asked while nobody can change it."""

from __future__ import annotations

from collections.abc import Iterable

from cairnloop.drafting.models import DraftSentence
from cairnloop.drafting.sealing import SealedSentence, fingerprint_of
from cairnloop.knowledge_base.models import Article, Revision
from cairnloop.retrieval.citing import CITATIONS_LIMIT, Passage


def holds_current_sources(sentences: Iterable[SealedSentence | DraftSentence]) -> bool:
    """Lock the articles that are quoted until the transaction ends, and return whether each may still be.

    That is: the revision is the live one, and customers may read it. Locked in the order of their ids, so that two
    writers who quote the same articles never wait for each other crosswise.
    """
    quoted = {
        (article_id, revision_id) for article_id, revision_id in map(_place, sentences) if article_id and revision_id
    }
    rows = Article.objects.public().locked().filter(pk__in={article_id for article_id, _ in quoted}).order_by("pk")
    return quoted <= set(rows.values_list("pk", "live_revision_id"))


def are_as_verified(sentences: Iterable[DraftSentence], *, of: int) -> bool:
    """Return whether each sentence is what was verified, looked up anew in the text of the revision it quotes.

    `of` is how many sentences the draft holds now.
    """
    sentences = list(sentences)
    texts = dict(Revision.objects.filter(pk__in={each.revision_id for each in sentences}).values_list("pk", "text"))
    return all(
        each.fingerprint
        == fingerprint_of(
            draft_id=each.draft_id,
            sentences=of,
            index=each.index,
            text=each.text,
            begins_paragraph=each.begins_paragraph,
            standing=each.standing,
            doubt=each.doubt,
            revision_id=each.revision_id,
            start=each.start,
            end=each.end,
            quote=texts.get(each.revision_id or 0, "")[each.start : each.end],
        )
        for each in sentences
    )


def passages_of(sentences: Iterable[DraftSentence]) -> list[Passage]:
    """Return what sentences quote, each passage once and as many as a reply may name."""
    found = [Passage(each.revision_id, each.start, each.end) for each in sentences if each.revision_id]
    return list(dict.fromkeys(found))[:CITATIONS_LIMIT]


def _place(sentence: SealedSentence | DraftSentence) -> tuple[int | None, int | None]:
    if isinstance(sentence, DraftSentence):
        return sentence.article_id, sentence.revision_id
    source = sentence.source
    return (source.article_id, source.revision_id) if source else (None, None)
