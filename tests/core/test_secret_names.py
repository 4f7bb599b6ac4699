"""Names that stand for what nobody should read, and names that only sound like them."""

from __future__ import annotations

import pytest

from cairnloop.core.secret_names import names_secret


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "password",
            "dbPassword",
            "api_key",
            "apiKeys",
            "accesstoken",
            "auth-token",
            "client secret",
            "SECRETS",
            "passcode",
        ],
    )
    def test_of_secrets(self, name: str):
        assert names_secret(name)

    @pytest.mark.parametrize("name", ["secretary", "tokenizer", "keyboard", "passage", "author"])
    def test_that_sound_like_them(self, name: str):
        assert not names_secret(name)

    @pytest.mark.parametrize("name", ["passcode", "pin", "client_secret", "sms_token", "api_key", "has_api_key"])
    def test_of_secret_numbers(self, name: str):
        assert names_secret(name, of_number=True)

    @pytest.mark.parametrize("name", ["ai_tokens", "tokens_left", "keys", "shipping", "secretaries"])
    def test_of_other_numbers(self, name: str):
        assert not names_secret(name, of_number=True)
