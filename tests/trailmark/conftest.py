"""The example host as its own processes, with its own database."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from fasteners import InterProcessLock
from psycopg.conninfo import make_conninfo

from tests.hosts.postgres import POSTGRES, database_name

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "trailmark"
DATA = Path(__file__).parent / "data"
PATIENCE_SECONDS = 60


def environment(**more: str) -> dict[str, str]:
    """What a shell would give to the example; nothing of this test run leaks in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRAILMARK", "DJANGO", "PORT"))}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), **more}


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Database:
    """A database with the example's tables, read with plain SQL."""

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo

    def rows(self, query: str) -> list[Any]:
        """Return every row."""
        with psycopg.connect(self.conninfo) as connection:
            return connection.execute(query).fetchall()

    def manage(
        self, *arguments: str, patience: float = PATIENCE_SECONDS, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the example's manage.py on this database."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=EXAMPLE,
            env=environment(TRAILMARK_DATABASE=self.conninfo, **more),
            capture_output=True,
            text=True,
            timeout=patience,
        )


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """An empty database with the example's tables; tests that need people seed it."""
    name = database_name("trailmark")
    with psycopg.connect(POSTGRES.dsn(), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        database = Database(POSTGRES.dsn(name))
        migrated = database.manage("migrate", "--verbosity", "0")
        assert migrated.returncode == 0, migrated.stderr
        yield database
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class DemoProcess:
    """`demo.py` as a terminal runs it: a group of its own, which gets the signals."""

    def __init__(self, state: Path, port: int, *arguments: str) -> None:
        self.state = state
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, str(EXAMPLE / "demo.py"), *arguments],
            env=environment(TRAILMARK_STATE=str(state), PORT=str(port)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until_it_runs(self) -> DemoProcess:
        """Return once it has said where it is."""
        assert self.process.stdout is not None
        # A pipe has no timeout: one that stays silent is killed, which ends the lines.
        patience = threading.Timer(PATIENCE_SECONDS, self.process.kill)
        patience.start()
        try:
            for line in self.process.stdout:
                self.output += line
                if "Operator" in line:
                    return self
        finally:
            patience.cancel()
        raise AssertionError(f"the demo ended with {self.process.wait(PATIENCE_SECONDS)}:\n{self.output}")

    def end(self, number: int = signal.SIGINT) -> str:
        """Send a signal to the group, wait, and return what else was printed."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        if number == signal.SIGKILL:
            # What it started may live a moment longer, and hold the other end of the pipe.
            self.process.wait(PATIENCE_SECONDS)
            assert self.process.stdout is not None
            self.process.stdout.close()
            return ""
        rest, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        self.output += rest
        return rest

    def dsn(self) -> str:
        """Where its PostgreSQL listens."""
        return make_conninfo(host=str(self.state / "demo-postgres"), user="postgres", dbname="postgres")

    def descendants(self) -> list[psutil.Process]:
        """Its parts, and everything that works on its data."""
        mine = psutil.Process(self.process.pid).children(recursive=True)
        return mine + self.postgres()

    def postgres(self) -> list[psutil.Process]:
        """The server on its data directory, if one runs."""
        here = str(self.state / "demo-postgres")
        return [each for each in psutil.process_iter(["name", "cmdline"]) if here in (each.info["cmdline"] or [])]


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a demo leaves behind that was started from nothing and ended; one for all processes of a test run."""
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    home, made = common / "seeded", common / "seeded.made"
    with InterProcessLock(common / "seeded.lock"):
        if not made.exists():
            home.mkdir()
            seed(reachable(home))
            made.touch()
    return home


def seed(home: Path) -> None:
    """Start a demo in an empty place, let its worker finish, and end it."""
    demo = DemoProcess(home, free_port()).wait_until_it_runs()
    try:
        # What its worker had left to do, every copy would do again.
        assert eventually(lambda: is_idle(demo), seconds=4 * PATIENCE_SECONDS)
    finally:
        demo.end()
    assert demo.process.returncode == 0, demo.output


def is_idle(demo: DemoProcess) -> bool:
    """True when no job of it is due."""
    with psycopg.connect(demo.dsn()) as connection:
        due = "status IN ('todo', 'doing') AND coalesce(scheduled_at <= now(), true)"
        return not connection.execute(f"SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE {due})").fetchone()[0]


def copied(seeded: Path, to: Path) -> Path:
    """The same once more; its server insists on the owner it had."""
    subprocess.run(["cp", "-a", f"{seeded}/.", str(to)], check=True)
    return reachable(to)


@pytest.fixture(scope="session")
def demo(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    """A demo that runs, to look at."""
    demo = DemoProcess(copied(seeded, tmp_path_factory.mktemp("demo")), free_port()).wait_until_it_runs()
    yield demo
    demo.end()


@pytest.fixture
def start_demo(seeded: Path, tmp_path: Path) -> Iterator[Callable[..., DemoProcess]]:
    """Start demos that share one seeded place; whatever is left is killed at the end."""
    copied(seeded, tmp_path)
    started: list[DemoProcess] = []

    def start(*arguments: str, port: int | None = None) -> DemoProcess:
        started.append(DemoProcess(tmp_path, port or free_port(), *arguments))
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.end(signal.SIGKILL)
        assert demo.process.stdout is not None
        demo.process.stdout.close()
        for left in demo.postgres():
            left.kill()


def reachable(folder: Path) -> Path:
    """Let others look into a temporary folder: PostgreSQL runs as another user when we are root."""
    for each in (folder, folder.parent, folder.parent.parent):
        each.chmod(each.stat().st_mode | 0o055)
    return folder


class Browser:
    """Enough of one to click through forms: cookies, redirects, CSRF tokens."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies)).open

    def get(self, path: str) -> Any:
        """Return the response after redirects; its body is in `.text`."""
        return self._read(self._open(self.url + path, timeout=20))

    def post(self, path: str, **fields: str) -> Any:
        """Send a form of the tour."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get("/").text)
        assert token is not None
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        return self._read(self._open(self.url + path, data=body, timeout=20))

    def _read(self, response: Any) -> Any:
        with response:
            response.text = response.read().decode()
        return response


def eventually(holds: Callable[[], object], *, seconds: float = 20) -> bool:
    """True as soon as it holds, False when it did not within some time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False
