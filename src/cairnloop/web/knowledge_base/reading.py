"""An article to read: what is live, or any of its revisions, with a cited passage marked."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from cairnloop.core.errors import NotFound
from cairnloop.knowledge_base.models import Article, Revision
from cairnloop.retrieval.cited_by import conversations_citing
from cairnloop.web.access import OperatorRequest, get_article
from cairnloop.web.conversation.presenter import subject_of
from cairnloop.web.guarding import operator_required
from cairnloop.web.knowledge_base.marks import audience_mark, language_name, revision_mark, status_mark
from cairnloop.web.knowledge_base.rendering import rendered, rendered_around
from cairnloop.web.knowledge_base.revisions import revision_lines
from cairnloop.web.responses import page

SHOWN_REVISIONS = 6
SHOWN_CITING = 5
NOTHING = SafeString("")


@dataclass(frozen=True, slots=True)
class Body:
    """A rendered text in up to three parts; `cited` is empty unless a passage of it was asked for."""

    before: SafeString
    cited: SafeString = NOTHING
    after: SafeString = NOTHING


@dataclass(frozen=True, slots=True)
class CitedBy:
    """A conversation that cites the article."""

    url: str
    subject: str


@operator_required
@require_GET
def article(request: OperatorRequest, article_id: int) -> HttpResponse:
    """Show the live revision of an article; without one, what was written last."""
    found = get_article(request, article_id)
    return _read(request, found, found.live_revision or found.revisions.newest_first()[0])


@operator_required
@require_GET
def revision(request: OperatorRequest, article_id: int, number: int) -> HttpResponse:
    """Show one revision as it was written, whether it is live or not."""
    found = get_article(request, article_id)
    wanted = found.revisions.filter(number=number).first()
    if wanted is None:
        raise NotFound
    return _read(request, found, wanted)


def _read(request: OperatorRequest, article: Article, revision: Revision) -> HttpResponse:
    access, acts = request.access, request.actor is not None
    context = {
        "article": article,
        "revision": revision,
        "body": _body(article, revision.text, request.GET),
        "status": status_mark(article),
        "audience": audience_mark(article),
        "state": revision_mark(revision, live_revision_id=article.live_revision_id),
        "language_name": language_name(article.locale),
        "is_live": revision.pk == article.live_revision_id,
        "revisions": revision_lines(article, limit=SHOWN_REVISIONS),
        "cited_by": _cited_by(request, article),
        "may_write": acts and access.can_with_knowledge("write"),
        "may_archive": acts and access.can_with_knowledge("archive") and article.status != Article.Status.ARCHIVED,
    }
    return page(request, "cairnloop/knowledge_base/article.html", context)


def _cited_by(request: OperatorRequest, article: Article) -> tuple[CitedBy, ...]:
    if not article.cited_count:
        return ()
    citing = conversations_citing(article, among=request.access.visible(), limit=SHOWN_CITING)
    return tuple(CitedBy(reverse("cairnloop:conversation", args=[each.pk]), subject_of(each)) for each in citing)


def _body(article: Article, text: str, query: QueryDict) -> Body:
    start, end = _place(query, "start"), _place(query, "end")
    if start is None or end is None or start >= end:
        return Body(rendered(article, text))
    return Body(*rendered_around(article, text, start=start, end=end))


def _place(query: QueryDict, name: str) -> int | None:
    value = query.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= 9 else None
