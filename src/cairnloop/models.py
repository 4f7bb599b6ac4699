"""Every table of Cairnloop: read freely, write through the verbs of `cairnloop`."""

from cairnloop.audit.models import AuditEntry, AuditSeal
from cairnloop.conversations.models import Conversation, Message, ReadMarker

__all__ = ["AuditEntry", "AuditSeal", "Conversation", "Message", "ReadMarker"]
