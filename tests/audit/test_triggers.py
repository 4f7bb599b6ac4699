from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from cairnloop.audit.models import AuditEntry, AuditSeal
from cairnloop.audit.recording import record
from cairnloop.audit.sealing import seal
from cairnloop.audit.stored_trail import verify_stored_trail
from cairnloop.audit.triggers import TABLES
from cairnloop.testing.flushing import allow_flush
from tests.audit.support import ADA, execute

BEFORE, GUARD = ("cairnloop", "0001_initial"), ("cairnloop", "0002_audit_append_only")

pytestmark = pytest.mark.django_db


def unapply_guard() -> None:
    loader = MigrationLoader(connection)
    with connection.schema_editor() as editor:
        loader.get_migration(*GUARD).unapply(loader.project_state(BEFORE), editor)


def apply_guard() -> None:
    loader = MigrationLoader(connection)
    with connection.schema_editor() as editor:
        loader.get_migration(*GUARD).apply(loader.project_state(BEFORE), editor)


@pytest.fixture
def as_in_production() -> None:
    """The triggers as the migration makes them; the test session has switched the TRUNCATE guard off."""
    unapply_guard()
    apply_guard()


@pytest.fixture
def trail(as_in_production, now) -> tuple[AuditEntry, AuditSeal]:
    entry = record("conversation.opened", by=ADA, subject="conversation:42")
    seal(now=now)
    return entry, AuditSeal.objects.get()


def refused(change) -> None:
    before = list(AuditEntry.objects.values_list()), list(AuditSeal.objects.values_list())
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        change()
    assert (list(AuditEntry.objects.values_list()), list(AuditSeal.objects.values_list())) == before


@pytest.mark.usefixtures("trail")
class TestAppendOnly:
    @pytest.mark.parametrize("table", TABLES)
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE {} SET digest = repeat('a', 64)",
            "UPDATE {} SET id = id",
            "DELETE FROM {}",
            "TRUNCATE {}",
            "TRUNCATE {} RESTART IDENTITY CASCADE",
        ],
    )
    def test_the_database_refuses(self, table, statement):
        refused(lambda: execute(statement.format(table)))

    def test_the_database_refuses_an_upsert(self):
        refused(
            lambda: execute(
                "INSERT INTO cairnloop_auditentry (id, stream, action, actor_kind, actor_ref, reason,"
                " evidence, recorded_at, digest) SELECT id, stream, action, actor_kind, 'somebody else',"
                " reason, evidence, recorded_at, digest FROM cairnloop_auditentry"
                " ON CONFLICT (id) DO UPDATE SET actor_ref = excluded.actor_ref"
            )
        )

    def test_the_database_refuses_what_django_sends(self, trail):
        entry, newest = trail
        refused(lambda: AuditEntry.objects.update(reason="something else"))
        refused(lambda: AuditEntry.objects.all().delete())
        refused(entry.save)
        refused(entry.delete)
        refused(newest.save)
        refused(newest.delete)

    def test_the_database_refuses_where_replication_silences_ordinary_triggers(self):
        execute("SET LOCAL session_replication_role = replica")

        refused(lambda: execute("UPDATE cairnloop_auditentry SET reason = 'something else'"))
        refused(lambda: execute("DELETE FROM cairnloop_auditseal"))
        refused(lambda: execute("TRUNCATE cairnloop_auditentry"))

    def test_says_what_to_do_instead(self):
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            execute("DELETE FROM cairnloop_auditentry")
        assert "Record a further entry" in str(refusal.value)


@pytest.mark.usefixtures("as_in_production")
class TestChaining:
    def test_raw_inserts_are_chained_whatever_place_they_claim(self):
        first = record("conversation.opened", by=ADA, subject="conversation:42")
        rows = execute(
            "INSERT INTO cairnloop_auditentry (stream, position, previous_hash, hash, action, actor_kind,"
            " actor_ref, reason, evidence, recorded_at, digest) VALUES ('conversation:42', 99, %s, %s, 'a.b',"
            " 'system', 'sql', '', '{}', now(), %s) RETURNING position, previous_hash, hash",
            "1" * 64,
            "2" * 64,
            "3" * 64,
        )

        [(position, previous_hash, own_hash)] = rows
        assert (position, previous_hash) == (2, first.hash)
        assert own_hash != "2" * 64
        assert verify_stored_trail().flaw.fault == "content changed"

    def test_rows_of_one_statement_are_chained_to_each_other(self):
        template = record("conversation.opened", by=ADA, subject="conversation:42")
        copies = [
            AuditEntry(
                **{
                    name: getattr(template, name)
                    for name in ("stream", "action", "actor_kind", "actor_ref", "reason", "evidence")
                },
                recorded_at=template.recorded_at,
                digest=template.digest,
            )
            for _ in range(5)
        ]

        AuditEntry.objects.bulk_create(copies)

        assert [copy.position for copy in copies] == [2, 3, 4, 5, 6]
        assert verify_stored_trail().is_intact

    def test_the_next_entry_follows_the_last_position_and_not_the_last_id(self):
        """Ids are drawn before a writer waits for its turn, so the two orders may differ."""
        record("conversation.opened", by=ADA, subject="conversation:42")
        execute(
            "INSERT INTO cairnloop_auditentry (id, stream, action, actor_kind, actor_ref, reason, evidence,"
            " recorded_at, digest)"
            " VALUES (%s, 'conversation:42', 'a.b', 'system', 'sql', '', '{}', now(), %s)",
            AuditEntry.objects.get().pk + 1_000,
            "3" * 64,
        )

        third = record("conversation.replied", by=ADA, subject="conversation:42")
        fourth = record("conversation.replied", by=ADA, subject="conversation:42")

        assert (third.position, fourth.position, fourth.previous_hash) == (3, 4, third.hash)

    def test_nothing_can_be_inserted_without_the_trigger(self):
        execute("ALTER TABLE cairnloop_auditentry DISABLE TRIGGER cairnloop_audit_chain")

        with pytest.raises(IntegrityError), transaction.atomic():
            record("conversation.opened", by=ADA, subject="conversation:42")

    @pytest.mark.parametrize(("column", "value"), [("actor_kind", "ghost"), ("actor_ref", ""), ("digest", "short")])
    def test_refuses_rows_that_name_nobody_or_hash_nothing(self, column, value):
        values = {"actor_kind": "system", "actor_ref": "sql", "digest": "3" * 64, column: value}
        with pytest.raises(IntegrityError, match="check constraint"), transaction.atomic():
            execute(
                "INSERT INTO cairnloop_auditentry (stream, action, reason, evidence, recorded_at, actor_kind,"
                " actor_ref, digest) VALUES ('a:1', 'a.b', '', '{}', now(), %s, %s, %s)",
                *values.values(),
            )

    def test_does_not_fall_for_a_temporary_table_of_the_same_name(self):
        first = record("conversation.opened", by=ADA, subject="conversation:42")
        execute("CREATE TEMP TABLE decoy (LIKE cairnloop_auditentry) ON COMMIT DROP")
        execute("ALTER TABLE decoy RENAME TO cairnloop_auditentry")

        [(position, previous_hash)] = execute(
            "INSERT INTO public.cairnloop_auditentry (stream, action, actor_kind, actor_ref, reason,"
            " evidence, recorded_at, digest) VALUES ('conversation:42', 'a.b', 'system', 'sql', '', '{}',"
            " now(), %s) RETURNING position, previous_hash",
            "3" * 64,
        )

        assert (position, previous_hash) == (2, first.hash)


class TestTheMigration:
    def test_can_be_unapplied_and_applied_again(self, trail):
        entry, _ = trail
        unapply_guard()
        functions = execute("SELECT proname FROM pg_proc WHERE proname LIKE 'cairnloop_audit%%'")
        triggers = execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'cairnloop_audit%%'")
        apply_guard()

        assert (functions, triggers) == ([], [])
        refused(lambda: execute("DELETE FROM cairnloop_auditentry"))
        following = record("conversation.replied", by=ADA, subject="conversation:42")
        assert (following.position, following.previous_hash) == (2, entry.hash)
        assert verify_stored_trail().is_intact


@pytest.mark.usefixtures("trail")
class TestAllowFlush:
    def test_lets_a_test_database_be_emptied_and_nothing_more(self):
        allow_flush()

        refused(lambda: execute("UPDATE cairnloop_auditentry SET reason = 'something else'"))
        refused(lambda: execute("DELETE FROM cairnloop_auditseal"))
        execute("TRUNCATE cairnloop_auditentry, cairnloop_auditseal")
        assert not AuditEntry.objects.exists()
        assert not AuditSeal.objects.exists()

    def test_raises_outside_a_test_run(self, monkeypatch):
        monkeypatch.delattr("django.core.mail.outbox")

        with pytest.raises(RuntimeError, match="test run only"):
            allow_flush()

        refused(lambda: execute("TRUNCATE cairnloop_auditentry"))
