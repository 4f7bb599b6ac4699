"""Letting a test database be emptied between tests."""

from __future__ import annotations

from django.core import mail
from django.db import connection

from cairnloop.audit.triggers import TABLES, TRUNCATE_GUARD


def allow_flush() -> None:
    """Let tests that commit empty the audit tables of this test database afterwards.

    Call it once, after the test database was created; without it the flush of a TransactionTestCase, a live
    server or pytest's `transaction=True` is refused. UPDATE and DELETE stay refused. It weakens the
    trail as only the owner of the tables can, so outside a test run it raises.
    """
    if not hasattr(mail, "outbox"):
        raise RuntimeError("allow_flush() is for a test run only. Call it after setup_test_environment().")
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {TRUNCATE_GUARD}")
