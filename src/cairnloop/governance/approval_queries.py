"""What waits over all conversations, what was put off, what nobody saw end, and what is past."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from cairnloop.audit.queries import NEWEST_FIRST as NEWEST_ENTRIES
from cairnloop.audit.queries import EntryFilter, filter_entries
from cairnloop.conversations.models import Conversation
from cairnloop.conversations.queries import Capped, count_capped
from cairnloop.governance.models import ToolApproval, ToolExecution, ToolProposal

EXPIRY = ("expires_at", "id")
RISK = ("-gravity", "expires_at", "id")
NEWEST_ASKED = ("-expires_at", "-id")
NEWEST_FIRST = ("-id",)
LONGEST_UNKNOWN = ("begun_at", "id")
VERSION_ROWS = 50


def waiting_approvals(conversations: QuerySet[Conversation], *, at: datetime) -> QuerySet[ToolApproval]:
    """Return the approvals that can be decided now, to be ordered by EXPIRY or RISK.

    `conversations` are those its reader may see. What was proposed in no conversation is among them: whoever asks has
    made sure that the reader may decide. What was proposed in one that is gone is among none of these.
    """
    approvals = ToolApproval.objects.waiting(at).annotate(gravity=_gravity())
    return approvals.filter(_seen(conversations)).select_related("proposal__conversation")


def deferred_approvals(conversations: QuerySet[Conversation]) -> QuerySet[ToolApproval]:
    """Return the approvals that were put off, to be ordered by NEWEST_ASKED; seen as in `waiting_approvals`."""
    return ToolApproval.objects.deferred().filter(_seen(conversations)).select_related("proposal__conversation")


def past_approvals(conversations: QuerySet[Conversation]) -> QuerySet[ToolApproval]:
    """Return the approvals nobody has to do anything about, to be ordered by NEWEST_FIRST; seen as above."""
    return ToolApproval.objects.past().filter(_seen(conversations)).select_related("proposal__conversation")


def unknown_executions(conversations: QuerySet[Conversation]) -> QuerySet[ToolExecution]:
    """Return the executions that nobody saw end, to be ordered by LONGEST_UNKNOWN; seen as above."""
    return ToolExecution.objects.unknown().filter(_seen(conversations)).select_related("proposal__conversation")


def visible_proposals(conversations: QuerySet[Conversation]) -> QuerySet[ToolProposal]:
    """Return the proposals of these conversations, and those that were made in none."""
    seen = Exists(conversations.filter(pk=OuterRef("conversation")))
    return ToolProposal.objects.filter(Q(conversation=None, is_of_conversation=False) | seen).select_related(
        "conversation"
    )


def count_waiting_approvals(conversations: QuerySet[Conversation], *, at: datetime) -> Capped:
    """Count what can be decided now, up to a hundred."""
    return count_capped({"": waiting_approvals(conversations, at=at).order_by(*EXPIRY)})[""]


def approvals_version() -> str:
    """Return a token that changes whenever any proposal stands otherwise: each of its moves is in the audit trail."""
    # Not the newest alone: a slower transaction may commit an earlier entry later.
    entries = filter_entries(EntryFilter(subject_kind="tool_proposal")).order_by(*NEWEST_ENTRIES)
    latest = ",".join(str(pk) for pk in entries.values_list("pk", flat=True)[:VERSION_ROWS])
    return hashlib.sha256(latest.encode()).hexdigest()[:16]


def _seen(conversations: QuerySet[Conversation]) -> Q:
    seen = Exists(conversations.filter(pk=OuterRef("proposal__conversation")))
    return Q(proposal__conversation=None, proposal__is_of_conversation=False) | Q(seen)


def _gravity() -> Case:
    risks = ToolProposal.Risk
    weights = [(risks.DESTRUCTIVE, 3), (risks.HIGH_WRITE, 2), (risks.LOW_WRITE, 1)]
    cases = [When(proposal__risk=risk, then=Value(weight)) for risk, weight in weights]
    return Case(*cases, default=Value(0), output_field=IntegerField())
