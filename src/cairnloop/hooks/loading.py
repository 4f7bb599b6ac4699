"""From a dotted path in the settings to one validated instance."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from cairnloop.conf import get_settings
from cairnloop.hooks.embedder import flaw_of_embedder

FAILURES = (Exception, SystemExit)
"""What importing or making a host's class may fail by: libraries exit as well."""


@dataclass(frozen=True)
class HookSpec:
    """A hook: its setting, the class that states its methods, and the default used when the host set none."""

    setting: str
    contract: str
    default: str | None
    without: str
    """What happens while the host has none, in one sentence for the doctor."""
    packaged: tuple[str, str] | None = None
    """A package, and the default used where it is installed; an empty string in the setting does without."""
    dispensable: bool = False
    """An empty string in the setting does without it."""
    optional: frozenset[str] = frozenset()
    """Methods a host's class may lack; one that is there is checked like every other."""
    flaw_of: Callable[[Any], str] = lambda hook: ""
    """What is wrong with the values an instance carries, in a sentence; empty when nothing is."""

    @property
    def path(self) -> str | None:
        """What is used now: the host's own, or the default."""
        given: str | None = getattr(get_settings(), self.setting)
        if given is not None and (given or self.packaged or self.dispensable):
            return given or None
        if self.packaged and find_spec(self.packaged[0]) is not None:
            return self.packaged[1]
        return self.default


HOOKS: dict[str, HookSpec] = {
    "context_provider": HookSpec(
        "context_provider",
        "cairnloop.hooks.context_provider.ContextProvider",
        "cairnloop.hooks.context_provider.EmptyContext",
        "Operators see no facts about a customer.",
    ),
    "notifier": HookSpec(
        "notifier",
        "cairnloop.hooks.notifier.Notifier",
        "cairnloop.hooks.notifier.SilentNotifier",
        "Nobody is told when a conversation is resolved.",
    ),
    "operator_access": HookSpec(
        "operator_access",
        "cairnloop.hooks.operator_access.OperatorAccess",
        "cairnloop.hooks.operator_access.StaffAccess",
        "Staff users work with the model permissions you gave them.",
        optional=frozenset(
            {"can_with_knowledge", "can_with_automation", "user_of", "has_scope", "can_with_tools", "can_with_audit"},
        ),
    ),
    "widget_verifier": HookSpec(
        "widget_verifier",
        "cairnloop.hooks.widget_verifier.WidgetVerifier",
        "cairnloop.hooks.widget_verifier.DenyEveryone",
        "Every widget connection is refused.",
    ),
    "auditor": HookSpec(
        "auditor",
        "cairnloop.hooks.auditor.Auditor",
        "cairnloop.hooks.auditor.NullAuditor",
        "The audit trail stays in Cairnloop's own tables.",
    ),
    "automation_policy": HookSpec(
        "automation_policy",
        "cairnloop.hooks.automation_policy.AutomationPolicy",
        "cairnloop.hooks.automation_policy.RequireApproval",
        "Everything a machine prepared waits for a person.",
    ),
    "sla_policy_provider": HookSpec(
        "sla_policy_provider",
        "cairnloop.hooks.sla_policy_provider.SLAPolicyProvider",
        "cairnloop.hooks.sla_policy_provider.NoPolicies",
        "No reply is due at a set time.",
    ),
    "draft_generator": HookSpec(
        "draft_generator",
        "cairnloop.hooks.draft_generator.DraftGenerator",
        "cairnloop.drafting.generators.extractive.ExtractiveGenerator",
        "Drafts are composed of sentences of your articles.",
        dispensable=True,
    ),
    "embedder": HookSpec(
        "embedder",
        "cairnloop.hooks.embedder.Embedder",
        None,
        "Search matches words, not meaning.",
        packaged=("cairnloop_minilm", "cairnloop.retrieval.embedders.local.LocalEmbedder"),
        optional=frozenset({"embed_query", "prepare"}),
        flaw_of=flaw_of_embedder,
    ),
    "embedder_next": HookSpec(
        "embedder_next",
        "cairnloop.hooks.embedder.Embedder",
        None,
        "No other model is being brought in.",
        optional=frozenset({"embed_query", "prepare"}),
        flaw_of=flaw_of_embedder,
    ),
}
"""Every hook by name. `tools` is a list of classes and has its own registry."""


@cache
def load_hook(name: str) -> Any:
    """Return the host's implementation of a hook, or its safe default; one instance per process.

    Raises ImproperlyConfigured, naming the setting, when the path cannot be imported or a method is missing or
    takes other arguments than the contract says.
    """
    spec = HOOKS[name]
    path = spec.path
    if path is None:
        raise ImproperlyConfigured(f"CAIRNLOOP[{spec.setting.upper()!r}] is not set. {spec.without}")
    return _instance(path, spec)


def _instance(path: str, spec: HookSpec) -> Any:
    where = f"CAIRNLOOP[{spec.setting.upper()!r}] = {path!r}"
    try:
        found = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(f"{where} cannot be imported: {error}") from error
    except FAILURES as error:
        raise ImproperlyConfigured(f"{where} cannot be imported: its module raised {type(error).__name__}.") from error
    hook = _created(found, where) if inspect.isclass(found) else found
    contract = import_string(spec.contract)
    for method, declared in _methods(contract):
        if method in spec.optional and not hasattr(hook, method):
            continue
        check_method(where, hook, method, inspect.signature(declared))
    if flaw := spec.flaw_of(hook):
        raise ImproperlyConfigured(f"{where}: {flaw}")
    return hook


def _created(found: type, where: str) -> Any:
    try:
        return found()
    except ImproperlyConfigured:
        raise
    except TypeError as error:
        raise ImproperlyConfigured(f"{where} cannot be created without arguments: {error}") from error
    except ImportError as error:
        raise ImproperlyConfigured(f"{where} needs what cannot be imported: {error}") from error
    except FAILURES as error:
        # The class only: a message may hold what a setting keeps secret.
        raise ImproperlyConfigured(
            f"{where}: __init__ failed with {type(error).__name__}. Give it what it needs, or let its methods get it."
        ) from error


def _methods(contract: type) -> list[tuple[str, Any]]:
    return [
        (name, value)
        for name, value in vars(contract).items()
        if inspect.isfunction(value) and not name.startswith("_")
    ]


def check_method(where: str, hook: Any, method: str, declared: inspect.Signature) -> None:
    """Raise ImproperlyConfigured unless a hook has the method and takes what the contract says, synchronously."""
    implemented = getattr(hook, method, None)
    if not callable(implemented):
        raise ImproperlyConfigured(f"{where} has no method {method}{declared}.")
    if inspect.iscoroutinefunction(implemented):
        raise ImproperlyConfigured(f"{where}: {method} is async. Hooks are synchronous; use async_to_sync inside.")
    keywords = {name: None for name in declared.parameters if name != "self"}
    try:
        inspect.signature(implemented).bind(**keywords)
    except TypeError as error:
        raise ImproperlyConfigured(f"{where}: {method} must accept {declared}: {error}.") from error


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "CAIRNLOOP":
        load_hook.cache_clear()


setting_changed.connect(_forget, dispatch_uid="cairnloop.hooks")
