from __future__ import annotations

import io
import json

import pytest

from cairnloop.audit.exporting import LONGEST_LINE, UnreadableExport, export_trail, verify_export
from cairnloop.audit.flaws import Fault
from cairnloop.audit.recording import record
from cairnloop.audit.sealing import seal
from cairnloop.audit.stored_trail import verify_stored_trail
from cairnloop.models import AuditSeal
from tests.audit.support import ADA, tamper


def exported() -> list[str]:
    lines: list[str] = []
    export_trail(write=lines.append)
    return lines


def verified(lines: list[str], **arguments):
    return verify_export(io.StringIO("".join(f"{line}\n" for line in lines)), **arguments)


@pytest.fixture
def trail(db, now) -> None:
    for subject in ("conversation:1", "conversation:2", "customer:Größe 😀"):
        for sequence in (1, 2):
            evidence = {"sequence": sequence, "big": 2**62, "words": ["ü", None, True]}
            record("conversation.replied", by=ADA, subject=subject, reason="Zeile\n„zwei“", evidence=evidence)
    seal(now=now)
    record("conversation.replied", by=ADA, subject="conversation:2")


@pytest.mark.usefixtures("trail")
class TestExportTrail:
    def test_writes_one_json_object_a_line_and_says_at_the_end_how_many(self):
        kinds = [json.loads(line)["kind"] for line in exported()]

        assert kinds == ["seal"] + ["entry"] * 7 + ["end"]
        assert json.loads(exported()[-1])["lines"] == 8

    def test_is_plain_ascii_so_that_no_terminal_changes_it(self):
        assert all(line.isascii() for line in exported())


@pytest.mark.usefixtures("trail")
class TestVerifyExport:
    def test_finds_what_the_database_says_without_asking_it(self, django_assert_num_queries):
        lines = exported()
        kept = AuditSeal.objects.get().hash
        expected = verify_stored_trail(seal_hash=kept)

        with django_assert_num_queries(0):
            verification = verified(lines, seal_hash=kept)

        assert verification == expected
        assert (verification.is_intact, verification.entries, verification.unsealed) == (True, 7, 1)

    def test_finds_in_an_export_the_flaw_the_database_has(self):
        tamper("UPDATE cairnloop_auditentry SET reason = 'x' WHERE stream = 'conversation:2' AND position = 2")

        verification = verified(exported())
        assert verification == verify_stored_trail()
        assert verification.flaw is not None
        assert (verification.flaw.fault, verification.flaw.position) == (Fault.CONTENT_CHANGED, 2)

    def test_finds_a_flaw_made_in_the_file(self):
        lines = [line.replace('"position": 1', '"position": 2') for line in exported()]

        flaw = verified(lines).flaw
        assert flaw is not None
        assert (flaw.fault, flaw.stream, flaw.position) == (Fault.POSITION_MISSING, "conversation:1", 1)

    def test_can_be_limited_to_a_stream(self):
        verification = verified(exported(), stream="conversation:2")
        assert (verification.flaw, verification.entries, verification.streams) == (None, 3, 1)

    @pytest.mark.parametrize("kept_lines", [0, 1, 4, 8])
    def test_refuses_a_file_that_was_cut_short(self, kept_lines):
        with pytest.raises(UnreadableExport, match=f"Line {kept_lines + 1}"):
            verified(exported()[:kept_lines])

    def test_refuses_a_file_with_fewer_lines_than_it_says(self):
        lines = [line for line in exported() if '"position": 3' not in line]
        with pytest.raises(UnreadableExport, match="Line 8"):
            verified(lines)

    @pytest.mark.parametrize(
        ("removed", "line"),
        [('"reason"', 2), ('"hash"', 2), ('"heads"', 1), ('"sealed_at"', 1), ('"kind"', 1), ('"kind"', 5)],
    )
    def test_refuses_a_line_with_something_missing(self, removed, line):
        lines = exported()
        lines[line - 1] = lines[line - 1].replace(removed, '"else"', 1)
        with pytest.raises(UnreadableExport, match=f"Line {line}"):
            verified(lines)

    @pytest.mark.parametrize(
        "changes",
        [
            {"position": "1"},
            {"position": True},
            {"position": None},
            {"id": 1.0},
            {"stream": 7},
            {"recorded_at": "yesterday"},
            {"recorded_at": 7},
            {"recorded_at": "2026-03-01T12:00:00"},
            {"recorded_at": "0001-01-01T00:00:00+05:00"},
        ],
    )
    def test_refuses_a_line_with_values_of_the_wrong_type(self, changes):
        lines = exported()
        lines[1] = json.dumps({**json.loads(lines[1]), **changes})
        with pytest.raises(UnreadableExport, match="Line 2: a value"):
            verified(lines)

    @pytest.mark.parametrize("junk", ["", "{", "[]", "7", "[" * 100_000, '{"kind": ' + "9" * 5_000 + "}", "\x00"])
    def test_refuses_a_line_that_is_no_json_object(self, junk):
        lines = exported()
        lines[3] = junk
        with pytest.raises(UnreadableExport, match="Line 4"):
            verified(lines)

    def test_refuses_a_line_no_export_would_write_without_reading_all_of_it(self):
        file = io.StringIO('{"kind": "' + "x" * (LONGEST_LINE + 10))
        with pytest.raises(UnreadableExport, match="Line 1"):
            verify_export(file)
        assert file.tell() == LONGEST_LINE

    def test_refuses_entries_before_seals_and_lines_after_the_end(self):
        lines = exported()
        with pytest.raises(UnreadableExport):
            verified([*lines[1:-1], lines[0], lines[-1]])
        with pytest.raises(UnreadableExport):
            verified([*lines, lines[1]])

    def test_survives_text_that_no_database_would_hold(self):
        lines = exported()
        lines[1] = json.dumps({**json.loads(lines[1]), "stream": "a:\ud800", "evidence": {"x": float("nan")}})

        flaw = verified(lines).flaw
        assert flaw is not None
        assert flaw.fault == Fault.CONTENT_CHANGED
