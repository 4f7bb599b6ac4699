"""System checks: contradictions in the host's settings, each with an id and a hint."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings as host_settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse

from cairnloop.conf import get_settings
from cairnloop.governance.registry import registered_tools
from cairnloop.hooks import HOOKS, load_hook
from cairnloop.origins import origin_meant
from cairnloop.retrieval.calibrations import UnusableCalibration, find_calibration
from cairnloop.retrieval.embedding import EmbeddingFailed, find_embedder, model_of

HOST = re.compile(r"(?:[\w-]+\.)+[\w-]+")


def register_checks() -> None:
    """Hand the checks to Django; the doctor runs the same list."""
    for check in CHECKS:
        register(check, "cairnloop")


def check_settings(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """CAIRNLOOP holds known keys of the right types."""
    try:
        get_settings()
    except ImproperlyConfigured as error:
        yield Error(str(error), hint="Correct CAIRNLOOP in your settings.", id="cairnloop.E001")


def check_database(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """The default database is PostgreSQL."""
    if host_settings.DATABASES.get("default", {}).get("ENGINE") != "django.db.backends.postgresql":
        yield Error(
            "Cairnloop keeps everything in PostgreSQL, and the default database is another one.",
            hint="Set DATABASES['default']['ENGINE'] to 'django.db.backends.postgresql'.",
            id="cairnloop.E002",
        )


def check_time_zone(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """Times carry their zone: the audit trail hashes them."""
    if not host_settings.USE_TZ:
        yield Error("USE_TZ is off, and Cairnloop stores moments.", hint="Set USE_TZ = True.", id="cairnloop.E005")


def check_apps(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """Everything Cairnloop stands on is installed."""
    needed = (
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django_htmx",
        "procrastinate.contrib.django",
    )
    for name in needed:
        if not any(installed == name or installed.startswith(f"{name}.") for installed in host_settings.INSTALLED_APPS):
            yield Error(
                f"{name} is missing from INSTALLED_APPS.",
                hint=f"Add {name!r} before 'cairnloop'.",
                id="cairnloop.E003",
            )


def check_middleware(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """The dashboard can tell htmx requests and operators apart."""
    needed = (
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django_htmx.middleware.HtmxMiddleware",
    )
    for path in needed:
        if path not in host_settings.MIDDLEWARE:
            yield Warning(
                f"{path} is missing from MIDDLEWARE, so the dashboard cannot work.",
                hint=f"Add {path!r} to MIDDLEWARE.",
                id="cairnloop.W001",
            )


def check_hooks(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """Every configured hook can be loaded and keeps its contract."""
    try:
        configured = get_settings()
    except ImproperlyConfigured:
        return
    for name, spec in HOOKS.items():
        # A path that is None though something was set is an empty string: the host does without.
        if getattr(configured, spec.setting) is None or spec.path is None:
            continue
        try:
            load_hook(name)
        except ImproperlyConfigured as error:
            yield Error(str(error), hint="Correct the path, or remove the setting.", id="cairnloop.E004")


def check_tools(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """Every tool can be loaded and keeps the contract, and what is set about tools fits them."""
    try:
        get_settings()
    except ImproperlyConfigured:
        return
    try:
        registered_tools()
    except ImproperlyConfigured as error:
        yield Error(str(error), hint="Correct the class, or take it out of the setting.", id="cairnloop.E009")


def check_widget_verifier(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """The host has decided who its widget's visitors are."""
    try:
        verifier = get_settings().widget_verifier
    except ImproperlyConfigured:
        return
    if not verifier:
        yield Warning(
            "No WIDGET_VERIFIER is set, so every widget connection is refused.",
            hint="Set it to 'cairnloop.widget.verifiers.SignedTokenVerifier', or to your own WidgetVerifier.",
            id="cairnloop.W002",
        )


def check_widget_secret(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """A key of the host's own that signs widget tokens is one."""
    try:
        secret = get_settings().widget_secret
    except ImproperlyConfigured:
        return
    if secret == "":
        yield Error(
            "WIDGET_SECRET is empty, so no widget token can be signed or read.",
            hint="Remove it to sign with SECRET_KEY, or see that its environment variable is set.",
            id="cairnloop.E010",
        )


def check_urls(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """The dashboard and the widget's doors can be reached."""
    if not getattr(host_settings, "ROOT_URLCONF", ""):
        return
    try:
        reverse("cairnloop:home")
    except NoReverseMatch:
        yield Warning(
            "No URL leads to Cairnloop, so nobody can open the support desk and no widget can connect.",
            hint="Add path('support/', include('cairnloop.urls')) to your urls.py.",
            id="cairnloop.W004",
        )


def check_widget_origins(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """Every entry of WIDGET_ORIGINS is what a browser would say: compared letter by letter, others never fit."""
    try:
        origins = get_settings().widget_origins
    except ImproperlyConfigured:
        return
    for origin in origins:
        meant = origin_meant(origin if "://" in origin else f"https://{origin}")
        if not meant or origin != meant:
            yield Error(
                f"WIDGET_ORIGINS holds {origin!r}, which is no origin of a page, so the chat would be refused there.",
                hint=f"Name scheme and host, and nothing behind them, such as {meant or 'https://www.acme.example'!r}.",
                id="cairnloop.E006",
            )


def check_calibration(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """The host's own calibration can be read, and was measured with the embedder in use."""
    try:
        if not get_settings().calibration_file:
            return
        embedder = find_embedder()
        find_calibration(model_of(embedder) if embedder else None)
    except (ImproperlyConfigured, EmbeddingFailed):
        return
    except UnusableCalibration as error:
        yield Error(
            error.message,
            hint="Correct CALIBRATION_FILE, or remove it to judge by what comes with the package.",
            id="cairnloop.E007",
        )


def check_draft_model(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """A language model that was named is asked by something."""
    try:
        configured = get_settings()
    except ImproperlyConfigured:
        return
    if configured.draft_model and not configured.draft_generator:
        yield Warning(
            "DRAFT_MODEL names a language model, and nothing asks it: no DRAFT_GENERATOR is set.",
            hint="Set it to 'cairnloop.drafting.generators.pydantic_ai.PydanticAIGenerator', or remove DRAFT_MODEL.",
            id="cairnloop.W003",
        )


def check_draft_link_hosts(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    """Every entry of DRAFT_LINK_HOSTS is a host and nothing else: another would never fit."""
    try:
        hosts = get_settings().draft_link_hosts
    except ImproperlyConfigured:
        return
    for host in hosts:
        if not HOST.fullmatch(host):
            meant = HOST.search(host)
            yield Error(
                f"DRAFT_LINK_HOSTS holds {host!r}, which is no host, so it allows nothing.",
                hint=f"Name the host alone, such as {meant[0] if meant else 'status.acme.example'!r}.",
                id="cairnloop.E008",
            )


CHECKS = (
    check_settings,
    check_database,
    check_time_zone,
    check_apps,
    check_middleware,
    check_hooks,
    check_tools,
    check_calibration,
    check_widget_verifier,
    check_widget_secret,
    check_urls,
    check_widget_origins,
    check_draft_model,
    check_draft_link_hosts,
)
