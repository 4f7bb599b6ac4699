"""What the host knows about the customer: a part of the page that loads by itself and may fail by itself."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from cairnloop.web.access import OperatorRequest, get_visible_conversation
from cairnloop.web.conversation.aside import aside_of
from cairnloop.web.conversation.context import customer_panel
from cairnloop.web.conversation.presenter import url_of
from cairnloop.web.guarding import operator_required
from cairnloop.web.inbox.place import place_of
from cairnloop.web.responses import partial_response, wants_partial

PANEL = "cairnloop/conversation/_customer.html"


@operator_required
@require_safe
def show(request: OperatorRequest, conversation_id: int) -> HttpResponse:
    """The customer's panel; without htmx the page that includes it."""
    conversation = get_visible_conversation(request, conversation_id)
    if not wants_partial(request):
        page_url = url_of("conversation", conversation, place=place_of(request), details=1)
        return HttpResponseRedirect(f"{page_url}#details")
    context = {"aside": aside_of(request, conversation), "customer": customer_panel(conversation)}
    return partial_response(request, PANEL, context)
