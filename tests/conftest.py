"""The cast, and the rules of the house: no network but loopback, nothing skipped unnoticed in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction

from cairnloop.testing import allow_flush, forget_jobs
from tests import factories
from tests.flushing import flush_what_was_filled
from tests.sharing import SharingPlugin, longest_first


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        allow_flush()
        flush_what_was_filled(connection)


@pytest.fixture(scope="class")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Writes what every test of a class begins with, once; each test undoes only its own, and the class the rest."""
    around = transaction.atomic()
    # As around the cases of Django's own TestCase: nothing takes it for a transaction of the host.
    around._from_testcase = True
    with django_db_blocker.unblock():
        around.__enter__()

    def write(tell: Callable[[], Any]) -> Any:
        with django_db_blocker.unblock():
            told = tell()
        # It never commits: nobody is to hear of it in the middle of a test.
        connection.run_on_commit.clear()
        return told

    yield write
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture
def transactional_db(transactional_db: None) -> Any:
    """Committing tests: the job engine's tables are emptied as well."""
    yield
    forget_jobs()


@pytest.fixture(autouse=True)
def _committing_tests_forget_their_jobs(request: pytest.FixtureRequest) -> None:
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        request.getfixturevalue("transactional_db")


@pytest.fixture
def ada(db: None) -> Any:
    """Ada, an operator."""
    return factories.make_operator("ada", first_name="Ada", last_name="Brandt")


@pytest.fixture
def grace(db: None) -> Any:
    """Grace, who leads the operators."""
    return factories.make_operator("grace", first_name="Grace", last_name="Owusu")


@pytest.fixture
def noor(db: None) -> Any:
    """Noor, a member of staff without any access to support."""
    return factories.make_operator("noor", first_name="Noor", last_name="Haddad", permissions="")


@pytest.fixture
def conversation(db: None) -> Any:
    """Lin's open conversation, waiting for an answer."""
    return factories.make_conversation()


@pytest.fixture
def backstage(transactional_db: None) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Does database work in a thread of its own: Playwright's own loop runs in the one of the test."""
    with ThreadPoolExecutor(1) as pool:

        def work(act: Callable[[], Any]) -> Any:
            def run() -> Any:
                try:
                    return act()
                finally:
                    connections.close_all()

            return pool.submit(run).result()

        yield work


def chromium() -> str | None:
    """Where a Chromium is, if there is one; without a window of its own the same browser takes a fourth of the time."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def _shared_chromium() -> Iterator[Any]:
    from tests.shared_chromium import SharedChromium

    shared = SharedChromium(chromium())
    yield shared
    shared.end()


@pytest.fixture
def shared_chromium(_shared_chromium: Any) -> Iterator[Any]:
    """The Chromium of this test process, as Playwright's `Browser`; open a context of your own in it."""
    with _shared_chromium.lent() as browser:
        yield browser


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("dist") != "no" and not hasattr(config, "workerinput"):
        config.pluginmanager.register(SharingPlugin())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    longest_first(items)
    missing = {
        "browser": None if chromium() else "no Chromium was found",
        "redis": None if shutil.which("redis-server") else "no redis-server was found",
    }
    for item in items:
        for marker, reason in missing.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CAIRNLOOP_REQUIRE_ALL"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and here nothing may be: {call.excinfo and call.excinfo.value}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section("skipped")
    for report in skipped:
        terminalreporter.line(f"{report.nodeid}: {report.longrepr[2] if isinstance(report.longrepr, tuple) else ''}")
