"""Forms that hold more than the host takes: what is said, and that nothing happens."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.test import Client

from cairnloop.models import Message
from tests.web.conftest import HTMX, text_of

pytestmark = pytest.mark.django_db
FIELDS = urlencode({"text": "Both charges are refunded. " * 100, "seen_sequence": "1", "client_id": "op-1"})


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000


def send(browser, conversation, headers):
    page = f"/support/conversations/{conversation.pk}/"
    browser.get(page)  # The token, which another site has not.
    return browser.post(f"{page}replies/", FIELDS, content_type="application/x-www-form-urlencoded", headers=headers)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
class TestAFormThatIsTooLarge:
    @pytest.mark.parametrize("checks_tokens", [False, True])
    def test_is_refused_with_what_to_do(self, ada, conversation, headers, checks_tokens):
        browser = Client(enforce_csrf_checks=checks_tokens)
        browser.force_login(ada)
        refused = send(browser, conversation, headers)
        assert refused.status_code == 413
        assert "This is too large" in text_of(refused)
        assert "Nothing was written. Shorten it" in text_of(refused)
        assert refused.headers.get("HX-Reswap") == ("none" if headers else None)
        assert "Content-Security-Policy" in refused.headers
        assert Message.objects.count() == 1

    def test_shows_nothing_to_those_who_are_signed_out(self, conversation, headers):
        answer = send(Client(), conversation, headers)
        if headers:
            assert "/login/" in answer.headers["HX-Redirect"]
            return
        assert answer.status_code == 413
        assert "cl-rail" not in text_of(answer)
