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
            "passwd",
            "db_pwd",
            "userpwd",
            "otp",
            "totp_uri",
            "cvv",
            "card_cvc",
            "cvv2",
            "pin",
            "card_pin",
            "apikey",
            "APIKey",
            "X-Api-Key",
            "api key",
            "sshkey",
            "private_key",
            "turkey_key",
            "auth",
            "basic_auth",
            "authHeader",
            "Authorization:",
            "Proxy-Authorization",
            "authorization_code",
            "cookie",
            "Set-Cookie",
            "session_cookies",
            "access_code",
            "recovery_codes",
            "one_time_code",
            "OTPCode",
            "PINCode",
            "verification-code",
            "mfa_code",
            "smsCode",
            "jwt",
            "bearer",
            "session_id",
            "card_number",
            "seed_phrase",
            "security_answer",
            "magic_link",
            "reset_url",
        ],
    )
    def test_of_secrets(self, name: str):
        assert names_secret(name)

    @pytest.mark.parametrize(
        "name",
        [
            "secretary",
            "tokenizer",
            "keyboard",
            "monkey",
            "turkeys",
            "hockey_club",
            "passage",
            "author",
            "authority",
            "authorized_by",
            "auth_method",
            "authorization_status",
            "cookie_consent",
            "signature",
            "footprint",
            "laptop",
            "shipping",
            "pinned",
            "primary_key",
            "turnkey",
            "country_code",
            "status_code",
            "session_ended",
            "link",
        ],
    )
    def test_that_sound_like_them(self, name: str):
        assert not names_secret(name)

    @pytest.mark.parametrize(
        "name", ["passcode", "pin", "client_secret", "sms_token", "api_key", "has_api_key", "otp", "cvc"]
    )
    def test_of_secret_numbers(self, name: str):
        assert names_secret(name, of_number=True)

    @pytest.mark.parametrize(
        "name", ["ai_tokens", "tokens_left", "keys", "shipping", "secretaries", "basic_auth", "cookies"]
    )
    def test_of_other_numbers(self, name: str):
        assert not names_secret(name, of_number=True)
