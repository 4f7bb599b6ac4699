"""What is written, as readers would see it; nothing is stored."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from cairnloop.web.access import ActingRequest, get_article, refuse_knowledge
from cairnloop.web.guarding import acting_operator_required
from cairnloop.web.knowledge_base import showing
from cairnloop.web.knowledge_base.editing import Editor, editor_of, new_editor, with_sent
from cairnloop.web.knowledge_base.forms import ArticleForm


@acting_operator_required
@require_POST
def of_new(request: ActingRequest) -> HttpResponse:
    """Show what is written of an article that does not exist yet."""
    refuse_knowledge(request, to="write")
    return _preview(request, new_editor(actor=request.actor))


@acting_operator_required
@require_POST
def of_article(request: ActingRequest, article_id: int) -> HttpResponse:
    """Show what is written of an article."""
    article = get_article(request, article_id, to="write")
    return _preview(request, editor_of(article, actor=request.actor))


def _preview(request: ActingRequest, editor: Editor) -> HttpResponse:
    """Answer htmx with the preview alone, and a plain form with the editor as it was, its preview renewed."""
    return showing.preview(request, with_sent(editor, ArticleForm(request.POST), shows_errors=False))
