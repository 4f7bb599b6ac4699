"""More seats for a workspace."""

from __future__ import annotations

from pydantic import BaseModel, Field

import cairnloop
from trailmark.models import Workspace


class GrantSeats(cairnloop.Tool):
    """Only writes our database, so what it changes is shown before it is approved."""

    name = "grant_seats"
    title = "Grant seats"
    description = "Raises how many people a workspace may seat, from now on."
    risk = cairnloop.Risk.LOW_WRITE
    scopes = frozenset({"trailmark.change_workspace"})
    transactional = True
    writes = ("trailmark.Workspace",)

    class Input(BaseModel):
        """How many come on top."""

        seats: int = Field(ge=1, le=50, title="Seats", description="How many come on top of what they have.")

    def authorize(self, *, input: Input, context: cairnloop.ToolContext) -> bool:
        """In any workspace we know."""
        return Workspace.objects.filter(slug=context.account_ref).exists()

    def preview(self, *, input: Input, context: cairnloop.ToolContext) -> str:
        """What they notice."""
        workspace = Workspace.objects.get(slug=context.account_ref)
        return f"{workspace} may seat {workspace.seats + input.seats} people instead of {workspace.seats}."

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """Raise the number."""
        workspace = Workspace.objects.select_for_update().get(slug=context.account_ref)
        workspace.seats += input.seats
        workspace.save(update_fields=["seats"])
        return cairnloop.ToolResult(summary=f"{workspace} may seat {workspace.seats} people.")
