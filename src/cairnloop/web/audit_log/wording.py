"""How entries are said: every action, subject and kind of evidence in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cairnloop.conversations.models import Conversation
from cairnloop.drafting.models import Draft
from cairnloop.knowledge_base.models import Article

SHOWN_VALUES = 10
"""How many values of a list are shown; the export has all of them."""
CODE = re.compile(r"[a-z]+(_[a-z]+)+")


@dataclass(frozen=True, slots=True)
class Said:
    """An action or a subject in words, with its icon."""

    label: Any
    icon: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Actions that are looked at together: those whose names begin with one of `parts`."""

    label: Any
    parts: tuple[str, ...]


ACTIONS: dict[str, Said] = {
    "conversation.opened": Said(gettext_lazy("Opened a conversation"), "message-circle"),
    "conversation.replied": Said(gettext_lazy("Sent a reply"), "send"),
    "conversation.note_added": Said(gettext_lazy("Added an internal note"), "lock"),
    "conversation.assigned": Said(gettext_lazy("Changed the assignee"), "user-plus"),
    "conversation.resolved": Said(gettext_lazy("Resolved a conversation"), "circle-check", "success"),
    "conversation.reopened": Said(gettext_lazy("Reopened a conversation"), "rotate-ccw"),
    "conversation.archived": Said(gettext_lazy("Archived a conversation"), "archive"),
    "conversation.rated": Said(gettext_lazy("Rated how it went"), "gauge"),
    "draft.prepared": Said(gettext_lazy("Prepared a draft"), "text-quote", "ai"),
    "draft.approved": Said(gettext_lazy("Approved a draft"), "circle-check", "success"),
    "draft.edited": Said(gettext_lazy("Approved a draft with edits"), "square-pen", "success"),
    "draft.discarded": Said(gettext_lazy("Discarded a draft"), "circle-x"),
    "draft.regenerated": Said(gettext_lazy("Asked for another draft"), "refresh-cw"),
    "draft.turned_stale": Said(gettext_lazy("Marked a draft as stale"), "hourglass"),
    "draft.held_back": Said(gettext_lazy("Held a draft back"), "hand", "warning"),
    "draft.sent_automatically": Said(gettext_lazy("Sent an automatic reply"), "bot", "ai"),
    "knowledge_base.article.created": Said(gettext_lazy("Created an article"), "plus"),
    "knowledge_base.article.reclassified": Said(gettext_lazy("Changed how an article is filed"), "tag"),
    "knowledge_base.article.archived": Said(gettext_lazy("Archived an article"), "archive"),
    "knowledge_base.revision.saved": Said(gettext_lazy("Saved a revision"), "pencil-line"),
    "knowledge_base.revision.restored": Said(gettext_lazy("Restored a revision"), "history"),
    "knowledge_base.revision.published": Said(gettext_lazy("Published a revision"), "book-open", "success"),
    "automation.stopped": Said(gettext_lazy("Stopped automatic replies"), "circle-pause", "warning"),
    "automation.resumed": Said(gettext_lazy("Let automatic replies go on"), "bot"),
    "tool.proposed": Said(gettext_lazy("Proposed an action"), "hand"),
    "tool.blocked": Said(gettext_lazy("Proposed an action, blocked"), "ban", "danger"),
    "tool.approval_asked": Said(gettext_lazy("Asked for an approval"), "circle-help"),
    "tool.approved_first": Said(gettext_lazy("Approved an action, as the first of two"), "check"),
    "tool.approved": Said(gettext_lazy("Approved an action"), "circle-check", "success"),
    "tool.rejected": Said(gettext_lazy("Rejected an action"), "circle-x"),
    "tool.deferred": Said(gettext_lazy("Deferred an action"), "alarm-clock"),
    "tool.expired": Said(gettext_lazy("Let an approval expire"), "timer"),
    "tool.reopened": Said(gettext_lazy("Asked for an approval again"), "rotate-ccw"),
    "tool.refused": Said(gettext_lazy("Refused to run an action"), "ban", "danger"),
    "tool.run_begun": Said(gettext_lazy("Began to run an action"), "zap"),
    "tool.run_succeeded": Said(gettext_lazy("Ran an action"), "circle-check", "success"),
    "tool.run_failed": Said(gettext_lazy("Ran an action that failed"), "circle-alert", "danger"),
    "tool.run_put_off": Said(gettext_lazy("Put an action off, to try it again"), "clock"),
    "tool.run_unknown": Said(gettext_lazy("Lost sight of an action: outcome unknown"), "circle-help", "warning"),
    "tool.run_ended_late": Said(gettext_lazy("Heard of an action after it was settled"), "hourglass", "warning"),
    "tool.settled": Said(gettext_lazy("Settled what became of an action"), "badge-check"),
    "audit.flaw_found": Said(gettext_lazy("Found the audit trail damaged"), "shield-alert", "danger"),
}
GROUPS: dict[str, Group] = {
    "conversations": Group(gettext_lazy("Conversations"), ("conversation",)),
    "drafts": Group(gettext_lazy("Drafts"), ("draft",)),
    "knowledge": Group(gettext_lazy("Knowledge base"), ("knowledge_base",)),
    "automation": Group(gettext_lazy("Automatic replies"), ("automation",)),
    "tools": Group(gettext_lazy("Governed actions"), ("tool",)),
    "audit": Group(gettext_lazy("Audit trail"), ("audit",)),
}
SUBJECTS: dict[str, Any] = {
    "conversation": gettext_lazy("Conversation"),
    "draft": gettext_lazy("Draft"),
    "article": gettext_lazy("Article"),
    "automation": gettext_lazy("Automatic replies"),
    "tool_proposal": gettext_lazy("Proposal"),
    "audit": gettext_lazy("Audit trail"),
}
ACTOR_KINDS: dict[str, Any] = {
    "operator": gettext_lazy("Operator"),
    "customer": gettext_lazy("Customer"),
    "system": gettext_lazy("Part of the system"),
    "client": gettext_lazy("MCP client"),
}
SYSTEM_NAMES: dict[str, Any] = {
    "drafting": gettext_lazy("Drafting"),
    "governance": gettext_lazy("Governance"),
    "policy": gettext_lazy("Policy"),
    "audit": gettext_lazy("Audit"),
}
EVIDENCE: dict[str, Any] = {
    "approval_id": gettext_lazy("Approval"),
    "attempt": gettext_lazy("Attempt"),
    "digest": gettext_lazy("Bound to"),
    "error": gettext_lazy("Error"),
    "execution_id": gettext_lazy("Run"),
    "happened": gettext_lazy("It happened"),
    "mode": gettext_lazy("Mode"),
    "outcome": gettext_lazy("Outcome"),
    "risk": gettext_lazy("Risk"),
    "run_key": gettext_lazy("Key of the run"),
    "stands_as": gettext_lazy("Stands as"),
    "status": gettext_lazy("Status"),
    "tool": gettext_lazy("Tool"),
    "tool_version": gettext_lazy("Version of the tool"),
    "answers_sequence": gettext_lazy("Answers message"),
    "assignee_ref": gettext_lazy("Assigned to"),
    "because": gettext_lazy("Because"),
    "cause": gettext_lazy("Cause"),
    "changed": gettext_lazy("Changed"),
    "channel": gettext_lazy("Channel"),
    "chunks": gettext_lazy("Chunks"),
    "conversation_id": gettext_lazy("Conversation"),
    "edited_chars": gettext_lazy("Characters changed"),
    "entry_id": gettext_lazy("Entry"),
    "fallback_cause": gettext_lazy("Why the fallback answered"),
    "fault": gettext_lazy("What is wrong"),
    "generator": gettext_lazy("Generator"),
    "input_tokens": gettext_lazy("Tokens read"),
    "instruction_chars": gettext_lazy("Characters of the instruction"),
    "kept_sentences": gettext_lazy("Sentences kept"),
    "kind": gettext_lazy("Kind"),
    "model": gettext_lazy("Model"),
    "number": gettext_lazy("Revision"),
    "output_tokens": gettext_lazy("Tokens written"),
    "policy_failed": gettext_lazy("The policy failed"),
    "position": gettext_lazy("Position"),
    "rating": gettext_lazy("Rating"),
    "reason": gettext_lazy("Reason"),
    "restored_number": gettext_lazy("Restored from revision"),
    "revision_id": gettext_lazy("Id of the revision"),
    "revision_ids": gettext_lazy("Ids of quoted revisions"),
    "seal_number": gettext_lazy("Seal"),
    "seen_sequence": gettext_lazy("Had seen up to message"),
    "sentences": gettext_lazy("Sentences"),
    "sequence": gettext_lazy("Message"),
    "superseded_revision_id": gettext_lazy("Id of the revision before"),
    "taken_over": gettext_lazy("Sentences taken over"),
    "verdict": gettext_lazy("Verdict"),
    "visibility": gettext_lazy("Audience"),
}
VALUES: dict[str, Mapping[str, Any]] = {
    "because": dict(Draft.HeldBack.choices),
    "cause": dict(Draft.StaleCause.choices),
    "channel": dict(Conversation.Channel.choices),
    "fallback_cause": dict(Draft.FallbackCause.choices),
    "kind": dict(Draft.Kind.choices),
    "rating": dict(Conversation.Rating.choices),
    "reason": dict(Draft.DiscardReason.choices),
    "visibility": dict(Article.Visibility.choices),
}
WHYS = ("reason", "cause", "because", "fault")
"""Evidence that says why, where nobody gave a reason in words of their own."""


def action_said(action: str) -> Said:
    """Return an action in words; one that this release does not know, by its name."""
    return ACTIONS.get(action) or Said(_spaced(action.rpartition(".")[2]).capitalize(), "activity")


def action_labels() -> dict[str, str]:
    """Return what each action is called, in the language of the request."""
    return {action: str(said.label) for action, said in ACTIONS.items()}


def subject_label(subject: str) -> str:
    """Return what an entry is about: "#42" for a conversation, else its kind and id."""
    kind, _colon, key = subject.partition(":")
    if kind == "conversation":
        return f"#{key}"
    label = str(SUBJECTS.get(kind) or _spaced(kind).capitalize())
    return f"{label} {key}" if key.isdecimal() else label


def evidence_label(key: str) -> str:
    """Return what a piece of evidence is."""
    return str(EVIDENCE.get(key) or _spaced(key).capitalize())


def evidence_text(key: str, value: Any) -> str:
    """Return a piece of evidence in words; of a long list, its beginning and how much more there is."""
    if not isinstance(value, list):
        return _value_text(key, value)
    text = ", ".join(_value_text(key, each) for each in value[:SHOWN_VALUES])
    more = len(value) - SHOWN_VALUES
    if more > 0:
        words = ngettext("%(values)s and %(count)d more", "%(values)s and %(count)d more", more)
        return words % {"values": text, "count": more}
    return text or _("None")


def why(reason: str, evidence: Mapping[str, Any]) -> str:
    """Return why: the actor's own words, or what the evidence says about it."""
    if reason:
        return reason
    found = next((key for key in WHYS if evidence.get(key)), "")
    text = evidence_text(found, evidence[found]) if found else ""
    return text[:1].upper() + text[1:]


def _value_text(key: str, value: Any) -> str:
    if value is None or value == "":
        return _("None")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if not isinstance(value, str):
        return str(value)
    known = VALUES.get(key, {}).get(value)
    if known:
        return str(known)
    return _spaced(value).capitalize() if CODE.fullmatch(value) else value


def _spaced(name: str) -> str:
    return name.replace("_", " ")
