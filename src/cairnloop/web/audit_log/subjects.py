"""What entries are about, and where it is: a link only where its reader may go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from cairnloop.audit.models import AuditEntry
from cairnloop.conversations.models import Conversation
from cairnloop.drafting.models import Draft
from cairnloop.governance.models import ToolProposal
from cairnloop.knowledge_base.models import Article
from cairnloop.web.access import OperatorRequest
from cairnloop.web.audit_log.wording import subject_label

ID_CHARS = 18


@dataclass(frozen=True, slots=True)
class About:
    """What an entry is about, as it is shown; without a URL it is gone, or out of its reader's sight."""

    label: str
    url: str


class Subjects:
    """The subjects of some entries; they are read with a fixed number of queries."""

    def __init__(self, request: OperatorRequest, entries: Sequence[AuditEntry]) -> None:
        ids: dict[str, set[int]] = {"conversation": set(), "draft": set(), "tool_proposal": set(), "article": set()}
        for entry in entries:
            kind, pk = entry.stream.partition(":")[0], self.id_in(entry)
            if pk is not None and kind in ids:
                ids[kind].add(pk)
        visible = request.access.visible()
        drafts = Draft.objects.filter(pk__in=ids["draft"]).only(
            "conversation_id", "decided_by_kind", "decided_by_ref", "decided_by_name"
        )
        found = {draft.pk: draft for draft in drafts} if ids["draft"] else {}
        proposed = ToolProposal.objects.filter(pk__in=ids["tool_proposal"]).prefetch_related("approvals")
        proposals = list(proposed) if ids["tool_proposal"] else []
        proposed_in = {each.pk: each.conversation_id for each in proposals if each.conversation_id}
        wanted = ids["conversation"] | {draft.conversation_id for draft in found.values()} | {*proposed_in.values()}
        conversations = visible.filter(pk__in=wanted) if wanted else ()
        self.conversations: dict[int, Conversation] = {each.pk: each for each in conversations}
        self.drafts: dict[int, Draft] = {
            pk: draft for pk, draft in found.items() if draft.conversation_id in self.conversations
        }
        self.proposals = [
            each
            for each in proposals
            if each.conversation_id in self.conversations
            or (each.conversation_id is None and not each.has_lost_conversation)
        ]
        self.proposed_in = {pk: where for pk, where in proposed_in.items() if where in self.conversations}
        """The conversation of each proposal."""
        self.articles: set[int] = set()
        if ids["article"] and request.access.can_with_knowledge("view"):
            self.articles = set(Article.objects.filter(pk__in=ids["article"]).values_list("pk", flat=True))

    @staticmethod
    def id_in(entry: AuditEntry) -> int | None:
        """Return the id an entry's subject names; None where it names none."""
        key = entry.stream.partition(":")[2]
        return int(key) if key.isascii() and key.isdecimal() and len(key) <= ID_CHARS else None

    def of(self, entry: AuditEntry) -> About:
        """Return what an entry is about."""
        return About(subject_label(entry.stream), self._url(entry.stream.partition(":")[0], self.id_in(entry)))

    def _url(self, kind: str, pk: int | None) -> str:
        if kind == "automation":
            return reverse("cairnloop:home")
        if pk is None:
            return ""
        if kind == "article":
            return reverse("cairnloop:article", args=[pk]) if pk in self.articles else ""
        if kind == "draft":
            draft = self.drafts.get(pk)
            return reverse("cairnloop:conversation", args=[draft.conversation_id]) if draft else ""
        if kind == "tool_proposal":
            return reverse("cairnloop:conversation", args=[self.proposed_in[pk]]) if pk in self.proposed_in else ""
        return reverse("cairnloop:conversation", args=[pk]) if pk in self.conversations else ""
