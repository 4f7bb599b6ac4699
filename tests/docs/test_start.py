"""The steps of the README and of the quickstart, carried out in a fresh project by somebody who knows nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import psycopg
import pytest

from cairnloop.embedded import stop_postgres
from tests.docs.pages import DOCS, ROOT
from tests.docs.stranger import NAME, PASSWORD, Browser, Project, hear
from tests.hosts.postgres import POSTGRES, database_name

pytestmark = pytest.mark.slow

EXISTING_SETTINGS = """
DATABASES = {{"default": {database!r}}}
TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"]
LOGIN_URL = "admin:login"
"""
EXISTING_PAGE = """
from django.contrib.auth.decorators import login_required
from django.shortcuts import render

urlpatterns += [path("", login_required(lambda request: render(request, "page.html")))]
"""


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def database() -> Iterator[dict[str, object]]:
    """An empty database on the tests' server."""
    name = database_name("docs")
    with psycopg.connect(POSTGRES.dsn(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
        yield POSTGRES.database(name)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class TestReadme:
    def test_leads_from_an_existing_project_to_an_answer(self, project, database):
        project.append("shop/settings.py", EXISTING_SETTINGS.format(database=database))
        project.append("shop/urls.py", EXISTING_PAGE)
        names = ("settings.py", "urls.py", "asgi.py")
        places = {"template": "templates/page.html"} | {name: f"shop/{name}" for name in names}
        project.follow(ROOT / "README.md", places=places)
        carry_on(project)


class TestQuickstart:
    def test_leads_from_nothing_to_an_answer(self, project):
        try:
            project.follow(DOCS / "quickstart.md")
            carry_on(project)
        finally:
            stop_postgres(project.folder / ".postgres")


def carry_on(project: Project) -> None:
    """Everything after the last edit: migrate, look, serve, write as the customer, answer as the operator."""
    project.manage("check", "--fail-level", "WARNING")
    project.manage("migrate", "--verbosity", "0")
    project.manage("createsuperuser", "--noinput")
    assert "0 blocked" in project.manage("cairnloop_doctor")
    with project.served() as site:
        customer, operator = signed_in(site), signed_in(site)
        with customer.chat(customer.get("/")) as chat:
            assert hear(chat, "ready")["conversations"] == []
            chat.send(json.dumps({"type": "message", "client_id": "first", "text": "Charged twice for March?"}))
            assert hear(chat, "ack")["sequence"] == 1
            inbox = operator.get("/support/inbox/")
            (link,) = set(re.findall(r'href="(/support/conversations/\d+/)[?"#]', inbox))
            assert "Charged twice for March?" in operator.get("/support/")
            answered = operator.submit(operator.get(link), to="/replies/", text="Refunded **today**.")
            assert "Refunded" in answered
            # The customer's own message may come first, as part of what was joined.
            heard = hear(chat, "messages")["messages"]
            while "Refunded **today**." not in [message["text"] for message in heard]:
                heard = hear(chat, "messages")["messages"]
            assert "<strong>today</strong>" in heard[-1]["html"]
    project.manage("procrastinate", "worker", "--one-shot")
    assert "audit trail is intact" in project.manage("cairnloop_audit", "verify")


def signed_in(site: str) -> Browser:
    browser = Browser(site)
    browser.submit(browser.get("/"), username=NAME, password=PASSWORD)
    return browser
