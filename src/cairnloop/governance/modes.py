"""How a tool runs: by itself, once approved, or not at all. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from cairnloop.hooks.tool import Risk, Tool


class Mode(StrEnum):
    """How a tool runs."""

    AUTO = "auto"
    REQUIRES_APPROVAL = "requires_approval"
    ALWAYS_BLOCK = "always_block"


DEFAULTS: dict[Risk, Mode] = {
    Risk.READ_ONLY: Mode.AUTO,
    Risk.LOW_WRITE: Mode.REQUIRES_APPROVAL,
    Risk.HIGH_WRITE: Mode.REQUIRES_APPROVAL,
    Risk.DESTRUCTIVE: Mode.ALWAYS_BLOCK,
}


def mode_for(tool: Tool, *, modes: Mapping[str, str], destructive: Collection[str]) -> Mode:
    """Return how a tool runs: what the host set for its risk, else the default; anything unheard of is blocked.

    A destructive tool is blocked unless the host names it and two people approve it. One that needs two people never
    runs by itself.
    """
    if tool.risk is Risk.DESTRUCTIVE:
        is_let = tool.name in destructive and tool.needs_two_people
        return Mode.REQUIRES_APPROVAL if is_let else Mode.ALWAYS_BLOCK
    try:
        mode = Mode(modes.get(tool.risk, DEFAULTS[tool.risk]))
    except (KeyError, ValueError):
        return Mode.ALWAYS_BLOCK
    if mode is Mode.AUTO and tool.needs_two_people:
        return Mode.REQUIRES_APPROVAL
    return mode
