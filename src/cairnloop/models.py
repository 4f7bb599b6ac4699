"""Every table of Cairnloop: read freely, write through the verbs of `cairnloop`."""

from cairnloop.audit.models import AuditEntry, AuditSeal, AuditVerification
from cairnloop.conversations.models import Conversation, Message, ReadMarker
from cairnloop.drafting.models import Draft, DraftSentence
from cairnloop.governance.models import AutomationSwitch, ToolApproval, ToolExecution, ToolProposal
from cairnloop.knowledge_base.models import Article, Chunk, Revision
from cairnloop.retrieval.models import (
    ChunkSentence,
    ChunkVector,
    ChunkWords,
    Citation,
    GapEvent,
    Lexeme,
    LexiconChange,
    LexiconTotal,
    ResolvedCase,
    ResolvedCaseChunk,
    ResolvedCaseVector,
)

__all__ = [
    "Article",
    "AuditEntry",
    "AuditSeal",
    "AuditVerification",
    "AutomationSwitch",
    "Chunk",
    "ChunkSentence",
    "ChunkVector",
    "ChunkWords",
    "Citation",
    "Conversation",
    "Draft",
    "DraftSentence",
    "GapEvent",
    "Lexeme",
    "LexiconChange",
    "LexiconTotal",
    "Message",
    "ReadMarker",
    "ResolvedCase",
    "ResolvedCaseChunk",
    "ResolvedCaseVector",
    "Revision",
    "ToolApproval",
    "ToolExecution",
    "ToolProposal",
]
