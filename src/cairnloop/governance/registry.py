"""The tools of this host by their exact names, each checked before anything can be proposed."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cairnloop.conf import Settings, get_settings
from cairnloop.core import jobs
from cairnloop.core.actors import Actor, ActorKind
from cairnloop.core.texts import spelled_out
from cairnloop.governance.canonical import digest_of
from cairnloop.governance.labels import check_label, model_named
from cairnloop.governance.modes import Mode, mode_for
from cairnloop.hooks.loading import check_method
from cairnloop.hooks.tool import Risk, Tool

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
TITLE_CHARS = 100
VERSION_CHARS = 50
METHODS = ("authorize", "choices", "preview", "target_version", "run", "reconcile")


@cache
def registered_tools() -> Mapping[str, Tool]:
    """Return every tool by its name, in the order of the setting; one instance per process.

    Raises ImproperlyConfigured, naming the class and what is wrong with it.
    """
    configured = get_settings()
    found: dict[str, Tool] = {}
    for path in configured.tools:
        tool = _load(path)
        if tool.name in found:
            raise ImproperlyConfigured(
                f"CAIRNLOOP['TOOLS']: {path!r} has the name {tool.name!r}, and so has another tool. Rename one of them."
            )
        found[tool.name] = tool
    _check_modes(configured)
    _check_destructive(configured, found)
    return MappingProxyType(found)


def find_tool(name: str) -> Tool | None:
    """Return the tool of exactly this name, or None."""
    return registered_tools().get(name) if isinstance(name, str) else None


def mode_of(tool: Tool, actor: Actor) -> Mode:
    """Return how a tool runs for an actor under the settings of now. A client never writes without a person."""
    configured = get_settings()
    mode = mode_for(tool, modes=configured.tool_modes, destructive=configured.destructive_tools)
    if mode is Mode.AUTO and actor.kind is ActorKind.CLIENT and tool.risk is not Risk.READ_ONLY:
        return Mode.REQUIRES_APPROVAL
    return mode


def policy_version_of(tool: Tool, mode: Mode) -> str:
    """Return what changes when the rules for a tool change: how it runs, who may, and what it may write."""
    return digest_of(
        {
            "mode": mode.value,
            "risk": tool.risk.value,
            "scopes": sorted(tool.scopes),
            "transactional": tool.transactional,
            "needs_two_people": tool.needs_two_people,
            "writes": sorted(tool.writes),
            "unsteady": sorted(tool.unsteady),
        }
    )


def _load(path: str) -> Tool:
    where = f"CAIRNLOOP['TOOLS']: {path!r}"
    try:
        found = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(f"{where} cannot be imported: {error}") from error
    if not (inspect.isclass(found) and issubclass(found, Tool)):
        raise ImproperlyConfigured(f"{where} is not a subclass of cairnloop.Tool.")
    _check_words(where, found)
    _check_rules(where, found)
    _check_input(where, found)
    try:
        tool = found()
    except TypeError as error:
        raise ImproperlyConfigured(f"{where} cannot be created without arguments: {error}") from error
    except (Exception, SystemExit) as error:
        # The class only: a message may hold what a setting keeps secret.
        raise ImproperlyConfigured(
            f"{where}: __init__ failed with {type(error).__name__}. Let run() get what it needs, or put that right."
        ) from error
    for method in METHODS:
        check_method(where, tool, method, inspect.signature(getattr(Tool, method)))
        if inspect.isgeneratorfunction(getattr(tool, method)) or inspect.isasyncgenfunction(getattr(tool, method)):
            raise ImproperlyConfigured(f"{where}: {method} yields, so that calling it does nothing. Return the answer.")
    return tool


def _check_words(where: str, tool: type[Tool]) -> None:
    name = getattr(tool, "name", None)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ImproperlyConfigured(
            f"{where} needs a name of lower-case letters, digits and underscores that begins with a letter and has 64 "
            f'characters at most, such as "refund_invoice"; not {name!r}.'
        )
    if not _is_text(getattr(tool, "title", None), TITLE_CHARS):
        raise ImproperlyConfigured(f"{where} needs a title for screens, of {TITLE_CHARS} characters at most.")
    if not isinstance(getattr(tool, "description", None), str):
        raise ImproperlyConfigured(f"{where}: description must be text.")
    _check_seen(where, "title", tool.title)
    _check_seen(where, "description", tool.description)
    if not _is_text(getattr(tool, "version", None), VERSION_CHARS):
        raise ImproperlyConfigured(f"{where}: version must be text of 1 to {VERSION_CHARS} characters.")


def _check_seen(where: str, what: str, text: str) -> None:
    if spelled_out(text) != text:
        raise ImproperlyConfigured(
            f"{where}: {what} has characters that cannot be seen or turn the text around: {spelled_out(text)!r}."
        )


def _check_rules(where: str, tool: type[Tool]) -> None:
    risk = getattr(tool, "risk", None)
    if not isinstance(risk, Risk):
        raise ImproperlyConfigured(
            f"{where} needs a risk: Risk.READ_ONLY, Risk.LOW_WRITE, Risk.HIGH_WRITE or Risk.DESTRUCTIVE; not {risk!r}."
        )
    scopes = tool.scopes
    if not isinstance(scopes, frozenset) or not all(_is_text(scope, 200) for scope in scopes):
        raise ImproperlyConfigured(f"{where}: scopes must be a frozenset of names, such as frozenset({{'billing.x'}}).")
    for flag in ("transactional", "needs_two_people"):
        if not isinstance(getattr(tool, flag), bool):
            raise ImproperlyConfigured(f"{where}: {flag} must be True or False.")
    if tool.transactional and risk is Risk.READ_ONLY:
        raise ImproperlyConfigured(
            f"{where} is transactional and READ_ONLY, so that it would write and ask nobody. Take Risk.LOW_WRITE, or"
            " leave out transactional and writes."
        )
    _check_writes(where, tool)
    if tool.run is Tool.run:
        raise ImproperlyConfigured(f"{where} has no run method, so it could do nothing.")


def _check_writes(where: str, tool: type[Tool]) -> None:
    if not tool.transactional:
        if tool.writes or tool.unsteady:
            raise ImproperlyConfigured(f"{where}: writes and unsteady are for tools with transactional = True.")
        return
    if not isinstance(tool.writes, tuple) or not tool.writes:
        raise ImproperlyConfigured(
            f'{where} is transactional and must say which models it writes: writes = ("billing.Invoice",).'
        )
    for label in tool.writes:
        check_label(where, label, parts=(2,))
    if not isinstance(tool.unsteady, frozenset):
        raise ImproperlyConfigured(f"{where}: unsteady must be a frozenset of models and fields.")
    for label in tool.unsteady:
        check_label(where, label, parts=(2, 3))
        # Jobs are watched without being named.
        if model_named(label) not in map(model_named, (*tool.writes, jobs.MODEL)):
            raise ImproperlyConfigured(f"{where}: unsteady names {label!r}, and writes does not have that model.")


def _check_input(where: str, tool: type[Tool]) -> None:
    given = getattr(tool, "Input", None)
    if not (inspect.isclass(given) and issubclass(given, BaseModel)):
        raise ImproperlyConfigured(f"{where}: Input must be a pydantic model: class Input(BaseModel).")
    try:
        schema = given.model_json_schema()
    except Exception as error:
        raise ImproperlyConfigured(f"{where}: Input cannot be described as JSON: {type(error).__name__}.") from error
    for name, field in given.model_fields.items():
        _check_alias(where, name, field)
        _check_seen(where, f"the title of {name}", field.title or "")
        _check_seen(where, f"the description of {name}", field.description or "")
    # Kept with the proposal, such a value is asterisks, and the run would get those.
    if '"format": "password"' in json.dumps(schema, default=str):
        raise ImproperlyConfigured(
            f"{where}: Input has a SecretStr of pydantic, which is lost when it is kept. Use str, or better let"
            " run() look the secret up."
        )


def _check_alias(where: str, name: str, field: FieldInfo) -> None:
    """One name for each field: what is kept is what was given, and is given to the tool again."""
    if any(each not in (None, field.alias) for each in (field.validation_alias, field.serialization_alias)):
        raise ImproperlyConfigured(
            f"{where}: {name} of Input has a validation_alias or serialization_alias. Give it one name:"
            " take Field(alias=…)."
        )


def _check_modes(configured: Settings) -> None:
    risks = [each.value for each in Risk if each is not Risk.DESTRUCTIVE]
    for risk, mode in configured.tool_modes.items():
        if risk == Risk.DESTRUCTIVE:
            raise ImproperlyConfigured(
                "CAIRNLOOP['TOOL_MODES'] cannot let in destructive tools together. Name each in DESTRUCTIVE_TOOLS."
            )
        if risk not in risks:
            raise ImproperlyConfigured(f"CAIRNLOOP['TOOL_MODES'] has no risk {risk!r}. Risks: {', '.join(risks)}.")
        if mode not in list(Mode):
            raise ImproperlyConfigured(
                f"CAIRNLOOP['TOOL_MODES'][{risk!r}] cannot be {mode!r}. Modes: {', '.join(Mode)}."
            )


def _check_destructive(configured: Settings, tools: Mapping[str, Tool]) -> None:
    for name in configured.destructive_tools:
        where = f"CAIRNLOOP['DESTRUCTIVE_TOOLS'] names {name!r},"
        if name not in tools:
            raise ImproperlyConfigured(f"{where} and TOOLS has no tool of that name.")
        if tools[name].risk is not Risk.DESTRUCTIVE:
            raise ImproperlyConfigured(f"{where} whose risk is not destructive. Remove it from the list.")
        if not tools[name].needs_two_people:
            raise ImproperlyConfigured(f"{where} which one person could approve. Set needs_two_people = True on it.")


def _is_text(value: Any, limit: int) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= limit


def _forget(*, setting: str, **_: Any) -> None:
    if setting in ("CAIRNLOOP", "DATABASE_ROUTERS"):
        registered_tools.cache_clear()


setting_changed.connect(_forget, dispatch_uid="cairnloop.governance.registry")
