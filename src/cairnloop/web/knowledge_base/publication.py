"""An article goes live: first what that changes, then the decision."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cairnloop.core.errors import InvalidInput, InvalidTransition, StaleView
from cairnloop.knowledge_base.models import Article
from cairnloop.knowledge_base.publishing import publish_revision
from cairnloop.web.access import ActingRequest, get_article
from cairnloop.web.guarding import acting_operator_required
from cairnloop.web.knowledge_base.forms import SeenForm
from cairnloop.web.knowledge_base.showing import go_to
from cairnloop.web.knowledge_base.summary import summary_of
from cairnloop.web.responses import page_or_partial


@acting_operator_required
@require_GET
def show(request: ActingRequest, article_id: int) -> HttpResponse:
    """Show what publishing the newest revision would change."""
    return _asking(request, get_article(request, article_id, to="publish"))


@acting_operator_required
@require_POST
def publish(request: ActingRequest, article_id: int) -> HttpResponse:
    """Publish the revision the form shows, as it was shown."""
    article = get_article(request, article_id, to="publish")
    seen = SeenForm(request.POST)
    if not seen.is_valid():
        return _asking(request, article, refusal=_("The form was incomplete. This is the newest revision."), status=422)
    revision = article.revisions.filter(pk=seen.cleaned_data["seen_revision_id"]).first()
    try:
        if revision is None:
            raise StaleView
        revision = publish_revision(
            revision_id=revision.pk, by=request.actor, seen_changed_at=seen.cleaned_data["seen_changed_at"]
        )
    except (StaleView, InvalidTransition):
        text = _("Someone changed this article first. This is how it is now.")
        return _asking(request, article, refusal=text, status=409)
    except InvalidInput as error:
        return _asking(request, article, refusal=error.message, status=422)
    toast = _("Revision %(number)s is live.") % {"number": revision.number}
    return go_to(request, reverse("cairnloop:article", args=[article.pk]), toast=toast)


def _asking(request: ActingRequest, article: Article, *, refusal: str = "", status: int = 200) -> HttpResponse:
    article.refresh_from_db()
    context: dict[str, Any] = {"summary": summary_of(article), "refusal": refusal}
    return page_or_partial(
        request,
        "cairnloop/knowledge_base/publication.html",
        context,
        partial="cairnloop/knowledge_base/_publication.html",
        status=status,
    )
