"""What binds: a proposal as it was recorded, and an approval to the whole of it and to its own time. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cairnloop.governance.canonical import digest_of
from cairnloop.governance.models import ToolApproval, ToolProposal


def seal_of(proposal: ToolProposal) -> str:
    """Return the digest of a proposal by itself: every field it has, whatever fields there will be, but this digest."""
    return digest_of({"proposal": {name: value for name, value in _fields(proposal).items() if name != "digest"}})


def binding_of(proposal: ToolProposal, approval: ToolApproval) -> str:
    """Return the digest of what is approved: every field of the proposal, whatever fields there will be, and what
    the second of two people relies on: who was the first."""
    bound = {
        "id": approval.pk,
        "opened_at": _plain(approval.opened_at),
        "expires_at": _plain(approval.expires_at),
        "first_approver": [approval.first_approver_ref, approval.first_approver_name],
        "first_approved_at": _plain(approval.first_approved_at),
    }
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


def _fields(proposal: ToolProposal) -> dict[str, Any]:
    return {each.attname: _plain(getattr(proposal, each.attname)) for each in proposal._meta.concrete_fields}


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
