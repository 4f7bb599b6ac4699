"""The settings of Cairnloop: one typed object, read from `CAIRNLOOP` in the host's settings."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings as host_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

Secret = str | Callable[[], str]


MOST = {"MESSAGE_LIMIT_CHARS": 16_000, "TOOL_APPROVAL_HOURS": 24 * 365}
"""What numbers may not exceed: a message travels in a frame of 64 KiB, of up to four bytes a character."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Every setting with its type, default and meaning. In `CAIRNLOOP` the names are upper case."""

    context_provider: str | None = None
    """Dotted path of your ContextProvider: what operators see about a customer."""
    notifier: str | None = None
    """Dotted path of your Notifier: told when a conversation is resolved."""
    operator_access: str | None = None
    """Dotted path of your OperatorAccess: who may enter the dashboard and do what. Default: staff users with the
    model permissions."""
    widget_verifier: str | None = None
    """Dotted path of your WidgetVerifier: who a visitor is. Without one every widget connection is refused."""
    auditor: str | None = None
    """Dotted path of your Auditor: gets every audit entry inside its transaction."""
    automation_policy: str | None = None
    """Dotted path of your AutomationPolicy: what may be sent without a person. Default: nothing."""
    sla_policy_provider: str | None = None
    """Dotted path of your SLAPolicyProvider: how soon an answer is due."""
    draft_generator: str | None = None
    """Dotted path of your DraftGenerator: who words a draft reply. Default: sentences of your articles, word for
    word. An empty string does without drafts."""
    draft_model: str | None = None
    """Provider and name of the language model that PydanticAIGenerator asks, such as "anthropic:claude-sonnet-5-5"."""
    draft_model_seconds: int = 30
    """How long one attempt to ask that model may take; there are three at most."""
    draft_model_tokens: int = 2_000
    """How many tokens its answer may have. A longer one is cut off by the provider, and not used."""
    draft_generator_seconds: int | None = None
    """How long your DraftGenerator may take before the default one takes its place. Default: what three attempts of
    DRAFT_MODEL_SECONDS take with their pauses, which is 120."""
    draft_policy_seconds: int = 30
    """How long your AutomationPolicy may take before it counts as one that failed, and your ContextProvider for it."""
    draft_link_hosts: tuple[str, ...] = ()
    """Hosts a draft may name although no article does, such as "status.acme.example": in links and e-mail addresses."""
    draft_wait_seconds: int = 3
    """How long a customer pauses before a draft is prepared. Who writes on and on gets one after ten times that."""
    embedder: str | None = None
    """Dotted path of your Embedder: how text becomes vectors. Default: the bundled model where
    `cairnloop[local]` is installed, else none. An empty string does without vectors."""
    embedder_next: str | None = None
    """Dotted path of the Embedder that will follow: what is published is embedded by both, while search stays with
    the one above until you put this one in its place."""
    embedder_model: str | None = None
    """Provider and name of the hosted model that PydanticAIEmbedder asks, such as "openai:text-embedding-3-small"."""
    embedder_dimensions: int | None = None
    """How many numbers a vector of that model has, or is reduced to by its provider: 4000 at most."""
    embedder_threads: int = 2
    """How many threads the bundled model uses in one process."""
    embedder_wait_seconds: int = 3
    """How long a search waits for the query's vector before it goes on with words alone."""
    embedder_index_seconds: int = 300
    """How long your Embedder may take for up to 32 texts of what is indexed before it is given up, and asked again
    later."""
    calibration_file: str | None = None
    """Path of your own calibration of answerability, as `cairnloop_evaluate answerability --store` writes it. It goes
    before the one that comes with the package, and is read once per process."""
    tools: tuple[str, ...] = ()
    """Dotted paths of the Tool classes operators and clients may propose."""
    tool_modes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """How tools of a risk run, where it is not the default: `{"low_write": "auto"}` lets them run without a person,
    "requires_approval" makes them wait for one, "always_block" lets nobody propose them."""
    destructive_tools: tuple[str, ...] = ()
    """Names of the destructive tools that may be proposed at all: each needs two people. The others are blocked."""
    tool_approval_hours: int = 48
    """How long an approval may be waited for, and used, before it expires."""
    tool_preview_seconds: int = 5
    """How long one statement of a preview may take in the database before the preview is given up."""
    tool_unseen_seconds: int = 60
    """How long after it began an action whose worker is gone counts as ended unseen. It is asked for then, never
    repeated."""

    support_name: str = "Support"
    """The name customers see in the widget's header."""
    message_limit_chars: int = 10_000
    """Longest accepted message, in characters."""
    widget_token_seconds: int = 3_600
    """How long a signed widget token is accepted after it was made."""
    widget_secret: Secret | None = None
    """Key that signs widget tokens: a string, or a callable returning one. Default: derived from SECRET_KEY."""
    widget_origins: tuple[str, ...] = ()
    """Origins besides the host's own from which the widget may connect, such as "https://www.acme.example"."""
    widget_messages_per_minute: int = 30
    """How many messages one customer may send in a minute before being asked to wait."""
    widget_connections_per_minute: int = 120
    """How many connections one customer may open in a minute, and how often one address may fail to prove who it is."""
    live_sockets: bool = True
    """Offer WebSockets to the dashboard and the widget. False where the host serves WSGI only: both then poll."""
    poll_seconds: int = 4
    """How often dashboard and widget ask for news when sockets are not available."""
    finished_jobs_hours: int = 72
    """How long succeeded jobs are kept before they are deleted."""
    gap_events_days: int = 90
    """How long a question that found no answer is kept before it is deleted."""


@cache
def get_settings() -> Settings:
    """Return the validated settings. Raises ImproperlyConfigured with a suggestion for unknown or mistyped keys."""
    given = getattr(host_settings, "CAIRNLOOP", {})
    if not isinstance(given, dict):
        raise ImproperlyConfigured("CAIRNLOOP must be a dict of setting names and values.")
    fields = {field.name.upper(): field for field in dataclasses.fields(Settings)}
    hints = typing.get_type_hints(Settings)
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in fields:
            raise ImproperlyConfigured(_unknown(key, fields))
        name = fields[key].name
        values[name] = _checked(key, value, hints[name])
    return Settings(**values)


def _unknown(key: object, known: typing.Iterable[str]) -> str:
    close = difflib.get_close_matches(str(key).upper(), known, n=1)
    suggestion = f"Did you mean {close[0]!r}?" if close else f"Known settings: {', '.join(sorted(known))}."
    return f"CAIRNLOOP has no setting {key!r}. {suggestion}"


def _checked(key: str, value: Any, expected: Any) -> Any:
    if typing.get_origin(expected) is tuple:
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
            raise ImproperlyConfigured(f"CAIRNLOOP[{key!r}] must be a list of strings.")
        return tuple(value)
    if typing.get_origin(expected) is Mapping:
        if not isinstance(value, dict) or not all(isinstance(each, str) for pair in value.items() for each in pair):
            raise ImproperlyConfigured(f"CAIRNLOOP[{key!r}] must be a dict of strings.")
        return dict(value)
    options = typing.get_args(expected) if isinstance(expected, types.UnionType) else (expected,)
    if any(_fits(value, option) for option in options):
        if isinstance(value, int) and not isinstance(value, bool):
            _refuse_out_of_bounds(key, value)
        return value
    wanted = " or ".join(getattr(option, "__name__", "a callable") for option in options)
    raise ImproperlyConfigured(f"CAIRNLOOP[{key!r}] must be {wanted}, not {type(value).__name__}.")


def _refuse_out_of_bounds(key: str, value: int) -> None:
    if value <= 0:
        raise ImproperlyConfigured(f"CAIRNLOOP[{key!r}] must be greater than zero, not {value}.")
    if value > MOST.get(key, value):
        raise ImproperlyConfigured(f"CAIRNLOOP[{key!r}] must be {MOST[key]:,} at most, not {value:,}.")


def _fits(value: Any, option: Any) -> bool:
    if option is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if typing.get_origin(option) is not None or not isinstance(option, type):
        return callable(value)
    return isinstance(value, option)


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "CAIRNLOOP":
        get_settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="cairnloop.conf")
