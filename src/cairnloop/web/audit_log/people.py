"""Who acted: the trail holds references, and the names come from rows that hold them and that the reader may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from cairnloop.audit.models import AuditEntry
from cairnloop.conversations.models import Conversation, Message
from cairnloop.core.actors import ActorKind
from cairnloop.core.texts import tidy_name
from cairnloop.knowledge_base.models import Revision
from cairnloop.web.access import OperatorRequest
from cairnloop.web.audit_log.subjects import Subjects
from cairnloop.web.audit_log.wording import ACTOR_KINDS, SYSTEM_NAMES

SAID = ("conversation.replied", "conversation.note_added")
LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Person:
    """Who acted as they are shown. Without a known name the reference stands for it."""

    name: str
    kind: str
    kind_label: str
    ref: str
    icon: str
    """For what has no initials."""


class People:
    """The actors of some entries; their names are read with a fixed number of queries."""

    def __init__(self, request: OperatorRequest, entries: Sequence[AuditEntry], subjects: Subjects) -> None:
        self._names: dict[tuple[str, str], str] = {}
        for kind, ref, name in _known(request, entries, subjects):
            if tidy := tidy_name(name):
                self._names[kind, ref] = tidy

    def of(self, entry: AuditEntry) -> Person:
        """Return who made an entry."""
        kind, ref = entry.actor_kind, entry.actor_ref
        is_system = kind == ActorKind.SYSTEM
        name = str(SYSTEM_NAMES.get(ref, ref)) if is_system else self._names.get((kind, ref), ref)
        icon = "cog" if is_system else "bot" if kind == ActorKind.CLIENT else ""
        return Person(name, kind, str(ACTOR_KINDS.get(kind, kind)), ref, icon)


def _known(
    request: OperatorRequest, entries: Sequence[AuditEntry], subjects: Subjects
) -> Iterable[tuple[str, str, str]]:
    # The surest comes last, and stays.
    for revision in _revisions(entries, subjects):
        yield revision.author_kind, revision.author_ref, revision.author_name
    for proposal in subjects.proposals:
        yield proposal.proposer_kind, proposal.proposer_ref, proposal.proposer_name
        for approval in proposal.approvals.all():
            yield ActorKind.OPERATOR, approval.first_approver_ref, approval.first_approver_name
            yield approval.decided_by_kind, approval.decided_by_ref, approval.decided_by_name
    for draft in subjects.drafts.values():
        yield draft.decided_by_kind, draft.decided_by_ref, draft.decided_by_name
    for conversation in subjects.conversations.values():
        yield ActorKind.OPERATOR, conversation.assignee_ref, conversation.assignee_name
        yield ActorKind.CUSTOMER, conversation.customer_ref, conversation.customer_name
    for message in _messages(entries, subjects.conversations):
        yield message.author_kind, message.author_ref, message.author_name
    if request.actor is not None:
        yield request.actor.kind, request.actor.ref, request.actor.name


def _messages(entries: Sequence[AuditEntry], visible: Mapping[int, Conversation]) -> Iterable[Message]:
    places = {(Subjects.id_in(each), each.evidence.get("sequence")) for each in entries if each.action in SAID}
    wanted = [Q(conversation_id=pk, sequence=number) for pk, number in places if pk in visible and _is_number(number)]
    if not wanted:
        return ()
    return Message.objects.filter(reduce(or_, wanted)).only("author_kind", "author_ref", "author_name")


def _revisions(entries: Sequence[AuditEntry], subjects: Subjects) -> Iterable[Revision]:
    wanted = [
        each.evidence.get("revision_id")
        for each in entries
        if each.action.startswith("knowledge_base.") and Subjects.id_in(each) in subjects.articles
    ]
    ids = [pk for pk in wanted if _is_number(pk)]
    return Revision.objects.filter(pk__in=ids).only("author_kind", "author_ref", "author_name") if ids else ()


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 < value <= LARGEST
