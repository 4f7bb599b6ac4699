from __future__ import annotations

import pytest

from cairnloop.checks import (
    check_draft_link_hosts,
    check_draft_model,
    check_urls,
    check_widget_origins,
    check_widget_secret,
)


class TestWidgetOrigins:
    def test_may_be_what_a_browser_names(self, settings):
        names = [
            "https://www.acme.example",
            "http://localhost:8000",
            "https://[::1]:8443",
            "https://xn--mller-kva.example",
        ]
        settings.CAIRNLOOP = {"WIDGET_ORIGINS": names}
        assert list(check_widget_origins(None)) == []

    @pytest.mark.parametrize(
        ("wrong", "meant"),
        [
            ("www.acme.example", "https://www.acme.example"),
            ("localhost:8000", "https://localhost:8000"),
            ("https://www.acme.example/", "https://www.acme.example"),
            ("https://www.acme.example/help?a=1", "https://www.acme.example"),
            (" https://WWW.acme.example:443", "https://www.acme.example"),
            ("https://m\u00fcller.example", "https://xn--mller-kva.example"),
            ("https://" + "a" * 70, "https://www.acme.example"),
            ("https://[::1", "https://www.acme.example"),
            ("https://127.1", "https://www.acme.example"),
            ("https://0x7f.0.0.1", "https://www.acme.example"),
            ("https://lin@acme.example", "https://www.acme.example"),
            ("*", "https://www.acme.example"),
            ("", "https://www.acme.example"),
        ],
    )
    def test_are_refused_with_what_to_write_instead(self, settings, wrong, meant):
        settings.CAIRNLOOP = {"WIDGET_ORIGINS": ["https://www.acme.example", wrong]}
        [error] = check_widget_origins(None)
        assert error.id == "cairnloop.E006"
        assert repr(wrong) in error.msg
        assert repr(meant) in error.hint


class TestDraftModel:
    MODEL = "anthropic:claude-test"
    OURS = "cairnloop.drafting.generators.pydantic_ai.PydanticAIGenerator"

    @pytest.mark.parametrize("given", [{}, {"DRAFT_GENERATOR": OURS, "DRAFT_MODEL": MODEL}])
    def test_is_asked_by_something(self, settings, given):
        settings.CAIRNLOOP = given
        assert list(check_draft_model(None)) == []

    @pytest.mark.parametrize("given", [{}, {"DRAFT_GENERATOR": ""}])
    def test_is_named_in_vain_otherwise(self, settings, given):
        settings.CAIRNLOOP = {"DRAFT_MODEL": self.MODEL, **given}
        [warning] = check_draft_model(None)
        assert (warning.id, self.OURS in warning.hint) == ("cairnloop.W003", True)


class TestDraftLinkHosts:
    def test_are_hosts(self, settings):
        settings.CAIRNLOOP = {"DRAFT_LINK_HOSTS": ["status.acme.example", "acme.example"]}
        assert list(check_draft_link_hosts(None)) == []

    @pytest.mark.parametrize(
        ("wrong", "meant"),
        [
            ("https://status.acme.example", "status.acme.example"),
            ("status.acme.example/today", "status.acme.example"),
            ("acme.example:8443", "acme.example"),
            ("*.acme.example", "acme.example"),
            ("*", "status.acme.example"),
            ("", "status.acme.example"),
        ],
    )
    def test_are_refused_where_they_would_allow_nothing(self, settings, wrong, meant):
        settings.CAIRNLOOP = {"DRAFT_LINK_HOSTS": [wrong]}
        [error] = check_draft_link_hosts(None)
        assert error.id == "cairnloop.E008"
        assert repr(wrong) in error.msg and repr(meant) in error.hint


class TestWidgetSecret:
    def test_may_be_left_out_but_not_empty(self, settings):
        settings.CAIRNLOOP = {}
        assert list(check_widget_secret(None)) == []
        settings.CAIRNLOOP = {"WIDGET_SECRET": ""}
        [error] = check_widget_secret(None)
        assert error.id == "cairnloop.E010"


class TestUrls:
    def test_lead_to_cairnloop(self, settings):
        assert list(check_urls(None)) == []

    @pytest.mark.urls("tests.hosts.plain.nowhere")
    def test_are_missed_when_they_do_not(self):
        [warning] = check_urls(None)
        assert warning.id == "cairnloop.W004"
        assert "include('cairnloop.urls')" in warning.hint
