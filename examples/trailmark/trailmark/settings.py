"""Trailmark: a developer-tools company that keeps its customer support inside its own Django project.

The last block is everything Cairnloop asked for.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.utils.functional import SimpleLazyObject
from psycopg.conninfo import conninfo_to_dict

from cairnloop.embedded import start_postgres
from retail import RETAIL_TOOLS

BASE_DIR = Path(__file__).resolve().parent.parent
ENGINE = "django.db.backends.postgresql"
STATE_DIR = Path(os.environ.get("TRAILMARK_STATE", BASE_DIR.parents[1] / ".cairnloop"))


def _database() -> dict[str, object]:
    """The server TRAILMARK_DATABASE names, as libpq writes it; else the embedded one, started by whoever connects."""
    given = os.environ.get("TRAILMARK_DATABASE")
    if not given:
        socket_dir = SimpleLazyObject(lambda: start_postgres(STATE_DIR / "demo-postgres").socket_dir)
        return {"ENGINE": ENGINE, "NAME": "postgres", "USER": "postgres", "HOST": socket_dir}
    libpq = conninfo_to_dict(given)
    return {
        "ENGINE": ENGINE,
        "NAME": libpq.get("dbname"),
        "USER": libpq.get("user", ""),
        "PASSWORD": libpq.get("password", ""),
        "HOST": libpq.get("host", ""),
        "PORT": libpq.get("port", ""),
    }


DEBUG = False
SECRET_KEY = os.environ.get("TRAILMARK_SECRET_KEY", "for an example on one machine; real hosts keep theirs secret")
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "trailmark.Member"
LOGIN_URL = "tour"
ROOT_URLCONF = "trailmark.urls"
ASGI_APPLICATION = "trailmark.asgi.application"
WSGI_APPLICATION = "trailmark.wsgi.application"
STATIC_URL = "/static/"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
X_FRAME_OPTIONS = "DENY"

TRAILMARK_PAYMENTS_URL = os.environ.get("TRAILMARK_PAYMENTS_URL", "http://127.0.0.1:8090")
"""The payment service. `make demo` runs a small one of its own."""
TRAILMARK_PAYMENTS_SECONDS = 10
"""How long an answer of it is waited for."""

TRAILMARK_DEMO = os.environ.get("TRAILMARK_DEMO") == "1"
"""Whoever opens the page may become any of the invented people. Only `make demo` should set it."""

INSTALLED_APPS = [
    "trailmark",
    # An invented shop for `manage.py replay_tool_tasks`; no part of the example.
    "retail",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # What Cairnloop stands on, and Cairnloop.
    "django_htmx",
    "channels",
    "procrastinate.contrib.django",
    "cairnloop",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "trailmark.content_policy.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "trailmark.personas.on_every_page",
            ]
        },
    }
]

# What waits for its moment, such as a draft for the customer to finish, begins within a second of it.
PROCRASTINATE_WORKER_DEFAULTS = {"fetch_job_polling_interval": 1}
CAIRNLOOP = {
    "SUPPORT_NAME": "Trailmark support",
    "CONTEXT_PROVIDER": "trailmark.support.context.TrailmarkContext",
    "NOTIFIER": "trailmark.support.notifier.TrailmarkNotifier",
    "WIDGET_VERIFIER": "cairnloop.widget.verifiers.SignedTokenVerifier",
    "TOOLS": [
        "trailmark.support.tools.grant_seats.GrantSeats",
        "trailmark.support.tools.extend_trial.ExtendTrial",
        "trailmark.support.tools.rotate_api_key.RotateApiKey",
        "trailmark.support.tools.refund_charge.RefundCharge",
        "trailmark.support.tools.look_up_runs.LookUpRuns",
        *RETAIL_TOOLS,
    ],
}
