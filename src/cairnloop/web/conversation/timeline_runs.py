"""Runs of the timeline: the newest, the ones before, and what is new; messages and actions in order of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone

from cairnloop.conversations.models import Conversation, Message
from cairnloop.conversations.workspace_queries import (
    TIMELINE_PAGE,
    rating_question,
    seen_by_operator,
    timeline_before,
    timeline_from,
)
from cairnloop.web.access import OperatorRequest
from cairnloop.web.conversation.decisions import Refused
from cairnloop.web.conversation.presenter import url_of
from cairnloop.web.conversation.proposal_card import ProposalCard, proposal_cards
from cairnloop.web.conversation.proposal_places import proposals_among, version_of_state
from cairnloop.web.conversation.sources import sources_of
from cairnloop.web.conversation.timeline import Day, Entry, LeftOut, Rated, day_of, entries_of, rated
from cairnloop.web.inbox.place import place_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """A run of messages without gaps."""

    entries: tuple[Entry, ...]
    first: int
    last: int
    earlier_url: str | None
    """The page with the messages before these."""
    earlier_part_url: str | None
    """The same messages as a part of this page."""
    is_newest: bool
    is_first: bool
    """Nothing was said before these."""
    repeated_day: Day | None = None
    """The separator these messages bring along, which the page already shows further down."""
    seen: int | None = None
    """Where the reader left off, as far as it was asked for."""


def timeline_of(
    request: OperatorRequest,
    conversation: Conversation,
    *,
    before: int | None = None,
    seen: int | None = None,
    refused: Refused | None = None,
) -> Timeline:
    """Return the newest messages, or the ones before a sequence, with the actions that were proposed among them.

    Where the reader left off is where they looked last, or `seen` if they say so themselves. The action that a
    `refused` decision is about says why.
    """
    messages = timeline_before(conversation_id=conversation.pk, before=before)
    if seen is None and before is None and request.actor is not None:
        seen = seen_by_operator(conversation_id=conversation.pk, operator_ref=request.actor.ref)
    cards, left_out = _cards(request, conversation, messages, before=before, refused=refused)
    entries = entries_of(
        messages,
        conversation=conversation,
        reader=request.actor,
        now=timezone.now(),
        seen=None if before is not None else seen,
        is_newest=before is None,
        sources=sources_of(request, messages),
        cards=cards,
    )
    return _timeline(request, conversation, left_out + entries, messages, is_newest=before is None, seen=seen)


def earlier_part(request: OperatorRequest, conversation: Conversation, *, before: int) -> Timeline:
    """Return the messages before a sequence, to stand in front of the ones the page shows."""
    messages = timeline_before(conversation_id=conversation.pk, before=before + 1, limit=TIMELINE_PAGE + 1)
    shown_first = messages[-1:] if messages and messages[-1].sequence == before else []
    messages = messages[: len(messages) - len(shown_first)]
    now = timezone.now()
    cards, left_out = _cards(request, conversation, messages, before=before)
    entries = entries_of(
        messages,
        conversation=conversation,
        reader=request.actor,
        now=now,
        is_newest=False,
        sources=sources_of(request, messages),
        cards=cards,
    )
    days = {entry.dom_id for entry in entries if isinstance(entry, Day)}
    repeated = [day_of(message.created_at, today=timezone.localdate(now)) for message in shown_first]
    return _timeline(
        request,
        conversation,
        left_out + entries,
        messages,
        is_newest=False,
        repeated_day=next((day for day in repeated if day.dom_id in days), None),
    )


def news_after(
    request: OperatorRequest, conversation: Conversation, *, after: int, marks_unread: bool = False
) -> Timeline:
    """Return what was said after a sequence, to stand behind the messages the page shows."""
    known = timeline_from(conversation_id=conversation.pk, sequence=max(after, 1))
    previous = known[0] if known and known[0].sequence == after else None
    messages = known[1:] if previous else known
    entries = entries_of(
        messages,
        conversation=conversation,
        reader=request.actor,
        now=timezone.now(),
        seen=after if marks_unread else None,
        previous=previous,
        sources=sources_of(request, messages),
    )
    return _timeline(request, conversation, entries, messages, is_newest=True)


def moved_cards(
    request: OperatorRequest, conversation: Conversation, *, first: int, shown: Mapping[int, str]
) -> tuple[ProposalCard, ...]:
    """Return the actions from the message `first` on that a page does not show, or not as they stand now."""
    states, _has_more = proposals_among(conversation.pk, first=first)
    moved = [each for each in states if shown.get(each.proposal.pk) != version_of_state(each)]
    return proposal_cards(request, conversation, moved)


def rating_news(conversation: Conversation) -> Rated | None:
    """Return the rating to stand beside the question the page may already show; None without one."""
    if not conversation.rating:
        return None
    question = rating_question(conversation_id=conversation.pk)
    return rated(conversation, sequence=question) if question else None


def _cards(
    request: OperatorRequest,
    conversation: Conversation,
    messages: Sequence[Message],
    *,
    before: int | None,
    refused: Refused | None = None,
) -> tuple[tuple[ProposalCard, ...], tuple[Entry, ...]]:
    first = messages[0].sequence if messages else 0
    before = before if before is not None and before <= conversation.sequence else None
    states, has_more = proposals_among(conversation.pk, first=first, before=before)
    left_out = (LeftOut(dom_id=f"left-out-{first}"),) if has_more else ()
    return proposal_cards(request, conversation, states, refused=refused), left_out


def _timeline(
    request: OperatorRequest,
    conversation: Conversation,
    entries: tuple[Entry, ...],
    messages: Sequence[Message],
    *,
    is_newest: bool,
    repeated_day: Day | None = None,
    seen: int | None = None,
) -> Timeline:
    first = messages[0].sequence if messages else 0
    # Sequences have no gaps, so anything above one has something before it.
    has_earlier, place = first > 1, place_of(request)
    return Timeline(
        entries=entries,
        first=first,
        last=messages[-1].sequence if messages else 0,
        earlier_url=url_of("conversation", conversation, place=place, before=first) if has_earlier else None,
        earlier_part_url=(
            url_of("conversation-timeline", conversation, place=place, before=first) if has_earlier else None
        ),
        is_newest=is_newest,
        is_first=first == 1,
        repeated_day=repeated_day,
        seen=seen,
    )
