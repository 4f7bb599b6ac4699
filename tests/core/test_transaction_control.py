"""What ends a transaction is told apart from what only looks like it."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from psycopg import sql

from cairnloop.core.transaction_control import EndsTransaction, controls_transaction, transaction_kept

CONTROL = [
    "COMMIT",
    "  commit work",
    "/* a note */ Rollback",
    "-- a note\nABORT",
    "SELECT 1; END",
    "SELECT E'it\\'s'; COMMIT",
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
    "SELECT $_a1$ $$; COMMIT; $_a1$",
    "SELECT '/*'; SELECT 'commit' /* ; COMMIT; */",
    'UPDATE "a;b" SET x = \'""\'; SELECT "commit"',
    "SELECT 1; SAVEPOINT inner_one; SELECT outer_one",
]


@pytest.mark.parametrize("text", CONTROL)
def test_what_ends_or_changes_a_transaction_is_seen(text: str):
    assert controls_transaction(text, savepoints=["outer_one"])


@pytest.mark.parametrize("text", HARMLESS)
def test_what_does_not_is_let_through(text: str):
    assert not controls_transaction(text, savepoints=["outer_one"])


@pytest.mark.django_db
def test_it_is_never_sent_and_savepoints_are():
    with transaction_kept(), connection.cursor() as cursor:
        with pytest.raises(EndsTransaction):
            cursor.execute(sql.SQL("COMMIT"))
        with transaction.atomic():
            cursor.execute("SELECT 1")
        cursor.execute("SELECT 2")
        assert cursor.fetchone() == (2,)
