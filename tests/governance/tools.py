"""Tools of the tests' host: over Django's own groups, and over a service outside that counts."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib.auth.models import Group
from pydantic import BaseModel, Field

import cairnloop

HERE = "tests.governance.tools"


class Rename(cairnloop.Tool):
    """Rename a group; writes this database and nothing else."""

    name = "rename_group"
    title = "Rename a group"
    risk = cairnloop.Risk.HIGH_WRITE
    transactional = True
    writes = ("auth.Group",)

    class Input(BaseModel):
        group: int
        to: str = Field(min_length=1, max_length=100)

    def authorize(self, *, input: Any, context: cairnloop.ToolContext) -> bool:
        if input.to == "Forbidden":
            raise cairnloop.ToolDenied("No group may be called that.")
        return bool(input.to != "Never")

    def preview(self, *, input: Any, context: cairnloop.ToolContext) -> str:
        return f"The group is called {input.to} from then on."

    def run(self, *, input: Any, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        group = Group.objects.filter(pk=input.group).first()
        if group is None:
            raise cairnloop.ToolFailure("There is no such group.")
        group.name = input.to
        group.save()
        return cairnloop.ToolResult(summary=f"Renamed to {group.name}.", details={"group": group.pk})


class Charge(cairnloop.Tool):
    """Ask a service outside to do something once; it counts how often it did."""

    name = "charge"
    title = "Charge"
    risk = cairnloop.Risk.HIGH_WRITE
    scopes = frozenset({"auth.change_group"})
    calls: ClassVar[list[str]] = []
    fails_with: ClassVar[list[Exception]] = []
    answers: ClassVar[list[Any]] = []
    results: ClassVar[list[cairnloop.ToolResult]] = []
    meanwhile: ClassVar[list[Callable[[], Any]]] = []
    version_of_target = "1"

    class Input(BaseModel):
        cents: int = Field(gt=0)
        url: str = ""

    def authorize(self, *, input: Any, context: cairnloop.ToolContext) -> bool:
        return True

    def target_version(self, *, input: Any, context: cairnloop.ToolContext) -> str:
        return self.version_of_target

    def run(self, *, input: Any, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        if input.url:
            post(input.url, run_key)
        self.calls.append(run_key)
        if self.meanwhile:
            self.meanwhile.pop()()
        if self.fails_with:
            raise self.fails_with.pop(0)
        if self.results:
            return self.results.pop(0)
        return cairnloop.ToolResult(summary=f"Charged {input.cents} cents.", details={"api_key": "sk", "id": "ch_1"})

    def reconcile(self, *, input: Any, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult | None:
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Lookup(Charge):
    """Look something up."""

    name = "lookup"
    title = "Look up"
    risk = cairnloop.Risk.READ_ONLY
    scopes = frozenset()


class Tag(Charge):
    """A write of low risk, without a scope."""

    name = "tag"
    title = "Tag"
    risk = cairnloop.Risk.LOW_WRITE
    scopes = frozenset()


class Erase(Charge):
    """What two people must approve."""

    name = "erase"
    title = "Erase"
    risk = cairnloop.Risk.DESTRUCTIVE
    scopes = frozenset()
    needs_two_people = True


class Unauthorised(cairnloop.Tool):
    """One that says nothing about who may."""

    name = "unauthorised"
    title = "Unauthorised"
    risk = cairnloop.Risk.LOW_WRITE

    def run(self, *, input: Any, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        return cairnloop.ToolResult(summary="Done.")


class Broken(Unauthorised):
    """One whose answer about who may breaks off."""

    name = "broken"

    def authorize(self, *, input: Any, context: cairnloop.ToolContext) -> bool:
        raise RuntimeError("secret of lin@example.com")


NOTE = "cairnloop.governance.internal_note.InternalNote"
TOOLS = [
    *(f"{HERE}.{each.__name__}" for each in (Rename, Charge, Lookup, Tag, Erase, Unauthorised, Broken)),
    NOTE,
]
CAIRNLOOP = {"TOOLS": TOOLS}


def post(url: str, run_key: str) -> None:
    """Tell the service outside."""
    request = urllib.request.Request(url, data=json.dumps({"key": run_key}).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()
