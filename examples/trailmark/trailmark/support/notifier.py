"""What Trailmark does when support has finished something: it goes into the workspace's activity feed."""

from __future__ import annotations

import cairnloop
from trailmark.models import Activity, Member


class TrailmarkNotifier(cairnloop.Notifier):
    """Writes to our own tables. Yours may post to chat or send mail."""

    def conversation_resolved(self, *, conversation: cairnloop.ConversationFacts) -> None:
        """Add one line to the feed. May be called twice for the same resolution, and writes it once."""
        customer = Member.customer_with_ref(conversation.customer_ref)
        if customer is None or conversation.resolved_at is None:
            return
        Activity.objects.get_or_create(
            key=f"resolved:{conversation.public_id}:{conversation.resolved_at:%Y%m%d%H%M%S%f}",
            defaults={
                "workspace": customer.company,
                "text": f"Support resolved “{conversation.subject}” for {customer.get_full_name()}.",
                "happened_at": conversation.resolved_at,
            },
        )
