"""What is kept of a tool when it is proposed: that is what is shown, approved, and compared when it runs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel

from cairnloop.core.texts import storable
from cairnloop.core.transactions import undone
from cairnloop.governance.modes import Mode
from cairnloop.governance.previewing import foresee
from cairnloop.governance.registry import policy_version_of
from cairnloop.governance.validating import NotForeseeable, sentence
from cairnloop.hooks.tool import Tool, ToolContext

logger = logging.getLogger("cairnloop.governance")

CONSEQUENCE_CHARS = 2_000
VERSION_CHARS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A tool as it stands now, for one input."""

    consequence: str
    target_version: str
    policy_version: str
    effect: dict[str, Any] | None = None
    effect_digest: str = ""


def snapshot_of(tool: Tool, model: BaseModel, *, context: ToolContext, mode: Mode, run_key: str) -> Snapshot:
    """Return what is kept of a tool for this input. Raises NotForeseeable."""
    effect = foresee(tool, model, context=context, run_key=run_key) if tool.transactional else None
    return Snapshot(
        consequence=_consequence(tool, model, context),
        target_version=target_version_of(tool, model, context=context),
        policy_version=policy_version_of(tool, mode),
        effect=effect.shown if effect else None,
        effect_digest=effect.digest if effect else "",
    )


def target_version_of(tool: Tool, model: BaseModel, *, context: ToolContext) -> str:
    """Return the version of what a tool acts on. Raises NotForeseeable where the tool does not tell."""
    try:
        with undone(here_alone=tool.transactional):
            version = tool.target_version(input=model, context=context)
    except Exception as error:
        logger.warning("target_version of tool %s failed: %s", tool.name, type(error).__name__)
        raise NotForeseeable(_("What this acts on could not be found.")) from error
    if not isinstance(version, str) or storable(version).strip()[:VERSION_CHARS] != version:
        raise NotForeseeable(_("What this acts on has no version that can be kept."))
    return version


def _consequence(tool: Tool, model: BaseModel, context: ToolContext) -> str:
    try:
        with undone(here_alone=tool.transactional):
            return sentence(tool.preview(input=model, context=context), limit=CONSEQUENCE_CHARS)
    except Exception as error:
        # The card shows the input instead: words are for the reader, the approval binds the rest.
        logger.warning("preview of tool %s failed: %s", tool.name, type(error).__name__)
        return ""
