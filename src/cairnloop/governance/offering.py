"""Which fields a tool offers choices for, as far as its code says so without being run. Pure."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel


def unknown_choices(choices: Callable[..., Any], given: type[BaseModel]) -> dict[str, str]:
    """Return the names for which `choices` offers values and that the input lacks, each with the nearest that it has.

    Read from the mappings it returns as literals: what it puts together otherwise shows only when it is asked.
    """
    fields = [each.alias or name for name, each in given.model_fields.items()]
    unknown = dict.fromkeys(name for name in _named(choices) if name not in fields)
    return {name: next(iter(get_close_matches(name, fields, n=1)), "") for name in unknown}


def _named(method: Callable[..., Any]) -> Iterator[str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    except (OSError, TypeError, SyntaxError):
        return
    for node in _returned(tree.body):
        if isinstance(node.value, ast.Dict):
            keys = (key.value for key in node.value.keys if isinstance(key, ast.Constant))
            yield from (key for key in keys if isinstance(key, str))
        elif isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "dict":
            yield from (keyword.arg for keyword in node.value.keywords if keyword.arg)


def _returned(body: list[ast.stmt]) -> Iterator[ast.Return]:
    """What a method returns itself; what functions in it return is theirs."""
    (method,) = body if len(body) == 1 else (ast.Pass(),)
    waiting: list[ast.AST] = list(ast.iter_child_nodes(method))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))
