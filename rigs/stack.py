"""The example host as separate processes on a PostgreSQL of its own, each of which can be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import psycopg

from cairnloop.embedded import EmbeddedPostgres, start_postgres, stop_postgres

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "trailmark"
DATABASE = "rig"


class Stack:
    """PostgreSQL, a web server and a worker; nothing outside its own temporary directory is touched.

    `seeded` is the data of a demo's PostgreSQL that has stopped: the stack works on a copy of it, or begins empty.
    """

    def __init__(self, *, seeded: Path | None = None) -> None:
        self.seeded = seeded
        self.database = DATABASE if seeded is None else "postgres"
        self.home = Path(tempfile.mkdtemp(prefix="cairnloop-rig-"))
        self.home.chmod(0o755)
        self.data_dir = self.home / "postgres"
        self.port = _free_port()
        self.postgres: EmbeddedPostgres | None = None
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Stack:
        if self.seeded is not None:
            # Its owner and its permissions are what PostgreSQL insists on.
            subprocess.run(["cp", "-a", str(self.seeded), str(self.data_dir)], check=True)
        self.start_postgres()
        assert self.postgres is not None
        if self.seeded is None:
            with psycopg.connect(self.postgres.dsn(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {self.database}")
        self.manage("migrate", "--verbosity", "0", "--skip-checks")
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self.web, self.worker):
            if process is not None:
                _end(process, signal.SIGKILL)
        stop_postgres(self.data_dir)
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def url(self) -> str:
        """Where the web server answers."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """What every process of the rig is started with."""
        assert self.postgres is not None, "the database comes first"
        return {
            **os.environ,
            "TRAILMARK_DATABASE": self.postgres.dsn(self.database),
            "TRAILMARK_STATE": str(self.home),
            "TRAILMARK_DEMO": "1",
            "DJANGO_SETTINGS_MODULE": "trailmark.settings",
            "PYTHONPATH": os.pathsep.join([str(EXAMPLE), str(ROOT / "src"), str(ROOT)]),
            "PYTHONWARNINGS": "ignore",
        }

    def move_in(self) -> None:
        """Make this process one of the rig's, so that it may set Django up and use the same database."""
        os.environ.update(self.environment())

    def manage(self, *arguments: str) -> None:
        """Run a management command of the example and wait for it."""
        command = [sys.executable, str(EXAMPLE / "manage.py"), *arguments]
        subprocess.run(command, check=True, env=self.environment(), cwd=EXAMPLE)

    def start_postgres(self) -> None:
        """Start the database, or bring it back after a crash."""
        self.postgres = start_postgres(self.data_dir, tuning={"max_connections": "300"})

    def crash_postgres(self) -> None:
        """Stop the database at once, without a checkpoint."""
        stop_postgres(self.data_dir, immediate=True)

    def start_web(self) -> None:
        """Start the web server and wait until it answers."""
        self.web = self._start(
            "web", "-m", "uvicorn", "trailmark.asgi:application", "--port", str(self.port),
            "--log-level", "warning", "--no-access-log",
        )  # fmt: skip
        self._await_web()

    def kill_web(self) -> None:
        """`kill -9` the web server."""
        if self.web is not None:
            _end(self.web, signal.SIGKILL)

    def start_worker(self) -> None:
        """Start the worker."""
        self.worker = self._start("worker", str(EXAMPLE / "manage.py"), "procrastinate", "worker")

    def kill_worker(self) -> None:
        """`kill -9` the worker."""
        if self.worker is not None:
            _end(self.worker, signal.SIGKILL)

    def web_memory_bytes(self) -> int:
        """Resident memory of the web server."""
        assert self.web is not None
        return int(psutil.Process(self.web.pid).memory_info().rss)

    def _start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.home / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *arguments], env=self.environment(), cwd=EXAMPLE, stdout=log, stderr=log
            )

    def _await_web(self, seconds: float = 40) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
            except urllib.error.HTTPError:
                return
            except OSError:
                if self.web is not None and self.web.poll() is not None:
                    break
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"The web server did not come up:\n{(self.home / 'web.log').read_text()[-3000:]}")


def _end(process: subprocess.Popen[bytes], number: int) -> None:
    process.send_signal(number)
    process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
