"""Frozen values handed to hosts: what a hook may know, and nothing that could change a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationFacts:
    """A conversation as a host hook sees it."""

    id: int
    public_id: str
    subject: str
    status: str
    priority: str
    channel: str
    customer_ref: str
    account_ref: str
    assignee_ref: str
    opened_at: datetime
    resolved_at: datetime | None
    rating: str
