"""What was built lately."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

import cairnloop
from trailmark.models import CiRun

LOOKED_AT = 50


class LookUpRuns(cairnloop.Tool):
    """Only looks, so it runs without approval."""

    name = "look_up_runs"
    title = "Look up CI runs"
    description = "How the latest builds of a repository ended."
    risk = cairnloop.Risk.READ_ONLY
    scopes = frozenset({"trailmark.view_cirun"})

    class Input(BaseModel):
        """Of what."""

        repository: str = Field(title="Repository", max_length=80)

    def authorize(self, *, input: Input, context: cairnloop.ToolContext) -> bool:
        """A repository of this workspace."""
        return CiRun.objects.filter(repository=input.repository, workspace__slug=context.account_ref).exists()

    def choices(self, *, context: cairnloop.ToolContext) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Those that were ever built."""
        runs = CiRun.objects.filter(workspace__slug=context.account_ref).order_by("repository")
        names = runs.values_list("repository", flat=True).distinct()
        return {"repository": [(name, name) for name in names]}

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """Count how they ended."""
        runs = CiRun.objects.filter(repository=input.repository, workspace__slug=context.account_ref)[:LOOKED_AT]
        ended = Counter(run.get_result_display() for run in runs)
        words = ", ".join(f"{count} {result.lower()}" for result, count in ended.most_common())
        return cairnloop.ToolResult(summary=f"The latest {ended.total()} runs: {words}.", details=dict(ended))
