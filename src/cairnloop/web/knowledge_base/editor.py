"""The editor: write, save, and nothing anybody wrote is lost."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cairnloop.core.errors import InvalidInput, StaleView
from cairnloop.knowledge_base.models import Article
from cairnloop.web.access import ActingRequest, get_article, refuse_knowledge
from cairnloop.web.guarding import acting_operator_required
from cairnloop.web.knowledge_base import showing
from cairnloop.web.knowledge_base.editing import (
    Editor,
    Notice,
    create_from,
    editor_of,
    new_editor,
    save_from,
    with_sent,
    with_theirs,
)
from cairnloop.web.knowledge_base.forms import ArticleForm, SeenForm
from cairnloop.web.responses import wants_partial

SAVED = "Cairnloop-Saved"
"""A header by which the page knows that what it sent is stored, and need not be kept in the browser."""
GOES_ON = "publication"
"""The value of the button that saves and goes on to publish."""


@acting_operator_required
@require_GET
def new(request: ActingRequest) -> HttpResponse:
    """Show the empty editor."""
    refuse_knowledge(request, to="write")
    return showing.editor_page(request, new_editor(actor=request.actor))


@acting_operator_required
@require_GET
def edit(request: ActingRequest, article_id: int) -> HttpResponse:
    """Show the editor with what was written last, published or not."""
    article = get_article(request, article_id, to="write")
    return showing.editor_page(request, editor_of(article, actor=request.actor))


@acting_operator_required
@require_POST
def create(request: ActingRequest) -> HttpResponse:
    """Begin an article, and go on in its own editor."""
    refuse_knowledge(request, to="write")
    form, editor = ArticleForm(request.POST), new_editor(actor=request.actor)
    if not form.is_valid():
        return _not_saved(request, with_sent(editor, form))
    try:
        article = create_from(form, by=request.actor)
    except InvalidInput as error:
        return _not_saved(request, with_sent(editor, form, notice=_refused(error)))
    return _go(request, article, toast=_("Saved as a draft. Nobody finds it before it is published."))


@acting_operator_required
@require_POST
def save(request: ActingRequest, article_id: int) -> HttpResponse:
    """Save what is written, unless somebody else saved meanwhile; then both versions are shown."""
    article = get_article(request, article_id, to="write")
    form, seen = ArticleForm(request.POST), SeenForm(request.POST)
    editor = editor_of(article, actor=request.actor)
    if not seen.is_valid():
        title, text = _("Not saved: the form was incomplete."), _("Copy your text, load the page again, and save it.")
        return _not_saved(request, with_sent(editor, form, notice=Notice(title=title, text=text)))
    if not form.is_valid():
        return _not_saved(request, with_sent(editor, form))
    try:
        save_from(form, seen, article_id=article.pk, by=request.actor)
    except StaleView:
        return showing.editor_changed(request, with_theirs(editor_of(article, actor=request.actor), form), status=409)
    except InvalidInput as error:
        return _not_saved(request, with_sent(editor, form, notice=_refused(error)))
    return _saved(request, article)


def _saved(request: ActingRequest, article: Article) -> HttpResponse:
    article.refresh_from_db()
    if not wants_partial(request):
        return _go(request, article, toast=_("Saved. Nobody sees it before it is published."))
    publishes = request.POST.get("then") == GOES_ON
    return _marked(showing.editor_changed(request, editor_of(article, actor=request.actor), publishes=publishes))


def _go(request: ActingRequest, article: Article, *, toast: str) -> HttpResponse:
    publishes = request.POST.get("then") == GOES_ON and request.access.can_with_knowledge("publish")
    name = "article-publication" if publishes else "article-editor"
    return _marked(showing.go_to(request, reverse(f"cairnloop:{name}", args=[article.pk]), toast=toast))


def _marked(response: HttpResponse) -> HttpResponse:
    # Whatever else answers in our place, such as a sign-in of the host's, has saved nothing.
    response[SAVED] = "true"
    return response


def _not_saved(request: ActingRequest, editor: Editor) -> HttpResponse:
    return showing.editor_changed(request, editor, status=422)


def _refused(error: InvalidInput) -> Notice:
    return Notice(title=_("Not saved:"), text=error.message)
