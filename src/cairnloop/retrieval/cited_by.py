"""Which conversations cite an article."""

from __future__ import annotations

from cairnloop.conversations.models import Conversation, ConversationQuerySet
from cairnloop.knowledge_base.models import Article
from cairnloop.retrieval.models import Citation

LOOKED_THROUGH = 200


def conversations_citing(article: Article, *, among: ConversationQuerySet, limit: int) -> list[Conversation]:
    """Return the conversations of `among` that cite any revision of the article, opened last first; one query.

    Only the 200 that were opened last are looked through, so that an article thousands cite costs no more.
    """
    citing = Citation.objects.filter(article=article).order_by("-conversation_id")
    latest = citing.values_list("conversation_id", flat=True).distinct()[:LOOKED_THROUGH]
    return list(among.filter(pk__in=latest).order_by("-id")[:limit])
