from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cairnloop.audit.recording import record
from cairnloop.models import AuditSeal
from tests.audit.support import ADA, tamper

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("cairnloop_audit", *arguments, stdout=output, stderr=io.StringIO())
    return output.getvalue()


@pytest.fixture
def trail(db) -> None:
    for number in (1, 2):
        record("conversation.opened", by=ADA, subject=f"conversation:{number}")
        record("conversation.replied", by=ADA, subject=f"conversation:{number}")


@pytest.mark.usefixtures("trail")
class TestCairnloopAudit:
    def test_verify_says_what_was_read_and_that_it_is_intact(self):
        assert run("verify") == (
            "Read 0 seals, 2 streams, 4 entries; 4 of them are not sealed yet.\nThe audit trail is intact.\n"
        )

    def test_verify_names_the_first_bad_entry_and_fails(self):
        tamper("UPDATE cairnloop_auditentry SET reason = 'x' WHERE stream = 'conversation:2' AND position = 1")

        with pytest.raises(CommandError) as failure:
            run("verify")

        assert failure.value.returncode == 1
        assert re.fullmatch(
            r"The audit trail is damaged\. Content changed at stream conversation:2, position 1, id \d+\. "
            r"It does not say what it said when it was recorded\.",
            str(failure.value),
        )
        assert "intact" in run("verify", "--stream", "conversation:1")
        for streams in (["--stream", "conversation:1", "--stream", "conversation:2"], ["--stream", ""]):
            with pytest.raises(CommandError, match="Name one stream"):
                run("verify", *streams)

    def test_verify_does_not_call_intact_what_does_not_exist(self, tmp_path):
        path = tmp_path / "trail.jsonl"
        path.write_text(run("export"))
        for where in ([], ["--file", str(path)]):
            assert "Read 0 seals, 1 streams" in run("verify", "--stream", "conversation:1", *where)
            with pytest.raises(CommandError, match="knows no stream conversaton:1") as failure:
                run("verify", "--stream", "conversaton:1", *where)
            assert failure.value.returncode == 1

    def test_seal_head_and_verify_play_together(self):
        assert run("seal") == "Sealed 2 streams.\n"
        assert run("seal") == "Nothing to seal: no stream has grown.\n"
        number, seal_hash = run("head").split()
        assert (int(number), seal_hash) == AuditSeal.objects.values_list("number", "hash").get()
        assert "intact" in run("verify", "--seal-hash", seal_hash)
        with pytest.raises(CommandError, match="Seal missing"):
            run("verify", "--seal-hash", "f" * 64)

    def test_head_says_what_to_do_before_the_first_seal(self):
        with pytest.raises(CommandError, match="cairnloop_audit seal"):
            run("head")

    def test_an_export_verifies_elsewhere(self, tmp_path, django_assert_num_queries):
        run("seal")
        path = tmp_path / "trail.jsonl"
        path.write_text(run("export"))

        with django_assert_num_queries(0):
            assert "2 streams, 4 entries" in run("verify", "--file", str(path))

        path.write_text(path.read_text().replace("conversation.opened", "conversation.hidden"))
        with pytest.raises(CommandError, match="Content changed at stream conversation:1, position 1"):
            run("verify", "--file", str(path))

    def test_verify_says_which_file_it_cannot_read(self, tmp_path):
        with pytest.raises(CommandError, match=r"nowhere\.jsonl cannot be read"):
            run("verify", "--file", str(tmp_path / "nowhere.jsonl"))
        (tmp_path / "other.csv").write_bytes(b"\xff\xfea;b")
        with pytest.raises(CommandError, match="Line 1"):
            run("verify", "--file", str(tmp_path / "other.csv"))

    def test_verify_of_a_file_runs_as_a_program_without_any_database(self, tmp_path):
        run("seal")
        path = tmp_path / "trail.jsonl"
        path.write_text(run("export"))
        program = (
            "from django.conf import settings\n"
            "from django.core.management import execute_from_command_line\n"
            "apps = ['django.contrib.auth', 'django.contrib.contenttypes', 'cairnloop']\n"
            "settings.configure(INSTALLED_APPS=apps, USE_TZ=True)\n"
            "execute_from_command_line()\n"
        )

        def verify() -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-c", program, "cairnloop_audit", "verify", "--file", str(path)]
            environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
            environment.pop("DJANGO_SETTINGS_MODULE", None)
            return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

        intact = verify()
        path.write_text(path.read_text().replace('"actor_ref": "7"', '"actor_ref": "8"', 1))
        damaged = verify()

        assert (intact.returncode, intact.stderr) == (0, "")
        assert "The audit trail is intact." in intact.stdout
        assert damaged.returncode == 1
        assert "Content changed at stream conversation:1, position 1" in damaged.stderr
