"""What an article said before: its revisions, what changed between any two, and taking one up again."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cairnloop.core.errors import NotFound
from cairnloop.knowledge_base.holding import RevisedMeanwhile
from cairnloop.knowledge_base.models import Article, Revision
from cairnloop.web.access import ActingRequest, OperatorRequest, get_article
from cairnloop.web.guarding import acting_operator_required, operator_required
from cairnloop.web.knowledge_base.comparing import comparison_of
from cairnloop.web.knowledge_base.editing import moment_of, restore_seen
from cairnloop.web.knowledge_base.forms import SeenForm
from cairnloop.web.knowledge_base.marks import revision_mark
from cairnloop.web.knowledge_base.revisions import revision_lines
from cairnloop.web.knowledge_base.showing import go_to
from cairnloop.web.responses import page

PAGE_SIZE = 50
LARGEST_NUMBER = 2**31 - 1


@operator_required
@require_GET
def index(request: OperatorRequest, article_id: int) -> HttpResponse:
    """List the revisions, newest first."""
    article = get_article(request, article_id)
    below = _number(request.GET, "below")
    lines = revision_lines(article, below=below, limit=PAGE_SIZE + 1)
    has_more = len(lines) > PAGE_SIZE
    history = reverse("cairnloop:article-history", args=[article.pk])
    context = {
        "article": article,
        "lines": lines[:PAGE_SIZE],
        "more_url": f"{history}?below={lines[PAGE_SIZE - 1].number}" if has_more else "",
        "numbers": article.revisions.newest_first().values_list("number", flat=True),
        "may_write": request.actor is not None and request.access.can_with_knowledge("write"),
    }
    return page(request, "cairnloop/knowledge_base/history.html", context)


@operator_required
@require_GET
def compare(request: OperatorRequest, article_id: int) -> HttpResponse:
    """Show what changed between two revisions: `from` and `to`, else from what is live to what is newest."""
    article = get_article(request, article_id)
    after = _revision(article, _number(request.GET, "to")) or article.revisions.newest_first()[0]
    before = _revision(article, _number(request.GET, "from")) or _base_of(article, after)
    context = {
        "article": article,
        "comparison": comparison_of(before, after),
        "before_state": revision_mark(before, live_revision_id=article.live_revision_id),
        "after_state": revision_mark(after, live_revision_id=article.live_revision_id),
        "numbers": list(article.revisions.newest_first().values_list("number", flat=True)),
    }
    return page(request, "cairnloop/knowledge_base/comparison.html", context)


@acting_operator_required
@require_POST
def restore(request: ActingRequest, article_id: int, number: int) -> HttpResponse:
    """Take up an old revision as the unpublished one; asked again when that replaces what somebody is writing."""
    article = get_article(request, article_id, to="write")
    old = _revision(article, number)
    if old is None:
        raise NotFound
    try:
        revision = restore_seen(article_id=article.pk, number=number, seen=SeenForm(request.POST), by=request.actor)
    except RevisedMeanwhile:
        newest = article.revisions.newest_first()[0]
        context = {"article": article, "old": old, "newest": newest, "seen_changed_at": moment_of(newest.changed_at)}
        return page(request, "cairnloop/knowledge_base/restore.html", context, status=409)
    words = {"old": number, "new": revision.number}
    toast = _("Revision %(old)s is revision %(new)s now. Read it, then publish it.") % words
    return go_to(request, reverse("cairnloop:article-editor", args=[article.pk]), toast=toast)


def _base_of(article: Article, after: Revision) -> Revision:
    """Return what a revision is best compared with: what is live, else the one before it."""
    live = article.live_revision
    if live is not None and live.number < after.number:
        return live
    return _revision(article, after.number - 1) or after


def _revision(article: Article, number: int | None) -> Revision | None:
    return None if number is None else article.revisions.filter(number=number).first()


def _number(query: QueryDict, name: str) -> int | None:
    value = query.get(name, "")
    if not value.isascii() or not value.isdecimal() or len(value) > 10:
        return None
    return min(int(value), LARGEST_NUMBER)
