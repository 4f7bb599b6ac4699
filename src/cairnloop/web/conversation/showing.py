"""The answers of the workspace: the whole page, what is new on it, and its changed parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from cairnloop.conversations.models import Conversation
from cairnloop.core.live import conversation_topic
from cairnloop.governance.models import ToolProposal
from cairnloop.governance.queries import Standing
from cairnloop.web.access import OperatorRequest
from cairnloop.web.conversation.aside import aside_of, details_of
from cairnloop.web.conversation.composer import Kind, Notice, Writing, blank_writing, composer_of, kept_writing
from cairnloop.web.conversation.context import CustomerPanel
from cairnloop.web.conversation.decisions import Decided, Refused
from cairnloop.web.conversation.draft_card import DraftCard, draft_card, draft_storage_key, refused_card
from cairnloop.web.conversation.forms import seen_in
from cairnloop.web.conversation.presenter import card_url, header_of, url_of, waiting_of
from cairnloop.web.conversation.proposal_card import ProposalCard, proposal_cards
from cairnloop.web.conversation.proposal_places import actions_version, proposal_in, run_with
from cairnloop.web.conversation.proposing_panel import ProposingPanel, proposing_of
from cairnloop.web.conversation.timeline import Entry, cards_alone, customer_name
from cairnloop.web.conversation.timeline_runs import Timeline, news_after, rating_news, timeline_of
from cairnloop.web.inbox.place import place_of
from cairnloop.web.navigation import Toast
from cairnloop.web.responses import page, partial_or_redirect, partial_response, wants_partial

PAGE = "cairnloop/conversation/page.html"
NEWS = "cairnloop/conversation/_news.html"
WRITTEN = "cairnloop/conversation/_written.html"
CHANGED = "cairnloop/conversation/_changed.html"
DRAFT = "cairnloop/conversation/_draft.html"
PROPOSAL_BROUGHT = "cairnloop/conversation/_proposal_brought.html"
PROPOSING = "cairnloop/conversation/_proposing_panel.html"
PROPOSED = "cairnloop/conversation/_proposed.html"
DRAFT_DECIDED = "cairnloop/conversation/_draft_decided.html"


def workspace(
    request: OperatorRequest,
    conversation: Conversation,
    *,
    timeline: Timeline | None = None,
    chosen: str = "",
    refused: Writing | None = None,
    customer: CustomerPanel | None = None,
    draft: DraftCard | None = None,
    proposing: ProposingPanel | None = None,
    shows_details: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Answer with the whole page; a refused text or draft stands in its form again."""
    # Before the actions are read: what commits in between is brought again, and not lost.
    actions = actions_version(conversation.pk)
    timeline = timeline or timeline_of(request, conversation)
    if refused is not None:
        refused = dataclasses.replace(refused, seen_sequence=timeline.last)
    place = place_of(request)
    context = {
        **_parts(request, conversation, seen=timeline.last, draft=draft),
        "actions": actions,
        "proposing": proposing_of(request, conversation, panel=proposing),
        "timeline": timeline,
        "composer": composer_of(request, conversation, seen=timeline.last, chosen=chosen, refused=refused),
        "aside": aside_of(request, conversation),
        "customer": customer,
        "shows_details": shows_details,
        "number": conversation.pk,
        "topic": conversation_topic(conversation.pk),
        "list_url": place.list_url(conversation.pk),
        "page_url": url_of("conversation", conversation, place=place),
        "details_url": url_of("conversation", conversation, place=place, details=1),
        "timeline_url": url_of("conversation-timeline", conversation, place=place),
        "typing_words": _("%(customer)s is typing…") % {"customer": customer_name(conversation)},
    }
    return page(request, PAGE, context, status=status)


def news(
    request: OperatorRequest,
    conversation: Conversation,
    *,
    after: int,
    actions: str = "",
    brought: tuple[ProposalCard, ...] | None = None,
) -> HttpResponse:
    """Answer with what the page does not show yet, each part saying where it belongs.

    `brought` are the actions that moved up to the version `actions`; None where none did.
    """
    found = news_after(request, conversation, after=after)
    context = {
        **_parts(request, conversation, seen=max(found.last, after)),
        "news": found,
        "rating": rating_news(conversation),
        "actions": actions,
        "brings_actions": brought is not None,
        "brought": cards_alone(brought or (), now=timezone.now()),
    }
    return partial_response(request, NEWS, context)


def written(request: OperatorRequest, conversation: Conversation, kind: Kind, *, after: int) -> HttpResponse:
    """Answer a message that was written: an empty form, and the message at the end of the timeline."""
    found = news_after(request, conversation, after=after)
    seen = max(found.last, after)
    blank = blank_writing(request, conversation, kind, seen=seen)
    context = {
        **_parts(request, conversation, seen=seen),
        "news": found,
        "writing": dataclasses.replace(blank, takes_focus=True),
    }
    url = url_of("conversation", conversation, place=place_of(request), compose=kind.name) + "#composer"
    return see_other(partial_or_redirect(request, WRITTEN, context, to=url, toast=str(kind.sent)))


def not_written(request: OperatorRequest, conversation: Conversation, writing: Writing, *, status: int) -> HttpResponse:
    """Answer a message that was refused: its text, the reason, and what the writer had missed."""
    seen = writing.seen_sequence
    if not wants_partial(request):
        timeline = timeline_of(request, conversation, seen=seen or None)
        return workspace(request, conversation, timeline=timeline, refused=writing, status=status)
    missed = news_after(request, conversation, after=seen, marks_unread=True)
    seen = max(missed.last, seen)
    context = {
        **_parts(request, conversation, seen=seen),
        "news": missed,
        "writing": dataclasses.replace(writing, seen_sequence=seen),
    }
    return swapped(partial_response(request, WRITTEN, context, status=status))


def changed(request: OperatorRequest, conversation: Conversation, *, toast: str) -> HttpResponse:
    """Answer a decision that was made: the header and the composer as they are now."""
    url = url_of("conversation", conversation, place=place_of(request))
    context = _changed(request, conversation, seen=seen_in(request.POST))
    return see_other(partial_or_redirect(request, CHANGED, context, to=url, toast=toast))


def not_changed(request: OperatorRequest, conversation: Conversation, *, seen: int, toast: str) -> HttpResponse:
    """Answer a decision that was refused because something happened first, with what happened."""
    if not wants_partial(request):
        messages.warning(request, toast, fail_silently=True)
        timeline = timeline_of(request, conversation, seen=seen or None)
        return workspace(request, conversation, timeline=timeline, status=409)
    missed = news_after(request, conversation, after=seen, marks_unread=True)
    context = {**_changed(request, conversation, seen=max(missed.last, seen)), "news": missed}
    return swapped(partial_response(request, CHANGED, context, status=409, toast=toast))


def draft(request: OperatorRequest, conversation: Conversation, *, seen: int, editing: bool) -> HttpResponse:
    """Answer with the draft alone."""
    card = draft_card(request, conversation, seen=seen, editing=editing)
    key = draft_storage_key(request, conversation)
    return partial_response(request, DRAFT, {"draft": card, "draft_storage_key": key, "takes_focus": editing})


def draft_decided(request: OperatorRequest, conversation: Conversation, *, after: int, toast: str) -> HttpResponse:
    """Answer a decision about the draft: no draft any more, and the reply in the timeline if one was sent."""
    found = news_after(request, conversation, after=after)
    context = {**_parts(request, conversation, seen=max(found.last, after)), "news": found}
    url = url_of("conversation", conversation, place=place_of(request))
    return see_other(partial_or_redirect(request, DRAFT_DECIDED, context, to=url, toast=toast))


def draft_not_sent(
    request: OperatorRequest,
    conversation: Conversation,
    notice: Notice,
    *,
    draft_id: int | None,
    seen: int,
    status: int,
    text: str | None = None,
    taken_over: Collection[int] = (),
    instruction: str = "",
) -> HttpResponse:
    """Answer a draft that was not sent: the reason, what its operator had missed, and the text as they left it.

    The text of a draft that waits no more goes to the composer: without JavaScript here, with it by the page itself.
    """
    missed = news_after(request, conversation, after=seen, marks_unread=True)
    card = draft_card(request, conversation, seen=max(missed.last, seen))
    refused = None
    if card is not None and (text is None or (card.id == draft_id and card.blocks)):
        ticked, asked = (taken_over, instruction) if card.id == draft_id else ((), "")
        card = refused_card(card, notice=notice, text=text, taken_over=ticked, instruction=asked)
    elif text is not None:
        refused = kept_writing(request, conversation, text=text, notice=notice, seen=seen)
    if not wants_partial(request):
        timeline = timeline_of(request, conversation, seen=seen or None)
        if not (card and card.notice) and refused is None:
            messages.warning(request, str(notice), fail_silently=True)
        return workspace(request, conversation, timeline=timeline, draft=card, refused=refused, status=status)
    context = {**_parts(request, conversation, seen=max(missed.last, seen), draft=card), "news": missed}
    toast = "" if card and card.notice else str(notice)
    return swapped(partial_response(request, DRAFT_DECIDED, context, status=status, toast=toast))


def proposal_decided(request: OperatorRequest, conversation: Conversation, decided: Decided) -> HttpResponse:
    """Answer a decision about an action: its card as it is now."""
    url = card_url(request, conversation, proposal_id=decided.about)
    context = _brought(request, conversation, proposal_id=decided.about)
    return see_other(partial_or_redirect(request, PROPOSAL_BROUGHT, context, to=url, toast=decided.words))


def proposal_not_decided(request: OperatorRequest, conversation: Conversation, refused: Refused) -> HttpResponse:
    """Answer a decision that was refused: the reason on the card, and what was written."""
    context = _brought(request, conversation, proposal_id=refused.about, refused=refused)
    is_shown = bool(context["brought"])
    if not wants_partial(request):
        if not is_shown:
            messages.warning(request, str(refused.notice), fail_silently=True)
        before = run_with(conversation, refused.about) if refused.about else None
        timeline = timeline_of(request, conversation, before=before, refused=refused)
        return workspace(request, conversation, timeline=timeline, status=refused.status)
    toast = "" if is_shown else str(refused.notice)
    response = partial_response(request, PROPOSAL_BROUGHT, context, status=refused.status, toast=toast)
    response["HX-Reswap"] = "innerHTML"
    return response


def proposing(
    request: OperatorRequest, conversation: Conversation, panel: ProposingPanel, *, status: int = 200
) -> HttpResponse:
    """Answer with what an operator may propose: the panel for htmx, else the page with the panel open in it."""
    if not wants_partial(request):
        return workspace(request, conversation, proposing=panel, status=status)
    context = {"proposing": proposing_of(request, conversation, panel=panel)}
    response = partial_response(request, PROPOSING, context, status=status)
    return swapped(response) if status >= 400 else response


def proposed(request: OperatorRequest, conversation: Conversation, proposal: ToolProposal) -> HttpResponse:
    """Answer a proposal that was made, open or blocked: its card in the timeline, and no panel any more."""
    context = _brought(request, conversation, proposal_id=proposal.pk, newest=proposal.pk)
    url = card_url(request, conversation, proposal_id=proposal.pk)
    toast = _proposed(proposal, context["brought"])
    return see_other(partial_or_redirect(request, PROPOSED, context, to=url, toast=toast))


def _proposed(proposal: ToolProposal, brought: tuple[Entry, ...]) -> Toast:
    if not proposal.is_open:
        return Toast(_("Blocked. The card says why; nothing will run."))
    if any(isinstance(each, ProposalCard) and each.standing == Standing.PENDING for each in brought):
        return Toast(_("Proposed. It waits for approval."), tone="success")
    return Toast(_("Proposed. The card shows what becomes of it."), tone="success")


def _brought(
    request: OperatorRequest,
    conversation: Conversation,
    *,
    proposal_id: int | None,
    refused: Refused | None = None,
    newest: int | None = None,
) -> dict[str, Any]:
    """Return one action for its place in the timeline, and how many wait now."""
    state = proposal_in(conversation, proposal_id) if proposal_id else None
    cards = proposal_cards(request, conversation, [state] if state else [], refused=refused, newest=newest)
    return {"brought": cards_alone(cards, now=timezone.now()), "waiting": waiting_of(request, conversation)}


def see_other(response: HttpResponse) -> HttpResponse:
    """Let a redirect after a POST say plainly that the answer is another page."""
    if response.status_code == 302:
        response.status_code = 303
    return response


def swapped(response: HttpResponse) -> HttpResponse:
    """Let htmx put a refusal where the answer belongs: it explains itself there."""
    response["HX-Reswap"] = "outerHTML"
    return response


def _parts(
    request: OperatorRequest, conversation: Conversation, *, seen: int, draft: DraftCard | None = None
) -> dict[str, Any]:
    header = header_of(request, conversation, seen=seen)
    draft = draft or draft_card(request, conversation, seen=seen, editing="edit" in request.GET)
    return {
        "header": header,
        "details": details_of(conversation),
        "draft": draft,
        "draft_storage_key": draft_storage_key(request, conversation),
    }


def _changed(request: OperatorRequest, conversation: Conversation, *, seen: int) -> dict[str, Any]:
    composer = composer_of(request, conversation, seen=seen)
    return {**_parts(request, conversation, seen=seen), "composer": composer}
