"""Calling a tool, and what its answer means."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from cairnloop.governance.answers import result_of
from cairnloop.governance.canonical import Unkeepable, keepable
from cairnloop.governance.effects import masked
from cairnloop.governance.guarding import Runnable
from cairnloop.governance.models import ToolExecution
from cairnloop.governance.validating import said_by, sentence
from cairnloop.hooks.tool import Risk, ToolFailure, ToolResult

logger = logging.getLogger("cairnloop.governance")

SUMMARY_CHARS = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one attempt."""

    status: ToolExecution.Status
    summary: str
    error: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    may_retry: bool = False


def call_tool(runnable: Runnable, *, run_key: str) -> Outcome:
    """Run a tool and return what became of it. What cannot be known is unknown, never a failure."""
    try:
        answer = runnable.tool.run(input=runnable.model, context=runnable.context, run_key=run_key)
        return happened(result_of(answer))
    except ToolFailure as failure:
        return refused(failure)
    except Exception as error:
        # The class only: a message may carry what a customer wrote.
        logger.warning("tool %s failed: %s", runnable.tool.name, type(error).__name__)
        if runnable.tool.risk is Risk.READ_ONLY:
            return broken()
        summary = _("The action broke off, and nobody knows whether it happened.")
        return Outcome(status=ToolExecution.Status.UNKNOWN, summary=summary, error="broke_off")


def happened(result: ToolResult) -> Outcome:
    """Return the outcome of a tool that said what it did."""
    summary, details = sentence(result.summary, limit=SUMMARY_CHARS), {}
    try:
        details = masked(keepable(result.details)) if isinstance(result.details, Mapping) else {}
    except Unkeepable:
        details = {}
    return Outcome(status=ToolExecution.Status.SUCCEEDED, summary=summary or _("Done."), details=details)


def refused(failure: ToolFailure) -> Outcome:
    """Return the outcome of a tool that did nothing and said why."""
    return Outcome(
        status=ToolExecution.Status.FAILED,
        summary=sentence(said_by(failure), limit=SUMMARY_CHARS) or _("The action could not be done."),
        error="refused",
        may_retry=getattr(failure, "may_retry", False) is True,
    )


def broken() -> Outcome:
    """Return the outcome of a tool that broke off, where it is certain that nothing was done."""
    summary = _("The action broke off with an error. Nothing was changed.")
    return Outcome(status=ToolExecution.Status.FAILED, summary=summary, error="broke_off")


def interrupted() -> Outcome:
    """Return the outcome of a tool whose work the database did not take, and all of which was undone."""
    summary = _("The database did not take it. Nothing was changed.")
    return Outcome(status=ToolExecution.Status.FAILED, summary=summary, error="interrupted", may_retry=True)
