"""A governed action the host lets operators and clients propose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel

from cairnloop.core.actors import Actor
from cairnloop.hooks.facts import ConversationFacts


class Risk(StrEnum):
    """How much a tool may change. Writes wait for approval; destructive tools are blocked."""

    READ_ONLY = "read_only"
    LOW_WRITE = "low_write"
    HIGH_WRITE = "high_write"
    DESTRUCTIVE = "destructive"


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolContext:
    """For whom and where a tool is asked for."""

    actor: Actor
    """Who proposed it."""
    conversation: ConversationFacts | None
    account_ref: str
    """The account of the conversation, or the one the host's code named; empty where there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolResult:
    """What a tool did, in one sentence, and values for the record."""

    summary: str
    details: Mapping[str, Any] = field(default_factory=dict)


class ToolFailure(Exception):
    """The tool did nothing, and says why in a sentence an operator can act on."""

    def __init__(self, message: str, *, may_retry: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.may_retry = may_retry
        """Whether another try is safe, and may succeed."""


class ToolDenied(Exception):
    """This may not be done, and why: raised by `authorize` in place of a bare False."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Tool:
    """Base class of a governed action. A subclass that does not override `authorize` is denied to everyone."""

    name: ClassVar[str]
    """What it is proposed by: lower-case letters, digits and underscores, such as "refund_invoice"."""
    title: ClassVar[str]
    """What it is called on screens."""
    description: ClassVar[str] = ""
    """When to use it, in a sentence."""
    risk: ClassVar[Risk]
    version: ClassVar[str] = "1"
    """Raise it when `run` means something else: what was approved before is then refused."""
    scopes: ClassVar[frozenset[str]] = frozenset()
    """What who proposes it must hold; with StaffAccess Django permissions, such as "billing.refund_invoice"."""
    transactional: ClassVar[bool] = False
    """True where `run` only writes this database: its effect is previewed, and commits together with its record."""
    writes: ClassVar[tuple[str, ...]] = ()
    """Of a transactional tool, the models whose rows it inserts, changes or deletes, such as ("billing.Invoice",).
    Writing to any other of the host's is refused. Run `manage.py migrate` after changing it."""
    unsteady: ClassVar[frozenset[str]] = frozenset()
    """What may come out otherwise when it runs than in the preview, and is asked about no more: models or fields, such
    as "billing.Invoice.number". Generated keys, random defaults, moments of now and secrets are known, and need no
    mention."""
    needs_two_people: ClassVar[bool] = False
    """True where two operators must approve, and the second is not the one who proposed it."""

    class Input(BaseModel):
        """What the tool needs to know; subclasses declare the fields."""

    def authorize(self, *, input: Any, context: ToolContext) -> bool:
        """May this be done for this actor, here, with this input? Asked when proposed and again when it runs."""
        return False

    def choices(self, *, context: ToolContext) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Return what a form offers for a field, as values and labels: nobody types ids."""
        return {}

    def preview(self, *, input: Any, context: ToolContext) -> str:
        """Say what will change, in plain words; kept with the proposal."""
        return ""

    def target_version(self, *, input: Any, context: ToolContext) -> str:
        """Return what changes when that on which the tool acts changes: what was approved before is then refused."""
        return ""

    def run(self, *, input: Any, context: ToolContext, run_key: str) -> ToolResult:
        """Do it. `run_key` is the same for every attempt, so that an external system can refuse a repetition.

        Raises ToolFailure where nothing was done. Whatever else it raises or returns means: nobody knows, unless the
        tool is transactional; then nothing was done.
        """
        raise ToolFailure(f"{type(self).__name__} has nothing to run.")

    def reconcile(self, *, input: Any, context: ToolContext, run_key: str) -> ToolResult | None:
        """Find out what became of a run that ended unseen: return its result if it happened, raise ToolFailure if
        it did not, and return None where it cannot be told; a person is asked then, as after any other answer. Never
        do it here.

        A ToolFailure counts from a quarter of an hour after the run began: until then it may still be under way."""
        return None
