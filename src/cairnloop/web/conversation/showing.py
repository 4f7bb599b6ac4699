"""The answers of the workspace: the whole page, what is new on it, and its changed parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from cairnloop.conversations.models import Conversation
from cairnloop.core.live import conversation_topic
from cairnloop.governance.models import ToolProposal
from cairnloop.governance.queries import Standing
from cairnloop.web.access import OperatorRequest
from cairnloop.web.conversation.aside import aside_of, details_of
from cairnloop.web.conversation.composer import Kind, Notice, Writing, blank_writing, composer_of, kept_writing
from cairnloop.web.conversation.context import CustomerPanel
from cairnloop.web.conversation.draft_card import DraftCard, draft_card, draft_storage_key, refused_card
from cairnloop.web.conversation.forms import seen_in
from cairnloop.web.conversation.presenter import (
    Timeline,
    header_of,
    news_after,
    rating_news,
    timeline_of,
    url_of,
)
from cairnloop.web.conversation.proposal_card import ProposalCards, proposal_cards
from cairnloop.web.conversation.proposing_panel import ProposingPanel, proposing_of
from cairnloop.web.conversation.timeline import customer_name
from cairnloop.web.inbox.place import place_of
from cairnloop.web.navigation import Toast
from cairnloop.web.responses import page, partial_or_redirect, partial_response, wants_partial

PAGE = "cairnloop/conversation/page.html"
NEWS = "cairnloop/conversation/_news.html"
WRITTEN = "cairnloop/conversation/_written.html"
CHANGED = "cairnloop/conversation/_changed.html"
DRAFT = "cairnloop/conversation/_draft.html"
PROPOSALS = "cairnloop/conversation/_proposals.html"
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
    proposals: ProposalCards | None = None,
    proposing: ProposingPanel | None = None,
    shows_details: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Answer with the whole page; a refused text or draft stands in its form again."""
    timeline = timeline or timeline_of(request, conversation)
    if refused is not None:
        refused = dataclasses.replace(refused, seen_sequence=timeline.last)
    place = place_of(request)
    context = {
        **_parts(request, conversation, seen=timeline.last, draft=draft),
        "proposals": proposals or proposal_cards(request, conversation),
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


def news(request: OperatorRequest, conversation: Conversation, *, after: int) -> HttpResponse:
    """Answer with what the page does not show yet, each part saying where it belongs."""
    found = news_after(request, conversation, after=after)
    context = {
        **_parts(request, conversation, seen=max(found.last, after)),
        "news": found,
        "rating": rating_news(conversation),
        "proposals": proposal_cards(request, conversation),
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
    if card is not None and (text is None or (card.id == draft_id and card.paragraphs)):
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


def proposals_decided(request: OperatorRequest, conversation: Conversation, *, toast: str) -> HttpResponse:
    """Answer a decision about an action: all of them as they are now."""
    context = {"proposals": proposal_cards(request, conversation)}
    url = url_of("conversation", conversation, place=place_of(request)) + "#proposals"
    return see_other(partial_or_redirect(request, PROPOSALS, context, to=url, toast=toast))


def proposals_not_decided(
    request: OperatorRequest, conversation: Conversation, notice: Notice, *, about: int | None, reason: str, status: int
) -> HttpResponse:
    """Answer a decision that was refused: the reason on the card, and what was written."""
    cards = proposal_cards(request, conversation, notice=notice, about=about, reason=reason)
    is_shown = any(card.notice for card in cards.cards)
    if not wants_partial(request):
        if not is_shown:
            messages.warning(request, str(notice), fail_silently=True)
        return workspace(request, conversation, proposals=cards, status=status)
    toast = "" if is_shown else str(notice)
    return swapped(partial_response(request, PROPOSALS, {"proposals": cards}, status=status, toast=toast))


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
    """Answer a proposal that was made, open or blocked: its card among the others, and no panel any more."""
    cards = proposal_cards(request, conversation, newest=proposal.pk)
    url = url_of("conversation", conversation, place=place_of(request)) + f"#proposal-{proposal.pk}"
    toast = _proposed(proposal, cards)
    return see_other(partial_or_redirect(request, PROPOSED, {"proposals": cards}, to=url, toast=toast))


def _proposed(proposal: ToolProposal, cards: ProposalCards) -> Toast:
    if not proposal.is_open:
        return Toast(_("Blocked. The card says why; nothing will run."))
    if any(card.id == proposal.pk and card.standing == Standing.PENDING for card in cards.cards):
        return Toast(_("Proposed. It waits for approval."), tone="success")
    return Toast(_("Proposed. The card shows what becomes of it."), tone="success")


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
