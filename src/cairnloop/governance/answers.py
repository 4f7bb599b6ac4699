"""What a tool may answer when it has run."""

from __future__ import annotations

import inspect

from cairnloop.hooks.tool import ToolResult


class NoResult(TypeError):
    """A tool came to its end without saying what it did: nobody knows whether it did it."""


def result_of(answer: object) -> ToolResult:
    """Return what `run` answered. Raises NoResult for anything but a ToolResult, such as a coroutine nobody awaits."""
    if isinstance(answer, ToolResult):
        return answer
    if inspect.iscoroutine(answer) or inspect.isgenerator(answer):
        answer.close()
    raise NoResult(type(answer).__name__)
