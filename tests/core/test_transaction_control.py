"""What ends a transaction, or leaves no row, is told apart from what only looks like it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from psycopg import sql

from cairnloop.core.transaction_control import (
    CannotBeShown,
    EndsTransaction,
    can_be_shown,
    controls_transaction,
    only_reads,
    transaction_kept,
)

CONTROL = [
    "COMMIT",
    "  commit work",
    "/* a note */ Rollback",
    "-- a note\nABORT",
    "SELECT 1; END",
    "SELECT E'it\\'s'; COMMIT",
    "SELECT E'a'\n'\\''; COMMIT; --'",
    "SELECT E'a' -- on\n \t-- and on\n'\\'' \r 'b'; COMMIT; --'",
    "SELECT 'a;b' ; \n BEGIN",
    "SELECT $$ ; $$; COMMIT AND CHAIN",
    "start transaction",
    "PREPARE TRANSACTION 'two'",
    "SET TRANSACTION READ ONLY",
    "ROLLBACK TRANSACTION",
    "/* a /* nested */ ; */ COMMIT",
    "SELECT 1; /* /* */ */ COMMIT",
    "SELECT 1; -- a note\rCOMMIT",
    "SELECT 1 AS a$b$; COMMIT; SELECT 1 AS a$b$",
    "SELECT $1$; COMMIT; SELECT $1$",
    "COMMIT PREPARED 'two'",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "\f\vCoMmIt",
    "SAVEPOINT outer_one",
    'RELEASE "outer_one"',
    "SELECT 1; ROLLBACK TO SAVEPOINT Outer_One",
]
HARMLESS = [
    "SAVEPOINT one",
    "RELEASE SAVEPOINT one",
    "ROLLBACK TO SAVEPOINT one",
    "ROLLBACK WORK TO one",
    "SELECT CASE WHEN true THEN 1 END",
    "SELECT 'x; COMMIT'",
    'SELECT 1 AS "; COMMIT"',
    "SELECT 1 -- ; COMMIT",
    "SELECT $a$; COMMIT;$a$",
    "SET LOCAL work_mem = '8MB'",
    "SET CONSTRAINTS ALL IMMEDIATE",
    "PREPARE plan AS SELECT 1",
    "UPDATE t SET begin = 1, commit = 2",
    "SELECT E'\\'; COMMIT; --'",
    "SELECT E'a'\n'\\'; COMMIT; --'",
    "SELECT E'a' -- on\n'\\'; COMMIT'",
    "SELECT 'a'\n'; COMMIT'",
    "SELECT $_a1$ $$; COMMIT; $_a1$",
    "SELECT '/*'; SELECT 'commit' /* ; COMMIT; */",
    'UPDATE "a;b" SET x = \'""\'; SELECT "commit"',
    "SELECT 1; SAVEPOINT inner_one; SELECT outer_one",
]

SHOWN = [
    "(SELECT 1) UNION SELECT 2",
    "WITH moved AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM moved",
    "MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE",
    "COPY auth_group (name) FROM STDIN",
    "DECLARE few CURSOR FOR SELECT 1; FETCH 1 FROM few; CLOSE few",
    "SET LOCAL app.person = '5'",
    "SET CONSTRAINTS ALL DEFERRED",
    "SET search_path = 'northbeam','public'",
    "CREATE TEMPORARY TABLE scratch (n int)",
    "SELECT 'setval(1)', lo_price, setval FROM t -- GRANT ALL",
    "EXPLAIN ANALYZE SELECT 1",
    "SELECT pg_notify('a', 'b'); NOTIFY a",
    'INSERT INTO "lo_item" ("name") VALUES (1)',
    "SELECT set_config('app.tenant', %s, true), SET_CONFIG ( 'app.person', '5', true)",
    "SELECT name FROM pg_settings",
    "LOCK TABLE auth_group IN EXCLUSIVE MODE",
    "/* nothing */ ;",
]
UNSHOWN = [
    "GRANT ALL ON auth_group TO PUBLIC",
    "SELECT 1; create role someone",
    "CREATE INDEX i ON auth_group (name)",
    "CREATE TABLE t (n int)",
    "ALTER TABLE auth_group DISABLE TRIGGER ALL",
    "DO $$ BEGIN PERFORM 1; END $$",
    "COMMENT ON TABLE auth_group IS 'x'",
    "LISTEN a",
    "SELECT setval('auth_group_id_seq', 5000)",
    "SELECT pg_catalog.\"setval\" /* (now) */ ('s', 1)",
    "SELECT LO_from_bytea(0, 'abc')",
    "SELECT * FROM dblink('dbname=other', 'DELETE FROM t') AS t (n int)",
    "COPY auth_group TO PROGRAM 'cat'",
    "COPY auth_group TO '/srv/groups'",
    "EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1",
    "SET ROLE postgres",
    "SET LOCAL ROLE postgres",
    "SET LOCAL session_replication_role = replica",
    "SET LOCAL cairnloop.effect_watching = ''",
    "SET LOCAL \"cairnloop.effect_told\" = ''",
    "SET work_mem = '8MB'",
    "SELECT set_config('standard_conforming_strings', 'off', true)",
    "SET LOCAL backslash_quote = on",
    "SELECT set_config('track_counts', 'off', true)",
    "SELECT set_config('cairnloop.effect_watching', '', true)",
    "SELECT pg_catalog.\"set_config\" /* */ ('session_replication_role', 'replica', true)",
    "SELECT U&\"set\\005fconfig\"('track_counts', 'off', true)",
    "UPDATE pg_settings SET setting = 'off' WHERE name = 'track_counts'",
]
WRITES = [
    "WITH moved AS (DELETE FROM a RETURNING *) SELECT * FROM moved",
    "SELECT 1; INSERT INTO a VALUES (1)",
    "SELECT * INTO a FROM b",
    "SELECT 1 FROM a FOR UPDATE",
    "TRUNCATE a",
    "COPY a FROM STDIN",
    "CALL a()",
    "SELECT setval('a', 1)",
    "SET standard_conforming_strings = off",
    "SELECT E'a'\n'\\''; INSERT INTO a VALUES (1); --'",
]
READS = [
    "SELECT 1",
    'SELECT "update" FROM a -- DELETE',
    "WITH a AS (SELECT 1) SELECT 'insert' FROM a",
    "BEGIN",
    "COMMIT",
]


@pytest.mark.parametrize("text", CONTROL)
def test_what_ends_or_changes_a_transaction_is_seen(text: str):
    assert controls_transaction(text, savepoints=["outer_one"])


@pytest.mark.parametrize("text", HARMLESS)
def test_what_does_not_is_let_through(text: str):
    assert not controls_transaction(text, savepoints=["outer_one"])


@pytest.mark.parametrize(("text", "shown"), [(each, True) for each in SHOWN] + [(each, False) for each in UNSHOWN])
def test_what_leaves_no_row_is_told_apart(text: str, shown: bool):
    assert can_be_shown(text) is shown
    assert not controls_transaction(text)


@pytest.mark.parametrize(("text", "reads"), [(each, True) for each in READS] + [(each, False) for each in WRITES])
def test_a_plain_read_is_told_apart(text: str, reads: bool):
    assert only_reads(text) is reads


@pytest.mark.django_db
def test_it_is_never_sent_and_savepoints_are():
    with transaction_kept(), connection.cursor() as cursor:
        with pytest.raises(EndsTransaction):
            cursor.execute(sql.SQL("COMMIT"))
        with transaction.atomic():
            cursor.execute("SELECT 1")
        cursor.execute("SELECT 2")
        assert cursor.fetchone() == (2,)


def by_name(text: str) -> None:
    with connection.connection.cursor("named") as cursor:
        cursor.execute(text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "send",
    [
        lambda cursor: list(cursor.stream("COMMIT")),
        lambda cursor: cursor.copy("COMMIT"),
        lambda cursor: cursor.executemany("COMMIT", [()]),
        lambda cursor: cursor.execute(b"COMMIT"),
        lambda cursor: connection.connection.execute("COMMIT"),
        lambda cursor: by_name("SELECT 1; COMMIT"),
        lambda cursor: connection.connection.commit(),
        lambda cursor: connection.connection.rollback(),
    ],
)
def test_it_is_not_sent_past_django_either(send):
    Group.objects.create(name="Northbeam")
    own = dict(vars(connection.connection))
    with transaction_kept(), connection.cursor() as cursor, pytest.raises(EndsTransaction):
        send(cursor)
    assert vars(connection.connection) == own
    # The transaction is the same, and its driver is as it was.
    assert Group.objects.filter(name="Northbeam").exists()
    assert connection.connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.django_db
def test_no_literal_is_read_that_ends_elsewhere_than_it_seems():
    with transaction_kept(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, 'off', true)", ["standard_conforming_strings"])
        with pytest.raises(CannotBeShown):
            cursor.execute("SELECT 'a\\''; COMMIT; SELECT '1'")
