"""The staff of a replay: an operator who may propose, and a lead who may approve, both through the public verbs."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

import cairnloop
from cairnloop.models import ToolApproval, ToolExecution, ToolProposal
from retail.replay.acting import Ended, How
from retail.replay.recording import Action

PAUSE_SECONDS = 0.01
OPERATOR = (
    "view_conversation",
    "change_conversation",
    "view_order",
    "change_order",
    "view_customer",
    "change_customer",
)
LEAD = ("view_conversation", "change_toolapproval")
OVER = (ToolExecution.Status.SUCCEEDED, ToolExecution.Status.FAILED, ToolExecution.Status.UNKNOWN)


class NeverEnded(Exception):
    """An action did not end in time; the message says which."""


class StaffDesk:
    """Proposes, approves, and waits until the worker has run it. `on_wait` is called while it does."""

    def __init__(self, *, patience_seconds: float, on_wait: Callable[[], None]) -> None:
        self._operator = _staff("shop-operator", OPERATOR)
        self._lead = _staff("shop-lead", LEAD)
        self._patience_seconds = patience_seconds
        self._on_wait = on_wait

    def propose(self, action: Action, *, account: str, token: str) -> int:
        """Propose an action and return its proposal; the same token again is the same proposal."""
        proposed = cairnloop.propose_tool(
            tool=action.tool, input=action.arguments, by=self._operator, account_ref=account, dedupe_token=token
        )
        return proposed.pk

    def outcome(self, proposal: int) -> Ended | None:
        """Return how it ended, if it has: also for what was refused when it was proposed."""
        run = ToolExecution.objects.filter(proposal=proposal, status__in=OVER).order_by("-pk").first()
        if run is not None:
            return Ended(_how(run), run.summary, run.details.get("result"))
        asked = ToolProposal.objects.get(pk=proposal)
        return None if asked.status == ToolProposal.Status.OPEN else Ended("refused when proposed", asked.reason)

    def approve(self, proposal: int) -> bool:
        """Approve a proposal as it stands; False if that was refused."""
        asked = ToolApproval.objects.filter(proposal=proposal).order_by("-pk").first()
        if asked is None:
            return False
        try:
            cairnloop.approve_tool(approval_id=asked.pk, by=self._lead, seen_digest=asked.digest)
        except cairnloop.CairnloopError:
            return False
        return True

    def reject(self, proposal: int) -> None:
        """Reject a proposal that waits once more."""
        for asked in ToolApproval.objects.pending().filter(proposal=proposal):
            cairnloop.reject_tool(approval_id=asked.pk, by=self._lead, reason="It has happened already.")

    def wait(self, proposal: int) -> Ended:
        """Return how it ended, once it has."""
        deadline = time.monotonic() + self._patience_seconds
        while time.monotonic() < deadline:
            if ended := self.outcome(proposal):
                return ended
            self._on_wait()
            time.sleep(PAUSE_SECONDS)
        raise NeverEnded(f"Proposal {proposal} has not ended within {self._patience_seconds:.0f} s.")


def _how(run: ToolExecution) -> How:
    if run.status == ToolExecution.Status.SUCCEEDED:
        return "done"
    if run.error == "refused":
        return "refused when it ran"
    return "stopped" if run.error == ToolApproval.Cause.EFFECT_CHANGED else "broken"


def _staff(username: str, codenames: tuple[str, ...]) -> cairnloop.Actor:
    member, _ = get_user_model()._default_manager.get_or_create(
        username=username, defaults={"is_staff": True, "first_name": username.replace("-", " ").capitalize()}
    )
    apps = ("cairnloop", "retail")
    member.user_permissions.set(Permission.objects.filter(content_type__app_label__in=apps, codename__in=codenames))
    return cairnloop.Actor.operator(str(member.pk), name=member.get_full_name())
