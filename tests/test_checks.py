from __future__ import annotations

import pytest

from cairnloop.checks import check_widget_origins


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
