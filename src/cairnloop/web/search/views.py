"""Search: a page that works by itself, and the part of it that the palette shows while one types."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from cairnloop.core.transactions import outside_transaction
from cairnloop.web.access import OperatorRequest
from cairnloop.web.conversation.sources import sources_named
from cairnloop.web.guarding import operator_required
from cairnloop.web.responses import page, partial_response
from cairnloop.web.search.asked import conversation_asked_in
from cairnloop.web.search.finding import clean_query, find, is_searchable
from cairnloop.web.search.gaps import keep_if_unanswered
from cairnloop.web.search.presenter import findings_of

PAGE = "cairnloop/search/index.html"
HITS = "cairnloop/search/_hits.html"


@outside_transaction
@operator_required
@require_GET
def index(request: OperatorRequest) -> HttpResponse:
    """Search as a page: `q` what for, `in` the conversation to cite in, `cite` what is cited there already."""
    conversation = conversation_asked_in(request, request.GET)
    query = clean_query(request.GET.get("q", ""))
    cited = [source.passage for source in sources_named(request, request.GET.getlist("cite"))]
    findings = None
    if is_searchable(query):
        found = find(request, query, with_answerability=True)
        findings = findings_of(request, found, conversation=conversation, cited=cited)
        keep_if_unanswered(found, conversation=conversation)
    context = {"query": query, "conversation": conversation, "cited": cited, "findings": findings}
    return page(request, PAGE, context)


@outside_transaction
@operator_required
@require_POST
def results(request: OperatorRequest) -> HttpResponse:
    """Answer the palette. By POST, so that no log and no history of addresses holds what operators look for."""
    conversation_asked_in(request, request.POST)
    query = clean_query(request.POST.get("q", ""))
    if not is_searchable(query):
        return HttpResponse(status=204)
    return partial_response(request, HITS, {"findings": findings_of(request, find(request, query))})
