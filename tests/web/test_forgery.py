"""Changes that no page of ours may have asked for: what is said, what is kept, and that nothing happens."""

from __future__ import annotations

import pytest
from django.test import Client

from cairnloop.models import Message
from tests.web.conftest import HTMX, text_of

pytestmark = pytest.mark.django_db

FIELDS = {"text": "Both <b>charges</b> are refunded.", "seen_sequence": "1", "client_id": "op-1"}


@pytest.fixture
def strict(ada):
    """A browser whose host checks tokens."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    return client


def token_of(client, url):
    return client.get(url).cookies["csrftoken"].value


@pytest.fixture
def page(conversation):
    return f"/support/conversations/{conversation.pk}/"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
class TestAnOldToken:
    def test_is_told_from_other_refusals(self, strict, page, headers):
        token_of(strict, page)
        fields = {**FIELDS, "csrfmiddlewaretoken": "b" * 32}
        refused = strict.post(f"{page}replies/", fields, headers={**headers, "Referer": f"http://testserver{page}"})
        assert refused.status_code == 403
        assert "This page is out of date" in text_of(refused)
        if headers:
            assert refused.headers["HX-Reswap"] == "none"
            assert "data-reload" in text_of(refused)
        else:
            assert "Both &lt;b&gt;charges&lt;/b&gt; are refunded." in text_of(refused)
            assert f'href="{page}"' in text_of(refused)
        assert Message.objects.count() == 1

    def test_is_not_what_another_site_is_told(self, strict, page, headers):
        token = token_of(strict, page)
        fields = {**FIELDS, "csrfmiddlewaretoken": token}
        refused = strict.post(f"{page}replies/", fields, headers={**headers, "Origin": "https://evil.example"})
        assert refused.status_code == 403
        assert "an address this site trusts" in text_of(refused)
        assert "refunded" not in text_of(refused)
        assert Message.objects.count() == 1

    def test_leads_to_signing_in_for_those_who_signed_out(self, page, headers):
        here = {"Referer": f"http://testserver{page}?compose=reply", **headers}
        response = Client(enforce_csrf_checks=True).post(f"{page}replies/", FIELDS, headers=here)
        if headers:
            assert "/login/" in response.headers["HX-Redirect"]
            return
        told = text_of(response)
        assert response.status_code == 403
        assert "Both &lt;b&gt;charges&lt;/b&gt; are refunded." in told
        assert f'href="/login/?next={page}%3Fcompose%3Dreply"' in told
        nothing_typed = Client(enforce_csrf_checks=True).post(f"{page}resolution/", headers=here)
        assert nothing_typed.headers["Location"] == f"/login/?next={page}%3Fcompose%3Dreply"


class TestAHostWithoutTheMiddleware:
    @pytest.fixture(autouse=True)
    def without(self, settings):
        settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "Csrf" not in each]

    def test_is_protected_all_the_same(self, strict, page):
        assert strict.post(f"{page}replies/", FIELDS).status_code == 403
        token = token_of(strict, page)
        assert strict.post(f"{page}replies/", {**FIELDS, "csrfmiddlewaretoken": token}).status_code == 303
        assert Message.objects.count() == 2


@pytest.mark.parametrize("before", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_the_way_back_stays_on_this_site(strict, page, before):
    refused = strict.post(f"{page}replies/", FIELDS, headers={"Referer": before})
    assert 'href="/support/"' in text_of(refused)
    assert "evil.example" not in text_of(refused)


def test_another_site_is_told_nothing_of_what_it_sent_either(page):
    told = Client(enforce_csrf_checks=True).post(f"{page}replies/", FIELDS, headers={"Origin": "https://evil.example"})
    assert told.status_code == 403
    assert "an address this site trusts" in text_of(told) and "refunded" not in text_of(told)


@pytest.mark.parametrize("before", ["http://testserver//evil.example/x", "http://[::1/", "https://evil.example/", "x"])
def test_the_way_back_never_leads_elsewhere(page, before):
    stranger = Client()
    assert stranger.post(f"{page}resolution/", headers={"Referer": before}).url == "/login/?next=/support/"
    told = stranger.get("/support/rail/badge/", headers={**HTMX, "HX-Current-URL": before})
    assert told.headers["HX-Redirect"] == "/login/?next=/support/"


def test_a_reason_is_kept_too_unless_it_was_only_chosen(page):
    told = Client().post(f"{page}archiving/", {"reason": "A duplicate of 7."})
    assert "A duplicate of 7." in text_of(told)
    assert Client().post(f"{page}archiving/", {"reason": "not_needed"}).status_code == 302


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_what_was_typed_is_kept_also_where_the_host_asks_everybody_to_sign_in(page, headers, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    told = Client().post(f"{page}replies/", FIELDS, headers=headers)
    if headers:
        assert (told.status_code, told.headers["Cairnloop-Signed-Out"]) == (200, "true")
    else:
        assert "Both &lt;b&gt;charges&lt;/b&gt; are refunded." in text_of(told)


@pytest.mark.parametrize("path", ["replies/", "assignment/", "archiving/"])
def test_an_address_that_only_takes_forms_says_so(browser, page, path):
    response = browser.get(f"{page}{path}")
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert "It only takes what a form sends" in text_of(response)
