"""What binds: a proposal as it was recorded, and an approval to the whole of it and to its own time. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cairnloop.governance.canonical import digest_of
from cairnloop.governance.models import ToolApproval, ToolProposal

DECIDED = frozenset({
    "status", "decided_at", "decided_by_kind", "decided_by_ref", "decided_by_name", "digest", "decision_digest",
})  # fmt: skip
"""What a decision changes of an approval; it binds them itself."""


def seal_of(proposal: ToolProposal) -> str:
    """Return the digest of a proposal by itself: every field it has, whatever fields there will be, but this digest."""
    return digest_of({"proposal": {name: value for name, value in _fields(proposal).items() if name != "digest"}})


def binding_of(proposal: ToolProposal, approval: ToolApproval) -> str:
    """Return the digest of what is approved: every field of the proposal, and of the approval all that a decision
    leaves as it is, such as who was the first of two people; whatever fields there will be."""
    bound = {name: value for name, value in _fields(approval).items() if name not in DECIDED}
    return digest_of({"proposal": _fields(proposal), "approval": bound})


def decision_of(approval: ToolApproval, *, decider: tuple[str, str, str], at: datetime) -> str:
    """Return the digest of who approved what (by kind, ref and name), and when."""
    return digest_of(
        {
            "digest": approval.digest,
            "first_approver": [approval.first_approver_ref, approval.first_approver_name],
            "decided_by": decider,
            "decided_at": _plain(at),
        }
    )


def _fields(row: ToolProposal | ToolApproval) -> dict[str, Any]:
    return {each.attname: _plain(getattr(row, each.attname)) for each in row._meta.concrete_fields}


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
