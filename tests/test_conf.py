from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from cairnloop.conf import get_settings


class TestGetSettings:
    def test_suggests_the_right_name_for_a_wrong_one(self, settings):
        settings.CAIRNLOOP = {"NOTIFYER": "acme.Notifier"}
        with pytest.raises(ImproperlyConfigured, match="Did you mean 'NOTIFIER'"):
            get_settings()

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"MESSAGE_LIMIT_CHARS": "many"}, "must be int, not str"),
            ({"MESSAGE_LIMIT_CHARS": 0}, "greater than zero"),
            ({"MESSAGE_LIMIT_CHARS": 16_001}, "must be 16,000 at most"),
            ({"TOOL_APPROVAL_HOURS": 10**9}, "must be 8,760 at most"),
            ({"MESSAGE_LIMIT_CHARS": True}, "must be int, not bool"),
            ({"TOOLS": "acme.Refund"}, "must be a list of strings"),
            ({"TOOLS": [1]}, "must be a list of strings"),
            ({"WIDGET_ORIGINS": 5}, "must be a list of strings"),
            ({"LIVE_SOCKETS": 1}, "must be bool, not int"),
            ({"NOTIFIER": 7}, "must be str or NoneType, not int"),
        ],
    )
    def test_says_what_a_value_should_be(self, settings, wrong, said):
        settings.CAIRNLOOP = wrong
        with pytest.raises(ImproperlyConfigured, match=said):
            get_settings()

    def test_takes_a_callable_for_a_secret(self, settings):
        settings.CAIRNLOOP = {"WIDGET_SECRET": lambda: "from the vault"}
        secret = get_settings().widget_secret
        assert callable(secret)

    def test_follows_override_settings(self, settings):
        settings.CAIRNLOOP = {"SUPPORT_NAME": "Trailmark support"}
        assert get_settings().support_name == "Trailmark support"
        settings.CAIRNLOOP = {}
        assert get_settings().support_name == "Support"
