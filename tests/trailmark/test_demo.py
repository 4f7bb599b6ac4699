"""`make demo` from the outside: it starts, shows, stops, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.trailmark.conftest import (
    EXAMPLE,
    PATIENCE_SECONDS,
    Browser,
    Database,
    DemoProcess,
    environment,
    eventually,
    free_port,
    reachable,
)

pytestmark = pytest.mark.slow
StartDemo = Callable[..., DemoProcess]


def counted(demo: DemoProcess) -> int:
    with psycopg.connect(demo.dsn()) as connection:
        return int(connection.execute("SELECT count(*) FROM cairnloop_conversation").fetchone()[0])


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def stop(demo: DemoProcess, number: int) -> None:
    """End it as Ctrl-C or the system would: nothing it started is left."""
    parts = demo.descendants()
    assert len(parts) >= 3
    demo.end(number)
    assert demo.process.returncode == 0
    assert [part for part in parts if not is_gone(part)] == []
    assert demo.postgres() == []


def kill(demo: DemoProcess) -> None:
    os.kill(demo.process.pid, signal.SIGKILL)
    demo.process.wait(PATIENCE_SECONDS)


class TestPages:
    @pytest.fixture
    def browser(self, demo: DemoProcess) -> Browser:
        return Browser(demo.url)

    def test_prints_where_everything_is(self, demo: DemoProcess) -> None:
        for path in ("/ ", "/chat ", "/support/ "):
            assert f"{demo.url}{path}" in demo.output

    def test_tour_leads_to_what_is_in_the_database(self, demo: DemoProcess, browser: Browser) -> None:
        page = browser.get("/")
        assert page.status == 200
        assert "Follow one conversation" in page.text
        with psycopg.connect(demo.dsn()) as connection:
            (key,) = connection.execute(
                "SELECT id FROM cairnloop_conversation WHERE client_id = 'charged-twice'"
            ).fetchone()
        assert f'value="/support/conversations/{key}/"' in page.text
        assert 'value="/support/approvals/"' in page.text
        assert 'value="/support/audit/"' in page.text
        assert page.text.count("Not built yet") == 5

    def test_chat_shows_the_widget_to_the_customer(self, browser: Browser) -> None:
        page = browser.get("/chat")
        assert "widget.js" in page.text
        assert "Lin Zhao" in page.text

    def test_tokens_are_those_of_the_chosen_customer(self, browser: Browser) -> None:
        lins = json.loads(browser.get("/chat/token/").text)["token"]
        browser.post("/persona/", who="noor")
        assert "Noor Halabi" in browser.get("/chat").text
        assert json.loads(browser.get("/chat/token/").text)["token"] != lins

    def test_dashboard_asks_who_you_are_and_goes_on_from_there(self, browser: Browser) -> None:
        asked = browser.get("/support/inbox/")
        assert asked.url.endswith("/?next=/support/inbox/")
        assert "The dashboard has to know who you are first." in asked.text
        inbox = browser.post("/persona/", who="ada", next="/support/inbox/")
        assert inbox.url.endswith("/support/inbox/")
        assert "Charged twice this month" in inbox.text

    def test_operators_see_what_trailmark_knows_about_a_customer(self, browser: Browser) -> None:
        page = browser.get("/")
        key = page.text.split('value="/support/conversations/')[1].split("/")[0]
        customer = browser.post("/persona/", who="ada", next=f"/support/conversations/{key}/customer/")
        for fact in ("Northbeam Robotics", "Workspace owner", "14 of 14 in use", "lin.zhao@northbeam.example"):
            assert fact in customer.text

    def test_one_browser_is_customer_and_operator_at_once(self, browser: Browser) -> None:
        browser.post("/persona/", who="ada")
        browser.post("/persona/", who="noor")
        assert "Noor Halabi" in browser.get("/chat").text
        assert browser.get("/support/").url.endswith("/support/")

    @pytest.mark.parametrize("path", ["/runs/", "/api-keys/", "/billing/"])
    def test_the_product_has_pages_of_its_own(self, browser: Browser, path: str) -> None:
        assert "Northbeam Robotics" in browser.get(path).text

    @pytest.mark.parametrize("path", ["/", "/chat", "/support/", "/chat/token/"])
    def test_every_page_carries_a_strict_policy(self, browser: Browser, path: str) -> None:
        policy = browser.get(path).headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy

    def test_nobody_becomes_someone_who_is_not_offered(self, browser: Browser) -> None:
        with pytest.raises(urllib.error.HTTPError, match="404"):
            browser.post("/persona/", who="viktor")

    def test_never_leads_to_another_site(self, browser: Browser) -> None:
        assert browser.post("/persona/", who="ada", next="https://elsewhere.example/").url.endswith("/")

    def test_customers_hear_in_their_own_product_that_support_is_done(self, demo: DemoProcess) -> None:
        def written() -> bool:
            with psycopg.connect(demo.dsn()) as connection:
                return bool(connection.execute("SELECT count(*) > 0 FROM trailmark_activity").fetchone()[0])

        assert eventually(written)


class TestWithoutTheDemo:
    def test_nobody_can_choose_who_to_be(self, database: Database) -> None:
        script = (
            "from django.test import Client\n"
            "c = Client(SERVER_NAME='localhost')\n"
            "print(c.post('/persona/', {'who': 'ada'}).status_code, c.get('/chat').status_code,"
            " c.get('/chat/token/').status_code, c.get('/').status_code)"
        )
        done = database.manage("shell", "--no-imports", "-c", script)
        assert done.stdout.split() == ["404", "302", "403", "200"], done.stderr


class TestLifecycle:
    def test_stops_everything_it_started_and_keeps_its_data_until_it_is_told_to_forget(
        self, start_demo: StartDemo
    ) -> None:
        first = start_demo().wait_until_it_runs()
        seeded = counted(first)
        with psycopg.connect(first.dsn()) as connection:
            connection.execute("UPDATE cairnloop_conversation SET subject = 'mine' WHERE client_id = 'scopes'")
        stop(first, signal.SIGINT)

        made_by = first.state / "demo-migrations.json"
        recorded = json.loads(made_by.read_text())
        made_by.write_text(json.dumps({name: recorded[name] for name in list(recorded)[:-1]}))
        second = start_demo().wait_until_it_runs()
        assert json.loads(made_by.read_text()) == recorded
        with psycopg.connect(second.dsn()) as connection:
            mine = connection.execute("SELECT count(*) FROM cairnloop_conversation WHERE subject = 'mine'").fetchone()
        assert (counted(second), mine) == (seeded, (1,))
        stop(second, signal.SIGTERM)

        made_by.write_text(json.dumps({**recorded, "cairnloop.0001_initial": "another"}))
        refused = start_demo()
        assert "Forget that data and start anew: make demo-reset" in refused.end(0)
        assert refused.process.returncode == 1
        assert refused.postgres() == []

        third = start_demo("--reset").wait_until_it_runs()
        with psycopg.connect(third.dsn()) as connection:
            mine = connection.execute("SELECT count(*) FROM cairnloop_conversation WHERE subject = 'mine'").fetchone()
        assert (counted(third), mine) == (seeded, (0,))

    def test_starts_again_after_its_database_was_killed_and_after_it_was_alone(self, start_demo: StartDemo) -> None:
        first = start_demo().wait_until_it_runs()
        kill(first)
        for server in first.postgres():
            server.kill()
        assert eventually(lambda: not first.postgres())

        second = start_demo().wait_until_it_runs()
        assert counted(second) >= 24
        parts = psutil.Process(second.process.pid).children(recursive=True)
        kill(second)
        assert eventually(lambda: all(map(is_gone, parts)))
        assert second.postgres() != []

        stop(start_demo(port=second.port).wait_until_it_runs(), signal.SIGINT)

    @pytest.mark.parametrize("part", ["web server", "worker"])
    def test_names_the_part_that_died_and_stops_the_rest(self, start_demo: StartDemo, part: str) -> None:
        demo = start_demo().wait_until_it_runs()
        parts = demo.descendants()
        marker = {"web server": "uvicorn", "worker": "procrastinate"}[part]
        (victim,) = [each for each in parts if each.is_running() and marker in each.cmdline()]
        victim.kill()
        rest = demo.end(0)
        assert f"The {part} ended by itself, by SIGKILL." in rest
        assert demo.process.returncode == 1
        assert [each for each in parts if not is_gone(each)] == []

    def test_refuses_to_run_twice_in_one_place(self, demo: DemoProcess) -> None:
        second = DemoProcess(demo.state, free_port())
        assert f"already running at {demo.url}/" in second.end(0)
        assert second.process.returncode == 1


class TestWhatCannotWork:
    """It says what is wrong and what helps, without a traceback, and starts nothing."""

    @pytest.mark.parametrize("record", [None, "", "[]", "{}", '{"cairnloop/governance/triggers.py": "x"}'])
    def test_data_of_a_version_that_is_not_known(self, tmp_path: Path, record: str | None) -> None:
        (tmp_path / "demo-postgres").mkdir()
        (tmp_path / "demo-postgres" / "PG_VERSION").write_text("16")
        if record is not None:
            (tmp_path / "demo-migrations.json").write_text(record)
        demo = DemoProcess(reachable(tmp_path), free_port())
        said = demo.end(0)
        assert "Forget that data and start anew: make demo-reset" in said
        assert "Traceback" not in said
        assert demo.process.returncode == 1

    @pytest.mark.parametrize("version", ["17", "18"])
    def test_data_postgresql_cannot_start_on(self, tmp_path: Path, version: str) -> None:
        (tmp_path / "demo-postgres").mkdir(mode=0o700)
        (tmp_path / "demo-postgres" / "PG_VERSION").write_text(version)
        keep = "import sys, tables; from pathlib import Path; tables.keep(Path(sys.argv[1]))"
        record = str(tmp_path / "demo-migrations.json")
        subprocess.run([sys.executable, "-c", keep, record], cwd=EXAMPLE, env=environment(), check=True)
        demo = DemoProcess(reachable(tmp_path), free_port())
        said = demo.end(0)
        assert "PostgreSQL did not start on" in said
        assert "Traceback" not in said
        assert demo.process.returncode == 1

    def test_a_user_without_a_name(self, tmp_path: Path) -> None:
        script = "import os, runpy; os.geteuid = lambda: 4_000_000; runpy.run_path('demo.py', run_name='__main__')"
        demo = subprocess.run(
            [sys.executable, "-c", script],
            cwd=EXAMPLE,
            env=environment(TRAILMARK_STATE=str(tmp_path), PORT=str(free_port()), PYTHONPATH=str(EXAMPLE)),
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert "PostgreSQL does not run for user id 4000000" in demo.stderr
        assert "Traceback" not in demo.stderr
        assert demo.returncode == 1
        assert not (tmp_path / "demo-postgres").exists()

    def test_a_place_where_nothing_can_be_kept(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        demo = DemoProcess(tmp_path / "file", free_port())
        said = demo.end(0)
        assert "so nothing was started" in said
        assert "Traceback" not in said
        assert demo.process.returncode == 1


class TestPort:
    def test_says_at_once_that_the_port_is_taken(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            demo = DemoProcess(reachable(tmp_path), port)
            message = demo.end(0)
        assert f"Port {port} on 127.0.0.1 is already in use, so nothing was started." in message
        assert f"PORT={port + 1} make demo" in message
        assert demo.process.returncode == 1
        assert list(demo.state.iterdir()) == []

    @pytest.mark.parametrize("wanted", ["", "eight", "0", "65536", "-1", "8000.5", "9" * 5000])
    def test_refuses_what_is_no_port(self, wanted: str) -> None:
        asked = subprocess.run(
            [sys.executable, str(EXAMPLE / "port.py")],
            env=environment(PORT=wanted),
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert asked.returncode == 1
        assert f"PORT must be a number from 1 to 65535, not {wanted[:20]!r}." in asked.stderr
