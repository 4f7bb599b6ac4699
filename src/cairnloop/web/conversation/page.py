"""The workspace's page, and what is new on it."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from cairnloop.conversations.models import Conversation
from cairnloop.conversations.reading import mark_read
from cairnloop.conversations.workspace_queries import seen_by_operator
from cairnloop.web.access import OperatorRequest, get_visible_conversation
from cairnloop.web.conversation import showing
from cairnloop.web.conversation.context import customer_panel
from cairnloop.web.conversation.forms import LARGEST_SEQUENCE
from cairnloop.web.conversation.presenter import url_of, version_of
from cairnloop.web.conversation.proposal_places import MOST_SHOWN, actions_version, read_marks, run_with
from cairnloop.web.conversation.timeline_runs import earlier_part, moved_cards, timeline_of
from cairnloop.web.guarding import operator_required
from cairnloop.web.inbox.place import place_of
from cairnloop.web.responses import partial_response, wants_partial

EARLIER = "cairnloop/conversation/_earlier.html"


@operator_required
@require_safe
def show(request: OperatorRequest, conversation_id: int) -> HttpResponse:
    """The newest messages, those `before` a sequence, or those around an `action`; what is shown counts as read."""
    conversation = get_visible_conversation(request, conversation_id)
    shows_details = "details" in request.GET
    before, action = _sequence(request, "before"), _sequence(request, "action")
    if before is None and action is not None:
        before = run_with(conversation, action)
    timeline = timeline_of(request, conversation, before=before)
    response = showing.workspace(
        request,
        conversation,
        timeline=timeline,
        chosen=request.GET.get("compose", ""),
        customer=customer_panel(conversation) if shows_details else None,
        shows_details=shows_details,
    )
    if timeline.is_newest:
        _mark_read(request, conversation, sequence=timeline.last, known=timeline.seen)
    return response


@operator_required
@require_safe
def timeline(request: OperatorRequest, conversation_id: int) -> HttpResponse:
    """What the page does not show: the messages `before` a sequence, or whatever is new `after` one.

    `seen` is the last message the reader has in view, `version` the state of the conversation the page shows and
    `actions` that of its actions. Of these `shown` has the marks, and `first` is the first message that is shown.
    """
    conversation = get_visible_conversation(request, conversation_id)
    before, after = _sequence(request, "before"), _sequence(request, "after")
    if not wants_partial(request):
        query = {"before": before} if before is not None else {}
        return HttpResponseRedirect(url_of("conversation", conversation, place=place_of(request), **query))
    if before is not None:
        part = earlier_part(request, conversation, before=before)
        return partial_response(request, EARLIER, {"timeline": part})
    known = seen_by_operator(conversation_id=conversation.pk, operator_ref=request.actor.ref) if request.actor else None
    _mark_read(request, conversation, sequence=_sequence(request, "seen") or 0, known=known)
    after = after or 0
    # Before the actions are read: what commits in between is brought again, and not lost.
    actions = actions_version(conversation.pk)
    has_moved = request.GET.get("actions", "") != actions
    if after >= conversation.sequence and request.GET.get("version") == version_of(conversation) and not has_moved:
        return HttpResponse(status=204)
    first = _sequence(request, "first") or 0
    shown = read_marks(request.GET, limit=MOST_SHOWN)
    brought = moved_cards(request, conversation, first=first, shown=shown) if has_moved else None
    return showing.news(request, conversation, after=after, actions=actions, brought=brought)


def _mark_read(request: OperatorRequest, conversation: Conversation, *, sequence: int, known: int | None) -> None:
    # A HEAD request shows nobody anything.
    if request.actor is None or request.method != "GET":
        return
    sequence = min(sequence, conversation.sequence)
    if sequence > (known or 0):
        mark_read(conversation_id=conversation.pk, by=request.actor, sequence=sequence)


def _sequence(request: OperatorRequest, name: str) -> int | None:
    """Return a sequence from the URL; whatever is not one counts as absent."""
    given = request.GET.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) <= len(str(LARGEST_SEQUENCE))):
        return None
    return min(int(given), LARGEST_SEQUENCE - 1)
