from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.urls import reverse

import cairnloop
from cairnloop.core.actors import Actor
from cairnloop.hooks.operator_access import StaffAccess
from cairnloop.models import AuditEntry
from cairnloop.web.access import Access
from cairnloop.web.guarding import operator_required
from tests.factories import MATEUS, make_conversation
from tests.web.conftest import HTMX, browser_of, text_of

pytestmark = pytest.mark.django_db


class TestSomeoneUnknown:
    def test_is_sent_to_sign_in_and_back(self):
        response = Client().get("/support/inbox/?waiting=us&q=a%20b")
        assert response.status_code == 302
        assert response.url == "/login/?next=/support/inbox/%3Fwaiting%3Dus%26q%3Da%2520b"

    def test_is_sent_from_a_fragment_to_sign_in_and_back_to_the_page_around_it(self):
        page = {**HTMX, "HX-Current-URL": "http://testserver/support/inbox/?waiting=us"}
        response = Client().get(reverse("cairnloop:rail-badge"), headers=page)
        assert response.status_code == 200
        assert response["HX-Redirect"] == "/login/?next=/support/inbox/%3Fwaiting%3Dus"

    def test_is_never_sent_back_to_another_site(self):
        elsewhere = {**HTMX, "HX-Current-URL": "https://evil.example/support/"}
        response = Client().get(reverse("cairnloop:rail-badge"), headers=elsewhere)
        assert response["HX-Redirect"] == "/login/?next=/support/"


SEEN = {
    "nothing": lambda queryset: None,
    "a list": list,
    "a slice": lambda queryset: queryset[:5],
    "a union": lambda queryset: queryset.union(queryset),
    "values": lambda queryset: queryset.values("pk"),
    "locked rows": lambda queryset: queryset.select_for_update(),
}


class AnswersNonsense(StaffAccess):
    """A host that forgot to return, and returns the wrong thing."""

    seen = "nothing"

    acts = "ada"

    def operator(self, *, user):
        return self.acts

    def visible(self, *, user, queryset):
        return SEEN[self.seen](queryset)


class SaysNo(StaffAccess):
    """A host that says it in words."""

    def can(self, *, user, verb, conversation):
        return "no"


class TestAHookThatAnswersNonsense:
    @pytest.mark.parametrize("seen", SEEN)
    def test_names_nobody_and_shows_nothing(self, browser, conversation, settings, monkeypatch, seen):
        settings.CAIRNLOOP = {"OPERATOR_ACCESS": f"{__name__}.AnswersNonsense"}
        monkeypatch.setattr(AnswersNonsense, "seen", seen)
        response = browser.get("/support/inbox/")
        assert response.status_code == 200
        assert conversation.subject not in text_of(response)
        assert browser.get(f"/support/conversations/{conversation.pk}/").status_code == 404

    @pytest.mark.parametrize("actor", [Actor.customer("lin"), Actor.system("billing"), Actor.client("mcp"), 7], ids=str)
    def test_lets_only_an_operator_act(self, browser, conversation, settings, monkeypatch, actor):
        settings.CAIRNLOOP = {"OPERATOR_ACCESS": f"{__name__}.AnswersNonsense"}
        monkeypatch.setattr(AnswersNonsense, "acts", actor)
        monkeypatch.setattr(AnswersNonsense, "visible", StaffAccess.visible)
        page = f"/support/conversations/{conversation.pk}/"
        assert "You can read, not act:" in text_of(browser.get(page))
        reply = {"text": "Hello.", "seen_sequence": "1", "client_id": "c1"}
        assert browser.post(f"{page}replies/", reply).status_code == 403

    def test_allows_nothing_but_by_true(self, browser, conversation, settings):
        settings.CAIRNLOOP = {"OPERATOR_ACCESS": f"{__name__}.SaysNo"}
        assert browser.post(f"/support/conversations/{conversation.pk}/archiving/").status_code == 403
        conversation.refresh_from_db()
        assert conversation.status == "open"


class TestSomeoneWithoutAccess:
    def test_is_told_so_and_sees_nothing(self, noor, conversation):
        response = browser_of(noor).get("/support/inbox/")
        assert response.status_code == 403
        assert "This account may not open the support desk." in text_of(response)
        assert conversation.subject not in text_of(response)

    def test_is_told_so_in_a_toast_by_htmx(self, noor):
        response = browser_of(noor).get("/support/rail/badge/", headers=HTMX)
        assert response.status_code == 403
        assert response["HX-Reswap"] == "none"
        assert 'hx-swap-oob="beforeend:#toasts"' in text_of(response)

    def test_is_everyone_while_the_hosts_rules_are_broken(self, ada, access, caplog):
        access("Breaks")
        assert browser_of(ada).get("/support/").status_code == 403
        assert "OperatorAccess.can_enter failed: RuntimeError" in caplog.text
        assert "lin@example.com" not in caplog.text

    def test_is_nobody_who_left_the_staff(self, ada):
        browser = browser_of(ada)
        assert browser.get("/support/").status_code == 200
        ada.is_staff = False
        ada.save()
        assert browser.get("/support/").status_code == 403


class TestSomeoneWhoseFinerRulesAreBroken:
    def test_reads_nothing_and_acts_as_nobody(self, ada, access, conversation):
        access("BreaksInside")
        seen = Access(ada)
        assert seen.operator() is None
        assert not seen.visible().exists()
        assert "You can read, not act" in text_of(browser_of(ada).get("/support/inbox/"))


class TestSomeoneTheHostDoesNotName:
    """No operator identity: everything can be read, nothing can be done."""

    @pytest.mark.parametrize("path", ["/support/", "/support/inbox/"])
    def test_sees_a_banner_on_every_page(self, ada, access, path):
        access("NamesNobody")
        assert "You can read, not act:" in text_of(browser_of(ada).get(path))

    def test_sees_no_banner_once_named(self, browser):
        assert "You can read, not act" not in text_of(browser.get("/support/"))

    @pytest.mark.parametrize("name", ["inbox-assignment", "inbox-resolution", "inbox-reopening"])
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_is_refused_every_action_and_nothing_is_written(self, ada, access, conversation, name, headers):
        access("NamesNobody")
        recorded = AuditEntry.objects.count()
        response = browser_of(ada).post(reverse(f"cairnloop:{name}", args=[conversation.pk]), headers=headers)
        assert response.status_code == 403
        assert "does not know you as an operator" in text_of(response)
        conversation.refresh_from_db()
        assert (conversation.status, conversation.assignee_ref) == ("open", "")
        assert AuditEntry.objects.count() == recorded


class TestAnInvisibleConversation:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_cannot_be_told_from_an_unknown_one(self, ada, access, headers):
        access("ShowsOnlyLin")
        hidden = make_conversation(customer_ref=MATEUS.ref)
        browser = browser_of(ada)
        urls = [reverse("cairnloop:inbox-preview", args=[pk]) for pk in (hidden.pk, 10**9)]
        answers = [browser.get(url, headers=headers) for url in urls]
        assert [answer.status_code for answer in answers] == [404, 404]
        shown = [text_of(answer) for answer in answers]
        if headers:
            assert shown[0] == shown[1]
        assert all("not yours to see" in text for text in shown)


class TestEveryAnswer:
    @pytest.mark.parametrize(
        "path", ["/support/", "/support/inbox/", "/support/conversations/1/", "/support/rail/badge/"]
    )
    def test_carries_a_strict_policy_and_is_kept_by_nobody(self, browser, path):
        response = browser.get(path)
        policy = response["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "img-src 'self' data:" in policy
        assert "unsafe" not in policy
        assert "no-store" in response["Cache-Control"]
        assert {"HX-Request", "Cookie"} <= set(response["Vary"].split(", "))
        assert response["Referrer-Policy"] == "same-origin"

    def test_leaves_the_policy_of_a_host_alone(self, ada, settings):
        settings.MIDDLEWARE = ["tests.web.test_access.own_policy", *settings.MIDDLEWARE]
        assert browser_of(ada).get("/support/")["Content-Security-Policy"] == "default-src 'none'"


def own_policy(get_response):
    def respond(request):
        response = get_response(request)
        response["Content-Security-Policy"] = "default-src 'none'"
        return response

    return respond


class TestAHostWithoutSomeMiddleware:
    def test_works_without_messages_and_htmx(self, ada, settings, conversation):
        left_out = ("messages", "django_htmx")
        settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if not any(name in each for name in left_out)]
        browser = browser_of(ada)
        assert browser.get("/support/inbox/").status_code == 200
        url = reverse("cairnloop:inbox-resolution", args=[conversation.pk])
        assert browser.post(url, {"seen_sequence": 1}).status_code == 302
        assert browser.get("/support/inbox/", headers=HTMX).content.lstrip().startswith(b"<li")

    def test_is_told_that_authentication_is_missing(self):
        with pytest.raises(ImproperlyConfigured, match="AuthenticationMiddleware"):
            operator_required(lambda request: None)(RequestFactory().get("/"))

    def test_treats_a_user_without_a_session_as_unknown(self, db):
        request = RequestFactory().get("/support/")
        request.user = AnonymousUser()
        assert operator_required(lambda request: None)(request).status_code == 302


class TestAnErrorOfTheDomain:
    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (cairnloop.NotFound, 404),
            (cairnloop.NotAllowed, 403),
            (cairnloop.InvalidTransition, 409),
            (cairnloop.StaleView, 409),
            (cairnloop.InvalidInput, 422),
        ],
    )
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_becomes_an_answer_in_plain_words(self, ada, rf, error, status, headers):
        def view(request):
            raise error

        request = rf.get("/support/", headers=headers)
        request.user = ada
        response = operator_required(view)(request)
        assert response.status_code == status
        assert "Traceback" not in text_of(response)
        assert "Nothing was" in text_of(response) or status == 404

    def test_is_left_to_the_host_when_it_is_a_surprise(self, ada, rf):
        def view(request):
            raise KeyError("surprise")

        request = rf.get("/support/")
        request.user = ada
        with pytest.raises(KeyError):
            operator_required(view)(request)


class Counting(StaffAccess):
    """A host that notes what it was asked."""

    def __init__(self):
        self.asked = []

    def can_enter(self, *, user):
        self.asked.append("can_enter")
        return True

    def can_with_tools(self, *, user, verb):
        self.asked.append(verb)
        return verb == "propose"

    def can(self, *, user, verb, conversation):
        self.asked.append("can")
        return conversation.status == "open"


class TestWhatOneRequestAsksTwice:
    def test_is_answered_once_by_the_host(self, ada):
        access = Access(ada)
        access._hook = Counting()
        assert [access.may_enter(), access.may_enter()] == [True, True]
        assert [access.can_with_tools(verb) for verb in ("propose", "decide", "decide")] == [True, False, False]
        assert access._hook.asked == ["can_enter", "propose", "decide"]

    def test_is_asked_again_about_a_conversation_which_may_have_changed(self, ada):
        access, conversation = Access(ada), make_conversation()
        access._hook = Counting()
        assert access.can("reply", conversation)
        conversation.status = "resolved"
        assert not access.can("reply", conversation)
