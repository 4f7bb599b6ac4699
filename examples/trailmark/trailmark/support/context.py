"""What Trailmark's operators see about the customer they are talking to."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

import cairnloop
from trailmark.models import ApiKey, CiRun, Member, Workspace


class TrailmarkContext(cairnloop.ContextProvider):
    """Looks a member up by the reference that `trailmark.chat` put into their widget token."""

    def customer_context(self, *, customer_ref: str) -> cairnloop.CustomerContext:
        """Return who they are and how their workspace does; nothing for someone we do not know (any more)."""
        member = Member.customer_with_ref(customer_ref)
        if member is None:
            return cairnloop.CustomerContext()
        return cairnloop.CustomerContext(
            name=member.get_full_name(),
            email=member.email,
            sections={
                "Company": {
                    "Name": member.company.name,
                    "Their role": member.role,
                    "Local time": f"{timezone.now().astimezone(ZoneInfo(member.time_zone)):%A, %H:%M}",
                },
                "Trailmark account": _account(member.company),
                "Latest charges": {
                    f"{charge.captured_at:%-d %b, %H:%M:%S}": f"{charge.amount}, {charge.get_state_display()}"
                    for charge in member.company.charges.all()[:3]
                },
            },
        )


def _account(workspace: Workspace) -> dict[str, object]:
    week = CiRun.objects.filter(workspace=workspace).since(timezone.now() - timedelta(days=7))
    keys = ApiKey.objects.filter(workspace=workspace, revoked_at=None)
    oldest = keys.order_by("created_at").first()
    return {
        "Plan": workspace.plan,
        "Seats": f"{workspace.taken_seats.filter(deactivated_at=None).count()} of {workspace.seats} in use",
        "Runs, 7 days": {"Started": week.count(), "Skipped": week.skipped().count()},
        # Not called keys: a name like that is taken for a secret, and hidden.
        "API access": f"{keys.count()} active, the oldest {_age(oldest)}" if oldest else "none",
    }


def _age(key: ApiKey) -> str:
    return f"{(timezone.now() - key.created_at).days} days"
