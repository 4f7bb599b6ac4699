"""Customer support inside your Django application: everything a host calls, under one name.

    import cairnloop

    conversation = cairnloop.open_conversation(customer_ref="acct_42", subject="Payment failed")
    cairnloop.post_reply(conversation_id=conversation.id, text="…", by=cairnloop.Actor.system("billing"))

Names load when first used, so that the package can stand in INSTALLED_APPS. Every verb may be called inside your own
`atomic()`: a rollback leaves no row, no job and no hint. Tables are in `cairnloop.models`; read them freely.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cairnloop.conversations.assigning import assign_conversation
    from cairnloop.conversations.messaging import add_note, post_reply, receive_message
    from cairnloop.conversations.opening import open_conversation
    from cairnloop.conversations.rating import record_rating
    from cairnloop.conversations.reading import mark_read
    from cairnloop.conversations.resolving import (
        archive_conversation,
        reopen_conversation,
        resolve_conversation,
    )
    from cairnloop.core.actors import Actor
    from cairnloop.core.errors import (
        CairnloopError,
        GiveUp,
        InvalidInput,
        InvalidTransition,
        NotAllowed,
        NotFound,
        StaleView,
        TransactionRefused,
    )
    from cairnloop.core.guards import OperatorNeeded
    from cairnloop.drafting.approving import approve_draft
    from cairnloop.drafting.discarding import discard_draft
    from cairnloop.drafting.regenerating import regenerate_draft
    from cairnloop.governance.approving import approve_tool, defer_tool, reject_tool
    from cairnloop.governance.contexts import list_tools
    from cairnloop.governance.proposing import propose_tool
    from cairnloop.governance.reopening import reopen_tool
    from cairnloop.governance.settling import settle_tool
    from cairnloop.governance.stopping import resume_automation, stop_automation
    from cairnloop.hooks.auditor import AuditFacts, Auditor
    from cairnloop.hooks.automation_policy import AutomationPolicy, DraftFacts, DraftRisk, Verdict
    from cairnloop.hooks.context_provider import ContextProvider, CustomerContext
    from cairnloop.hooks.draft_generator import (
        DraftClaim,
        DraftGenerator,
        DraftRequest,
        DraftResult,
        DraftSource,
        DraftUsage,
        GenerationFailed,
    )
    from cairnloop.hooks.embedder import Embedder
    from cairnloop.hooks.facts import ConversationFacts
    from cairnloop.hooks.notifier import Notifier
    from cairnloop.hooks.operator_access import OperatorAccess, StaffAccess
    from cairnloop.hooks.sla_policy_provider import SLAPolicyFacts, SLAPolicyProvider
    from cairnloop.hooks.tool import Risk, Tool, ToolContext, ToolDenied, ToolFailure, ToolResult
    from cairnloop.hooks.widget_verifier import Visitor, WidgetVerifier
    from cairnloop.knowledge_base.publishing import archive_article, publish_revision
    from cairnloop.knowledge_base.writing import (
        classify_article,
        create_article,
        restore_revision,
        save_revision,
    )
    from cairnloop.retrieval.citing import Passage, post_cited_reply
    from cairnloop.retrieval.evidence import (
        Answerability,
        ArticleCitation,
        CaseCitation,
        Evidence,
        SearchOutcome,
        Snippet,
    )
    from cairnloop.retrieval.searching import search_knowledge
    from cairnloop.widget.verifiers import sign_widget_token

_HOMES = {
    "Actor": "core.actors",
    "Answerability": "retrieval.evidence",
    "ArticleCitation": "retrieval.evidence",
    "AuditFacts": "hooks.auditor",
    "Auditor": "hooks.auditor",
    "AutomationPolicy": "hooks.automation_policy",
    "CairnloopError": "core.errors",
    "CaseCitation": "retrieval.evidence",
    "ContextProvider": "hooks.context_provider",
    "ConversationFacts": "hooks.facts",
    "CustomerContext": "hooks.context_provider",
    "DraftClaim": "hooks.draft_generator",
    "DraftFacts": "hooks.automation_policy",
    "DraftGenerator": "hooks.draft_generator",
    "DraftRequest": "hooks.draft_generator",
    "DraftResult": "hooks.draft_generator",
    "DraftRisk": "hooks.automation_policy",
    "DraftSource": "hooks.draft_generator",
    "DraftUsage": "hooks.draft_generator",
    "Embedder": "hooks.embedder",
    "Evidence": "retrieval.evidence",
    "GenerationFailed": "hooks.draft_generator",
    "GiveUp": "core.errors",
    "InvalidInput": "core.errors",
    "InvalidTransition": "core.errors",
    "NotAllowed": "core.errors",
    "NotFound": "core.errors",
    "Notifier": "hooks.notifier",
    "OperatorAccess": "hooks.operator_access",
    "OperatorNeeded": "core.guards",
    "Passage": "retrieval.citing",
    "Risk": "hooks.tool",
    "SLAPolicyFacts": "hooks.sla_policy_provider",
    "SLAPolicyProvider": "hooks.sla_policy_provider",
    "SearchOutcome": "retrieval.evidence",
    "Snippet": "retrieval.evidence",
    "StaffAccess": "hooks.operator_access",
    "StaleView": "core.errors",
    "Tool": "hooks.tool",
    "ToolContext": "hooks.tool",
    "ToolDenied": "hooks.tool",
    "ToolFailure": "hooks.tool",
    "ToolResult": "hooks.tool",
    "TransactionRefused": "core.errors",
    "Verdict": "hooks.automation_policy",
    "Visitor": "hooks.widget_verifier",
    "WidgetVerifier": "hooks.widget_verifier",
    "add_note": "conversations.messaging",
    "approve_draft": "drafting.approving",
    "approve_tool": "governance.approving",
    "archive_article": "knowledge_base.publishing",
    "archive_conversation": "conversations.resolving",
    "assign_conversation": "conversations.assigning",
    "classify_article": "knowledge_base.writing",
    "create_article": "knowledge_base.writing",
    "defer_tool": "governance.approving",
    "discard_draft": "drafting.discarding",
    "list_tools": "governance.contexts",
    "mark_read": "conversations.reading",
    "open_conversation": "conversations.opening",
    "post_cited_reply": "retrieval.citing",
    "post_reply": "conversations.messaging",
    "propose_tool": "governance.proposing",
    "publish_revision": "knowledge_base.publishing",
    "receive_message": "conversations.messaging",
    "record_rating": "conversations.rating",
    "regenerate_draft": "drafting.regenerating",
    "reject_tool": "governance.approving",
    "reopen_conversation": "conversations.resolving",
    "reopen_tool": "governance.reopening",
    "resolve_conversation": "conversations.resolving",
    "restore_revision": "knowledge_base.writing",
    "resume_automation": "governance.stopping",
    "save_revision": "knowledge_base.writing",
    "search_knowledge": "retrieval.searching",
    "settle_tool": "governance.settling",
    "sign_widget_token": "widget.verifiers",
    "stop_automation": "governance.stopping",
}

__all__ = [
    "Actor",
    "Answerability",
    "ArticleCitation",
    "AuditFacts",
    "Auditor",
    "AutomationPolicy",
    "CairnloopError",
    "CaseCitation",
    "ContextProvider",
    "ConversationFacts",
    "CustomerContext",
    "DraftClaim",
    "DraftFacts",
    "DraftGenerator",
    "DraftRequest",
    "DraftResult",
    "DraftRisk",
    "DraftSource",
    "DraftUsage",
    "Embedder",
    "Evidence",
    "GenerationFailed",
    "GiveUp",
    "InvalidInput",
    "InvalidTransition",
    "NotAllowed",
    "NotFound",
    "Notifier",
    "OperatorAccess",
    "OperatorNeeded",
    "Passage",
    "Risk",
    "SLAPolicyFacts",
    "SLAPolicyProvider",
    "SearchOutcome",
    "Snippet",
    "StaffAccess",
    "StaleView",
    "Tool",
    "ToolContext",
    "ToolDenied",
    "ToolFailure",
    "ToolResult",
    "TransactionRefused",
    "Verdict",
    "Visitor",
    "WidgetVerifier",
    "add_note",
    "approve_draft",
    "approve_tool",
    "archive_article",
    "archive_conversation",
    "assign_conversation",
    "classify_article",
    "create_article",
    "defer_tool",
    "discard_draft",
    "list_tools",
    "mark_read",
    "open_conversation",
    "post_cited_reply",
    "post_reply",
    "propose_tool",
    "publish_revision",
    "receive_message",
    "record_rating",
    "regenerate_draft",
    "reject_tool",
    "reopen_conversation",
    "reopen_tool",
    "resolve_conversation",
    "restore_revision",
    "resume_automation",
    "save_revision",
    "search_knowledge",
    "settle_tool",
    "sign_widget_token",
    "stop_automation",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
