"""A new key in place of one that is not safe any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils import timezone
from pydantic import BaseModel, Field

import cairnloop
from trailmark.models import ApiKey


class RotateApiKey(cairnloop.Tool):
    """The new secret is made when its owner asks for it, on their own page: support never sees it."""

    name = "rotate_api_key"
    title = "Rotate an API key"
    description = "Ends a key at once, and makes another with the same purpose, which its owner can see once."
    risk = cairnloop.Risk.HIGH_WRITE
    scopes = frozenset({"trailmark.change_apikey"})
    transactional = True
    writes = ("trailmark.ApiKey",)

    class Input(BaseModel):
        """Which."""

        key: str = Field(title="Key", description="The one that ends.", max_length=16)

    def authorize(self, *, input: Input, context: cairnloop.ToolContext) -> bool:
        """A key of this workspace."""
        return ApiKey.objects.filter(prefix=input.key, workspace__slug=context.account_ref).exists()

    def choices(self, *, context: cairnloop.ToolContext) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Those that work."""
        keys = ApiKey.objects.filter(workspace__slug=context.account_ref, revoked_at=None).order_by("created_at")
        return {"key": [(key.prefix, f"{key.label} ({key.prefix}…)") for key in keys]}

    def preview(self, *, input: Input, context: cairnloop.ToolContext) -> str:
        """What they notice."""
        return f"{input.key}… stops working at once. Its owner finds the new one under API keys, and sees it once."

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """End one, make the other."""
        old = ApiKey.objects.select_for_update().get(prefix=input.key, workspace__slug=context.account_ref)
        if old.revoked_at is not None:
            raise cairnloop.ToolFailure("The key has been revoked already.")
        old.revoked_at = timezone.now()
        old.save(update_fields=["revoked_at"])
        new = old.workspace.api_keys.create(label=old.label, prefix=old.next_prefix, created_at=old.revoked_at)
        return cairnloop.ToolResult(summary=f"{old.prefix}… is revoked, {new.prefix}… takes its place.")
