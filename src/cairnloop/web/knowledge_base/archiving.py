"""An article is put away: asked first, with a reason, and its revisions stay."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cairnloop.core.errors import InvalidInput
from cairnloop.knowledge_base.models import Article
from cairnloop.knowledge_base.publishing import archive_article
from cairnloop.web.access import ActingRequest, get_article
from cairnloop.web.guarding import acting_operator_required
from cairnloop.web.knowledge_base.showing import go_to
from cairnloop.web.responses import page

REASON_CHARS = 500


@acting_operator_required
@require_GET
def show(request: ActingRequest, article_id: int) -> HttpResponse:
    """Ask whether to put the article away, and say what that means."""
    return _asking(request, get_article(request, article_id, to="archive"))


@acting_operator_required
@require_POST
def archive(request: ActingRequest, article_id: int) -> HttpResponse:
    """Put the article away. Raises InvalidTransition when somebody did so first."""
    article = get_article(request, article_id, to="archive")
    reason = request.POST.get("reason", "").strip()
    if len(reason) > REASON_CHARS:
        error = _("Shorten the reason to %(limit)d characters. Nothing was changed.") % {"limit": REASON_CHARS}
        return _asking(request, article, reason=reason, error=error)
    try:
        archive_article(article_id=article.pk, by=request.actor, reason=reason)
    except InvalidInput as refused:
        return _asking(request, article, reason=reason, error=refused.message)
    toast = _("Archived. Search no longer finds it; publishing a revision brings it back.")
    return go_to(request, reverse("cairnloop:article", args=[article.pk]), toast=toast)


def _asking(request: ActingRequest, article: Article, *, reason: str = "", error: str = "") -> HttpResponse:
    context = {"article": article, "reason": reason, "error": error, "reason_chars": REASON_CHARS}
    return page(request, "cairnloop/knowledge_base/archive.html", context, status=422 if error else 200)
