"""Which governed actions stand where in the timeline: each among the messages, by the time it was proposed."""

from __future__ import annotations

import re
from hashlib import sha256

from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.utils import timezone

from cairnloop.conversations.models import Conversation, Message
from cairnloop.conversations.workspace_queries import TIMELINE_PAGE
from cairnloop.governance.models import ToolApproval, ToolExecution, ToolProposal
from cairnloop.governance.queries import ProposalState, proposal_versions, state_of, with_states

MOST_SHOWN = 50
"""How many actions stand in one run of the timeline; of more, the oldest are left out, and that is said."""
MOST_WAITING = 99
MARK = re.compile(r"([0-9]{1,18})\.([0-9a-f]{12})")


def proposals_among(
    conversation_id: int, *, first: int = 0, before: int | None = None
) -> tuple[list[ProposalState], bool]:
    """Return the actions proposed from the message `first` on and before the message `before`, oldest first.

    Whether there are more of them, which are older, is told too. Three queries, or one where there are none.
    """
    found = ToolProposal.objects.of_conversation(conversation_id)
    if first > 1:
        found = found.filter(proposed_at__gte=_moment_of(conversation_id, first))
    if before is not None:
        found = found.filter(proposed_at__lt=_moment_of(conversation_id, before))
    rows = list(found.order_by("-pk").prefetch_related(*with_states())[: MOST_SHOWN + 1])
    shown = sorted(rows[:MOST_SHOWN], key=lambda each: (each.proposed_at, each.pk))
    return [state_of(each) for each in shown], len(rows) > MOST_SHOWN


def proposal_in(conversation: Conversation, proposal_id: int) -> ProposalState | None:
    """Return one action of a conversation; None where it has no such action."""
    found = ToolProposal.objects.of_conversation(conversation.pk).filter(pk=proposal_id)
    proposal = found.prefetch_related(*with_states()).first()
    return state_of(proposal) if proposal else None


def run_with(conversation: Conversation, proposal_id: int) -> int | None:
    """Return before which message a run of the timeline ends that shows this action; None for the newest."""
    proposal = ToolProposal.objects.of_conversation(conversation.pk).filter(pk=proposal_id).first()
    if proposal is None:
        return None
    later = Message.objects.filter(conversation=conversation, created_at__gt=proposal.proposed_at)
    following = later.order_by("sequence").values_list("sequence", flat=True).first()
    if following is None or following > conversation.sequence - TIMELINE_PAGE + 1:
        return None
    return min(following + TIMELINE_PAGE // 2, conversation.sequence)


def proposals_to_decide(conversation_id: int) -> list[int]:
    """Return the actions of a conversation that wait for a person, oldest first, at most a hundred."""
    waiting = ToolApproval.objects.waiting(timezone.now()).filter(proposal=OuterRef("pk"))
    unknown = ToolExecution.objects.unknown().filter(proposal=OuterRef("pk"))
    found = ToolProposal.objects.of_conversation(conversation_id).filter(Exists(waiting) | Exists(unknown))
    return list(found.order_by("pk").values_list("pk", flat=True)[: MOST_WAITING + 1])


def actions_version(conversation_id: int) -> str:
    """Return a token that changes whenever an action of the conversation stands otherwise; empty without any."""
    token = proposal_versions([conversation_id]).get(conversation_id)
    return sha256(token.encode()).hexdigest()[:16] if token else ""


def version_of_state(state: ProposalState) -> str:
    """Return a token that changes with whatever a card says of an action besides the time."""
    approval, execution = state.approval, state.execution
    parts = (
        state.standing,
        state.proposal.digest,
        (approval.pk, approval.digest, approval.first_approver_ref) if approval else (),
        (execution.pk, execution.status, execution.summary) if execution else (),
    )
    return sha256(repr(parts).encode()).hexdigest()[:12]


def read_marks(query: QueryDict, *, limit: int) -> dict[int, str]:
    """Return the actions a page says it shows, each with the version it shows, as far as they are such."""
    found = (MARK.fullmatch(each) for each in query.get("shown", "").split(",")[:limit])
    return {int(each[1]): each[2] for each in found if each}


def _moment_of(conversation_id: int, sequence: int) -> QuerySet[Message, object]:
    return Message.objects.filter(conversation_id=conversation_id, sequence=sequence).values("created_at")[:1]
