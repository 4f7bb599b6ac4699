"""Runs the whole demo until Ctrl-C: PostgreSQL, tables, people and conversations, payment service, web server, worker.

`make demo` calls it; `--reset` forgets what an earlier demo stored. Whatever this starts it also stops, and
nothing else is touched.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import tables
from port import HOST, PortRefused, demo_port, free_port

HERE = Path(__file__).resolve().parent
STATE_DIR = Path(os.environ.get("TRAILMARK_STATE", HERE.parents[1] / ".cairnloop"))
DATA_DIR = STATE_DIR / "demo-postgres"
PAYMENTS = STATE_DIR / "demo-payments.sqlite3"
MADE_BY = STATE_DIR / "demo-migrations.json"
WEB = (
    "-m",
    "uvicorn",
    "trailmark.asgi:application",
    "--log-level",
    "warning",
    "--timeout-graceful-shutdown",
    "3",
)
WORKER = ("manage.py", "procrastinate", "worker", "--shutdown-graceful-timeout", "3")
STOP_SECONDS = 10
START_SECONDS = 60


class DemoFailed(Exception):
    """The demo cannot go on; the message says why, and what to do."""


class Stopped(Exception):
    """Somebody pressed Ctrl-C, or asked the process to end."""


class Part:
    """A child process that ends with this one, even if this one is killed."""

    def __init__(self, name: str, *command: str) -> None:
        self.name = name
        # Its own session: Ctrl-C in a terminal reaches only us, and we stop the parts in order.
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "leash.py"), *command],
            cwd=HERE,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def refuse_death(self) -> None:
        """Raise DemoFailed if it is not running any more."""
        code = self.process.poll()
        if code is not None:
            how = f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
            raise DemoFailed(f"The {self.name} ended by itself, {how}. Everything else is being stopped.")

    def stop(self) -> None:
        """Ask it to end; kill it if it has not after a while."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Demo:
    """Everything that runs, and how it ends."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.parts: list[Part] = []
        self.asked_to_stop = threading.Event()
        self.has_database = False

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # From here on a second Ctrl-C must not leave half of it running.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if not self.parts and not self.has_database:
            return
        with progress("Everything stopped"):
            for part in reversed(self.parts):
                part.stop()
            if self.has_database:
                from cairnloop.embedded import stop_postgres

                stop_postgres(DATA_DIR)

    def run(self) -> None:
        """Start everything in order, say where it is, and watch over it."""
        self._start_database()
        self._prepare_tables()
        self._start_parts()
        self._say_where()
        while not self.asked_to_stop.wait(0.3):
            for part in self.parts:
                part.refuse_death()

    def _start_database(self) -> None:
        from psycopg.conninfo import make_conninfo

        from cairnloop.embedded import PostgresUnavailable, start_postgres

        refuse_other_tables()
        self.has_database = True
        with progress("PostgreSQL"):
            try:
                server = start_postgres(DATA_DIR)
            except PostgresUnavailable as unavailable:
                raise DemoFailed(str(unavailable)) from unavailable
        os.environ["TRAILMARK_DATABASE"] = make_conninfo(host=server.socket_dir, user="postgres", dbname="postgres")

    def _prepare_tables(self) -> None:
        import django
        from django.core.management import call_command
        from django.db import connections

        os.environ["DJANGO_SETTINGS_MODULE"] = "trailmark.settings"
        os.environ["TRAILMARK_DEMO"] = "1"
        django.setup()
        with progress("Tables"):
            call_command("migrate", verbosity=0)
        with progress("People and conversations"):
            call_command("seed", verbosity=0)
        connections.close_all()

    def _start_parts(self) -> None:
        port = free_port()
        os.environ["TRAILMARK_PAYMENTS_URL"] = f"http://{HOST}:{port}"
        with progress("Web server and worker"):
            payments = ("payment_service.py", "--port", str(port), "--data", str(PAYMENTS))
            self.parts.append(Part("payment service", *payments))
            self.parts.append(Part("web server", *WEB, "--host", HOST, "--port", str(self.port)))
            self.parts.append(Part("worker", *WORKER))
            deadline = time.monotonic() + START_SECONDS
            while not self._answers():
                for part in self.parts:
                    part.refuse_death()
                if time.monotonic() > deadline:
                    raise DemoFailed(f"The web server did not answer within {START_SECONDS} seconds.")
                if self.asked_to_stop.wait(0.1):
                    raise Stopped

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self._url("/"), timeout=5) as response:
                return bool(response.status == 200)
        except urllib.error.HTTPError as error:
            raise DemoFailed(f"The front page answers with {error.code}. The lines above say why.") from error
        except OSError:
            return False

    def _say_where(self) -> None:
        print(
            f"\n  Trailmark is running, with invented people. Ctrl-C stops it.\n\n"
            f"    Tour       {self._url('/')}            start here, and change who you are\n"
            f"    Customer   {self._url('/chat')}        write to support as Lin Zhao\n"
            f"    Operator   {self._url('/support/')}    answer as Ada Brandt\n",
            flush=True,
        )

    def _url(self, path: str) -> str:
        return f"http://{HOST}:{self.port}{path}"

    def _on_signal(self, number: int, frame: object) -> None:
        first = not self.asked_to_stop.is_set()
        self.asked_to_stop.set()
        if first and not self.parts:
            # Nothing is being watched yet: leave whatever step we are in.
            raise Stopped


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Print what was done, and how long it took."""
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(f"  {what:<30} not finished", flush=True)
        raise
    print(f"  {what:<30} {time.monotonic() - began:5.1f} s", flush=True)


@contextmanager
def only_demo_here(port: int) -> Iterator[None]:
    """Hold the lock of this checkout's demo. The kernel lets go of it when we end, however that happens."""
    with _lock() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoFailed(f"The demo of this checkout is already running{_where(lock)}. Stop it first.") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()} {port}")
        lock.flush()
        yield


def _lock() -> IO[str]:
    try:
        STATE_DIR.mkdir(parents=True, exist_ok=True)
        return (STATE_DIR / "demo.lock").open("a+")
    except OSError as error:
        raise DemoFailed(
            f"The demo cannot keep its data in {STATE_DIR} ({error.strerror}), so nothing was started. If that belongs "
            "to another user, such as root, be that user or remove it. TRAILMARK_STATE names another place."
        ) from error


def _where(lock: IO[str]) -> str:
    lock.seek(0)
    pid, _, port = lock.read().partition(" ")
    return f" at http://{HOST}:{port}/ (process {pid})" if port else ""


def refuse_other_tables() -> None:
    """Raise DemoFailed for what an earlier checkout stored whose migrations have changed since."""
    if (DATA_DIR / "PG_VERSION").exists() and not tables.fit(MADE_BY):
        raise DemoFailed(
            "An earlier demo stored its data in tables that this version of the code does not fit any more. "
            "Nothing was changed. Forget that data and start anew: make demo-reset"
        )
    tables.keep(MADE_BY)


def forget_everything() -> None:
    """Remove what earlier demos stored; nothing outside the demo's own directory."""
    from cairnloop.embedded import stop_postgres

    with progress("The last demo forgotten"):
        stop_postgres(DATA_DIR)
        shutil.rmtree(DATA_DIR, ignore_errors=True)
        for file in STATE_DIR.glob(f"{PAYMENTS.name}*"):
            file.unlink()


def main() -> int:
    """Return the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--reset", action="store_true", help="forget what an earlier demo stored")
    reset = options.parse_args().reset
    try:
        port = demo_port()
        with only_demo_here(port):
            print("Starting the demo …", flush=True)
            if reset:
                forget_everything()
            with Demo(port) as demo:
                demo.run()
    except Stopped:
        pass
    except (PortRefused, DemoFailed) as failure:
        print(failure, file=sys.stderr)
        return 1
    except ModuleNotFoundError as missing:
        print(f"{missing.name} is not installed for this Python. Start the demo with: make demo", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
