"""The server inside the wheel: it is reachable after every start, whatever became of an earlier one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from cairnloop.embedded import PostgresDidNotStart, start_postgres, stop_postgres

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]
USE = """
import sys
from pathlib import Path
from tests.hosts import postgres
postgres.DATA_DIR = Path(sys.argv[1])
print(postgres.POSTGRES.pid, flush=True)
sys.stdin.read()
"""


def is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """Where a server may run; none does afterwards."""
    yield tmp_path / "pg"
    stop_postgres(tmp_path / "pg", immediate=True)


class TestStartPostgres:
    def test_ends_the_server_of_a_removed_directory(self, data_dir: Path) -> None:
        first = start_postgres(data_dir)
        shutil.rmtree(data_dir)
        second = start_postgres(data_dir)
        assert not is_running(first.pid)
        psycopg.connect(second.dsn()).close()

    def test_starts_anew_what_has_lost_its_socket(self, data_dir: Path) -> None:
        first = start_postgres(data_dir)
        Path(first.socket_dir, ".s.PGSQL.5432").unlink()
        second = start_postgres(data_dir)
        assert second.pid != first.pid
        psycopg.connect(second.dsn()).close()
        assert start_postgres(data_dir).pid == second.pid

    def test_says_why_it_cannot_start(self, data_dir: Path, capfd: pytest.CaptureFixture[str]) -> None:
        start_postgres(data_dir)
        stop_postgres(data_dir)
        with (data_dir / "postgresql.conf").open("a") as conf:
            conf.write("no_such_setting = 1\n")
        with pytest.raises(PostgresDidNotStart) as refused:
            start_postgres(data_dir)
        message = str(refused.value)
        assert str(data_dir) in message
        assert 'unrecognized configuration parameter "no_such_setting"' in message
        assert capfd.readouterr().err == ""


class TestTheTestsServer:
    def test_is_not_started_by_whoever_only_reads_the_settings(self) -> None:
        script = (
            "import django; django.setup(); "
            "from tests.hosts import postgres; print(postgres._start.cache_info().currsize)"
        )
        done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.stdout.split() == ["0"], done.stderr

    def test_ends_with_the_last_who_uses_it(self, data_dir: Path) -> None:
        first, second = self.use(data_dir), self.use(data_dir)
        pid = self.pid_of(first)
        assert self.pid_of(second) == pid
        first.communicate(timeout=60)
        assert is_running(pid)
        second.communicate(timeout=60)
        assert not is_running(pid)

    def use(self, data_dir: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", USE, str(data_dir)]
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def pid_of(self, user: subprocess.Popen[str]) -> int:
        assert user.stdout is not None
        return int(user.stdout.readline())
