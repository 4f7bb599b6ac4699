"""How the editor and what belongs to it are answered: the page, or the parts of it that changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from cairnloop.core.markdown import is_within_bounds
from cairnloop.web.access import ActingRequest
from cairnloop.web.knowledge_base.comparing import comparison_of, difference_of
from cairnloop.web.knowledge_base.editing import Editor
from cairnloop.web.knowledge_base.rendering import rendered
from cairnloop.web.knowledge_base.revisions import RevisionLine, revision_lines
from cairnloop.web.knowledge_base.summary import summary_of
from cairnloop.web.responses import page, partial_response, wants_partial

SHOWN_REVISIONS = 6
PREVIEW_CHARS = 50_000


def editor_page(request: ActingRequest, editor: Editor, *, status: int = 200) -> HttpResponse:
    """Answer with the whole editor."""
    context = {**_context(request, editor), **_previewed(editor)}
    return page(request, "cairnloop/knowledge_base/editor.html", context, status=status)


def editor_changed(
    request: ActingRequest, editor: Editor, *, status: int = 200, publishes: bool = False
) -> HttpResponse:
    """Answer a save: htmx with what changed around the fields, which stay as they are; others with the editor.

    With `publishes` the summary of the publication comes along, as a dialog.
    """
    if not wants_partial(request):
        return editor_page(request, editor, status=status)
    context = _context(request, editor)
    if publishes and editor.article is not None and context["may_publish"]:
        context["summary"] = summary_of(editor.article)
    return partial_response(request, "cairnloop/knowledge_base/_changed.html", context, status=status)


def preview(request: ActingRequest, editor: Editor) -> HttpResponse:
    """Answer with what the fields hold, rendered."""
    if not wants_partial(request):
        return editor_page(request, editor)
    context = {"editor": editor, **_previewed(editor)}
    return partial_response(request, "cairnloop/knowledge_base/_preview.html", context)


def go_to(request: ActingRequest, url: str, *, toast: str) -> HttpResponse:
    """Answer a finished POST with another page, which says what happened."""
    messages.success(request, toast, fail_silently=True)
    return HttpResponseClientRedirect(url) if wants_partial(request) else HttpResponseRedirect(url)


def _context(request: ActingRequest, editor: Editor) -> dict[str, Any]:
    context: dict[str, Any] = {
        "editor": editor,
        "article": editor.article,
        "may_publish": request.access.can_with_knowledge("publish"),
        "may_archive": request.access.can_with_knowledge("archive"),
        "revisions": _revisions(editor),
    }
    article, newest = editor.article, editor.newest
    if article is not None and newest is not None and article.live_revision is not None and not newest.is_published:
        context["live"] = article.live_revision
        context["changes"] = comparison_of(article.live_revision, newest)
    if editor.theirs is not None:
        context["conflict"] = difference_of(editor.theirs.text, editor.fields.text.replace("\r\n", "\n"))
    return context


def _revisions(editor: Editor) -> tuple[RevisionLine, ...]:
    return revision_lines(editor.article, limit=SHOWN_REVISIONS) if editor.article is not None else ()


def _previewed(editor: Editor) -> dict[str, str]:
    """Asked for while one types, so it costs no more than its beginning."""
    text = editor.fields.text[:PREVIEW_CHARS]
    note = ""
    if len(editor.fields.text) > PREVIEW_CHARS:
        note = _("The preview ends here. It shows the beginning of a long article; readers see the whole.")
    elif not is_within_bounds(text):
        note = _("A part with very many marks shows as it was written, here and for readers. Divide it to mend that.")
    return {"preview": rendered(editor.article, text), "preview_note": note}
