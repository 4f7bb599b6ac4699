"""A governed action the host lets operators and clients propose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel

from cairnloop.core.actors import Actor


class Risk(StrEnum):
    """How much a tool may change. Writes wait for approval; destructive tools are blocked."""

    READ_ONLY = "read_only"
    LOW_WRITE = "low_write"
    HIGH_WRITE = "high_write"
    DESTRUCTIVE = "destructive"


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolResult:
    """What a tool did, in one sentence, and values for the record."""

    summary: str
    details: Mapping[str, Any] = field(default_factory=dict)


class ToolFailure(Exception):
    """The tool did nothing, and says why in a sentence an operator can act on."""


class Tool:
    """Base class of a governed action. A subclass that does not override `authorize` is denied to everyone."""

    name: ClassVar[str]
    title: ClassVar[str]
    risk: ClassVar[Risk]
    scopes: ClassVar[frozenset[str]] = frozenset()

    class Input(BaseModel):
        """What the tool needs to know; subclasses declare the fields."""

    def authorize(self, *, actor: Actor, input: BaseModel) -> bool:
        """May this actor run the tool with this input? Asked when proposed and again when it runs."""
        return False

    def preview(self, *, input: BaseModel) -> str:
        """Say what will change, in plain words; kept with the proposal."""
        return ""

    def run(self, *, actor: Actor, input: BaseModel, run_key: str) -> ToolResult:
        """Do it. `run_key` is the same for every attempt, so that an external system can refuse a repetition."""
        raise ToolFailure(f"{type(self).__name__} has nothing to run.")
