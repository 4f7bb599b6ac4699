"""More time to decide."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, Field

import cairnloop
from trailmark.models import Workspace


class ExtendTrial(cairnloop.Tool):
    """For those who have not chosen a plan yet; for everybody else it is denied."""

    name = "extend_trial"
    title = "Extend the trial"
    description = "Moves the day on which a workspace has to choose a plan."
    risk = cairnloop.Risk.LOW_WRITE
    scopes = frozenset({"trailmark.change_workspace"})
    transactional = True
    writes = ("trailmark.Workspace",)

    class Input(BaseModel):
        """By how much."""

        days: int = Field(14, ge=1, le=30, title="Days", description="Counted from the day on which it ends now.")

    def authorize(self, *, input: Input, context: cairnloop.ToolContext) -> bool:
        """In a workspace on trial."""
        workspace = Workspace.objects.filter(slug=context.account_ref).first()
        if workspace is not None and workspace.trial_ends_at is None:
            raise cairnloop.ToolDenied(f"{workspace} is not on trial: it pays for {workspace.plan}.")
        return workspace is not None

    def preview(self, *, input: Input, context: cairnloop.ToolContext) -> str:
        """What they notice."""
        workspace = Workspace.objects.get(slug=context.account_ref)
        assert workspace.trial_ends_at is not None, "see authorize"
        ends_at = workspace.trial_ends_at + timedelta(days=input.days)
        return f"The trial of {workspace} ends on {ends_at:%-d %B} instead of {workspace.trial_ends_at:%-d %B}."

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """Move the day."""
        workspace = Workspace.objects.select_for_update().get(slug=context.account_ref)
        if workspace.trial_ends_at is None:
            raise cairnloop.ToolFailure("They have chosen a plan meanwhile.")
        workspace.trial_ends_at += timedelta(days=input.days)
        workspace.save(update_fields=["trial_ends_at"])
        return cairnloop.ToolResult(summary=f"The trial ends on {workspace.trial_ends_at:%-d %B}.")
