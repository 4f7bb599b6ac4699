from __future__ import annotations

import csv
import io
import json

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.utils import timezone

from cairnloop.audit.exporting import verify_export
from cairnloop.audit.recording import record
from cairnloop.audit.sealing import seal
from cairnloop.models import AuditEntry
from cairnloop.web.audit_log import exports
from tests.audit.support import ADA, Actor

pytestmark = pytest.mark.django_db

CSV, LINES = "/support/audit/export.csv", "/support/audit/export.jsonl"


@pytest.fixture
def trail(monkeypatch) -> None:
    """Two streams, sealed once; read two entries at a time."""
    monkeypatch.setattr(exports, "CHUNK", 2)
    for number in (1, 2, 1, 2, 1):
        record("conversation.replied", by=ADA, subject=f"conversation:{number}", evidence={"sequence": number})
    seal(now=timezone.now())
    record("draft.discarded", by=Actor.customer("=cmd()"), subject="draft:1", reason='+1\n@x, "y"')


def told(response) -> str:
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


@pytest.mark.usefixtures("trail")
class TestCsv:
    def test_has_every_entry_that_was_asked_for_newest_first(self, auditor):
        response = auditor.get(CSV)
        assert response["Content-Type"].startswith("text/csv")
        assert "attachment" in response["Content-Disposition"]
        rows = list(csv.DictReader(io.StringIO(told(response), newline="")))
        entries = list(AuditEntry.objects.order_by("-id"))
        assert [int(row["id"]) for row in rows] == [entry.pk for entry in entries]
        assert [row["hash"] for row in rows] == [entry.hash for entry in entries]
        assert json.loads(rows[1]["evidence"]) == {"sequence": 1}

    def test_is_exactly_what_the_list_would_show(self, auditor):
        for query, count in (("?subject=conversation:1", 3), ("?q=sent", 5), ("?kind=draft", 1), ("?q=nowhere", 0)):
            assert len(list(csv.reader(io.StringIO(told(auditor.get(CSV + query)), newline="")))) == count + 1

    def test_has_no_cell_that_a_spreadsheet_would_take_for_a_formula(self, auditor):
        (row,) = csv.DictReader(io.StringIO(told(auditor.get(f"{CSV}?kind=draft")), newline=""))
        assert row["actor_ref"] == "'=cmd()"
        assert row["reason"] == '\'+1\n@x, "y"'
        assert not any(value.startswith(("=", "+", "-", "@")) for value in row.values())


@pytest.mark.usefixtures("trail")
class TestLines:
    def test_verify_where_no_database_is(self, auditor):
        verification = verify_export(io.StringIO(told(auditor.get(LINES))))
        assert verification.is_intact
        assert (verification.entries, verification.streams, verification.seals) == (6, 3, 1)

    def test_verify_for_one_subject(self, auditor):
        text = told(auditor.get(f"{LINES}?subject=conversation:2"))
        assert verify_export(io.StringIO(text), stream="conversation:2").entries == 2
        forged = text.replace('"sequence": 2', '"sequence": 9', 1)
        assert not verify_export(io.StringIO(forged), stream="conversation:2").is_intact

    def test_hold_a_page_of_entries_in_memory_and_no_more(self, auditor):
        parts = iter(auditor.get(LINES).streaming_content)
        sizes = [part.count(b"\n") for part in parts]
        assert sizes == [1, 2, 2, 2, 1]


class TestUnderAsgi:
    def test_sends_part_after_part(self, auditor, monkeypatch):
        monkeypatch.setattr(exports, "CHUNK", 2)
        for number in range(5):
            record("conversation.opened", by=ADA, subject=f"conversation:{number}")
        client = AsyncClient()
        client.cookies = auditor.cookies

        async def parts() -> list[bytes]:
            response = await client.get(CSV)
            assert response.is_async
            return [part async for part in response.streaming_content]

        # Synchronous code of it runs in this thread, on this test's connection.
        assert [part.count(b"\n") for part in async_to_sync(parts)()] == [1, 2, 2, 1]
