"""Which watchers hear about a governed action."""

from __future__ import annotations

from cairnloop.core.live import APPROVALS, conversation_topic, hint
from cairnloop.governance.events import ToolProposalChanged


def hint_proposal(event: ToolProposalChanged) -> None:
    """Whoever watches the approvals should look again, and the workspace of its conversation."""
    hint(APPROVALS)
    if event.conversation_id is not None:
        hint(conversation_topic(event.conversation_id))
