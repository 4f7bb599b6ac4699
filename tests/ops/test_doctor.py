from __future__ import annotations

import json
from io import StringIO

import pytest
from channels.layers import ChannelLayerManager
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

import cairnloop
from cairnloop.audit.standing import verify_all
from cairnloop.core import live
from cairnloop.core.jobs import job

pytestmark = pytest.mark.django_db


@job()
def fail_at_once(**_later: object) -> None:
    raise RuntimeError


@pytest.fixture(autouse=True)
def guarded_audit():
    """The tests' own database has the truncate guard off; the doctor would rightly complain."""
    from cairnloop.audit.triggers import TABLES, TRUNCATE_GUARD

    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {TRUNCATE_GUARD}")


def examined(*flags: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("cairnloop_doctor", *flags, stdout=out)
    except SystemExit as stop:
        return int(str(stop.code)), out.getvalue()
    return 0, out.getvalue()


class TestDoctor:
    def test_finds_a_whole_system_ready(self):
        code, said = examined()
        assert code == 0
        assert "All are applied." in said
        assert "0 blocked" in said
        assert "The one of cairnloop_minilm is used" in said

    def test_says_that_the_widget_refuses_everyone(self, settings):
        settings.CAIRNLOOP = {}
        code, said = examined("--strict")
        assert code == 1
        assert "every widget connection is refused" in said
        assert "SignedTokenVerifier" in said

    @pytest.mark.parametrize(
        ("backend", "level", "told"),
        [
            ("channels.layers.InMemoryChannelLayer", 0, "in the memory of one process"),
            ("channels_rediz.core.RedisChannelLayer", 1, "cannot be made"),
            ("cairnloop.live_layer.PostgresChanelLayer", 1, "cannot be made"),
        ],
    )
    def test_tells_how_news_travel(self, settings, monkeypatch, backend, level, told):
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend}}
        monkeypatch.setattr(live, "channel_layers", ChannelLayerManager())
        code, said = examined()
        assert (code, told in said) == (level, True)

    def test_names_a_wrong_setting_calmly(self, settings):
        settings.CAIRNLOOP = {"NOTIFYER": "x"}
        code, said = examined()
        assert code == 1
        assert "Did you mean 'NOTIFIER'" in said
        assert "Traceback" not in said

    def test_notices_a_missing_guard_of_the_audit_trail(self):
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER cairnloop_audit_refuse_change ON cairnloop_auditentry")
        code, said = examined()
        assert code == 1
        assert "protects it is missing" in said

    def test_tells_of_damage_that_was_found(self):
        cairnloop.open_conversation(customer_ref="lin", subject="Charged twice")
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE cairnloop_auditentry DISABLE TRIGGER USER")
            cursor.execute("UPDATE cairnloop_auditentry SET reason = 'Otherwise.'")
            cursor.execute("ALTER TABLE cairnloop_auditentry ENABLE TRIGGER USER")
        verify_all(now=timezone.now())
        code, said = examined()
        assert code == 1
        assert "was damaged" in said

    def test_misses_a_worker(self):
        assert "No worker has been seen" in examined()[1]

    def test_prints_no_secret(self, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "WIDGET_SECRET": "swordfish"}
        settings.SECRET_KEY = "another swordfish"
        assert "swordfish" not in examined()[1]

    def test_speaks_json(self):
        findings = json.loads(examined("--json")[1])
        assert {"level", "subject", "found", "advice"} == set(findings[0])
