"""People who may do something in the example, for rigs that act in their name."""

from __future__ import annotations

from django.contrib.auth.models import Permission

import cairnloop
from trailmark.models import Member

PROPOSES = ("view_conversation", "change_conversation", "change_workspace", "refund_charge")
DECIDES = ("view_conversation", "change_toolapproval")


def make_staff(username: str, permissions: tuple[str, ...]) -> cairnloop.Actor:
    """Make a member of staff, or find the one there is, and let them do this and nothing else."""
    member, _ = Member.objects.get_or_create(username=username, defaults={"is_staff": True})
    member.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return cairnloop.Actor.operator(str(member.pk), name=username)
