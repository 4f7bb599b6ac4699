"""The gates of a proposal, in order: input, scopes, policy. The first that stays shut says why. Nothing is written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from cairnloop.core.secret_names import names_secret
from cairnloop.core.texts import spelled_out, storable
from cairnloop.core.transactions import undone
from cairnloop.governance.canonical import Unkeepable, keepable
from cairnloop.governance.hiding import without_secrets
from cairnloop.governance.models import ToolProposal
from cairnloop.governance.modes import Mode
from cairnloop.governance.wording import is_ours, words_for
from cairnloop.hooks.tool import Tool, ToolContext, ToolDenied, ToolFailure

logger = logging.getLogger("cairnloop.governance")

Status = ToolProposal.Status
ERRORS = 50
"""How many flaws of an input are told."""
REASON_CHARS = 500
WHOLE = "__all__"
"""Where an error belongs to no single field."""


class NotForeseeable(Exception):
    """What a tool would do could not be found out; the text says why, to an operator."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedInput:
    """An input as its tool understands it, or what is wrong with it by field."""

    model: BaseModel | None
    canonical: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """What the gates said of a proposal."""

    status: ToolProposal.Status
    input: CheckedInput
    reason: str = ""


def checked_input(tool: Tool, given: Mapping[str, Any]) -> CheckedInput:
    """Return what a tool understands of an input, in one spelling, or what is wrong with it at which field."""
    known = {alias for name, each in tool.Input.model_fields.items() for alias in (name, each.alias) if alias}
    others = islice((name for name in given if name not in known), ERRORS)
    unknown = {sentence(str(name), limit=100): [_("The tool has no such field.")] for name in others}
    if unknown:
        return CheckedInput(model=None, errors=unknown)
    try:
        model = tool.Input.model_validate(dict(given))
    except ValidationError as error:
        return CheckedInput(model=None, errors=_errors_of(error, given))
    except Exception as error:
        # A validator of the tool that looks something up may fail like any other of its answers.
        logger.warning("Input of tool %s failed: %s", tool.name, type(error).__name__)
        return CheckedInput(model=None, errors={WHOLE: [_("Whether this is right could not be found out.")]})
    try:
        canonical = keepable(model.model_dump(mode="json", by_alias=True))
        # What runs later is read from the database: it must be the same to the tool.
        model = tool.Input.model_validate(canonical)
        if keepable(model.model_dump(mode="json", by_alias=True)) != canonical:
            raise Unkeepable
    except Exception as error:
        # Also what its own serialisers and validators raise, the second time only.
        logger.info("Input of tool %s cannot be kept: %s", tool.name, type(error).__name__)
        return CheckedInput(model=None, errors={WHOLE: [_("This is too long, or cannot be kept as it is.")]})
    return CheckedInput(model=model, canonical=canonical)


def rule_on(
    tool: Tool, given: Mapping[str, Any], *, context: ToolContext, holds: Callable[[str], bool], mode: Mode
) -> Ruling:
    """Return whether a proposal may stand open, or which gate refused it and why. `holds` answers for a scope."""
    found = checked_input(tool, given)
    if found.model is None:
        return Ruling(status=Status.NEEDS_INPUT, input=found, reason=_("The input is not complete or not right."))
    missing = sorted(scope for scope in tool.scopes if not holds(scope))
    if missing:
        reason = _("Who proposed it lacks the permission: %(scopes)s.") % {"scopes": ", ".join(missing)}
        return Ruling(status=Status.SCOPE_MISSING, input=found, reason=reason)
    denial = denial_of(tool, found.model, context=context)
    if denial:
        return Ruling(status=Status.DENIED, input=found, reason=denial)
    if mode is Mode.ALWAYS_BLOCK:
        return Ruling(status=Status.BLOCKED, input=found, reason=_("Actions of this risk are blocked here."))
    return Ruling(status=Status.OPEN, input=found)


def denial_of(tool: Tool, model: BaseModel, *, context: ToolContext) -> str:
    """Return why the tool does not allow it, or an empty string. A tool that fails to answer does not."""
    try:
        # It answers, and does nothing: what it wrote would stay, and a query of its that fails would end everything.
        with undone(here_alone=tool.transactional):
            if tool.authorize(input=model, context=context) is True:
                return ""
    except ToolDenied as denied:
        return sentence(said_by(denied)) or _("The rules of this action do not allow it.")
    except Exception as error:
        logger.warning("authorize of tool %s failed: %s", tool.name, type(error).__name__)
        return _("Whether this is allowed could not be found out, so it is not.")
    return _("The rules of this action do not allow it.")


def said_by(refusal: ToolDenied | ToolFailure) -> Any:
    """Return what a tool said as it refused; a subclass of its own may have left that out."""
    return getattr(refusal, "message", None) or str(refusal)


def sentence(text: Any, *, limit: int = REASON_CHARS) -> str:
    """Return what a tool said as text that can be kept and seen; empty for anything but text."""
    return spelled_out(storable(text).strip()[:limit])[:limit] if isinstance(text, str) else ""


def _errors_of(error: ValidationError, given: Mapping[str, Any]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    # Without the input: it would be repeated where nobody expects it.
    for each in error.errors(include_url=False, include_input=False)[:ERRORS]:
        place = sentence(".".join(map(str, each["loc"])), limit=100) or WHOLE
        words = words_for(each)
        if any(names_secret(str(part)) for part in each["loc"]) and not is_ours(each):
            # Its validator may have said a part of it, or all of it in another spelling.
            words = _("This is not right.")
        errors.setdefault(place, []).append(sentence(without_secrets(words, given), limit=200))
    return errors
