from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

import cairnloop
from cairnloop.models import AuditEntry, AutomationSwitch
from tests.factories import actor_of
from tests.web.conftest import HTMX, text_of

pytestmark = pytest.mark.django_db

HOME, STOP, RESUME = "/support/", "/support/automation/stop/", "/support/automation/resumption/"


@pytest.fixture
def allowing(settings):
    """A host whose policy sends."""
    policy = {"AUTOMATION_POLICY": "tests.drafting.support.AllowingPolicy"}
    settings.CAIRNLOOP = {**settings.CAIRNLOOP, **policy}


@pytest.fixture
def lead(ada):
    """Ada, who may let automatic replies go on."""
    ada.user_permissions.add(Permission.objects.get(codename="change_automationswitch"))
    return ada


class WithoutAnswer:
    """A host's own access that knows nothing of automatic replies."""

    def can_enter(self, *, user):
        return True

    def operator(self, *, user):
        return actor_of(user)

    def visible(self, *, user, queryset):
        return queryset

    def can(self, *, user, verb, conversation):
        return True


class TestTheSwitchOnHome:
    def test_is_not_there_where_nothing_is_sent_by_itself(self, browser):
        assert "home-automation" not in text_of(browser.get(HOME))

    def test_is_there_while_everything_is_stopped_whatever_the_policy(self, browser, ada):
        cairnloop.stop_automation(by=actor_of(ada))
        assert "Nothing is sent without a person" in text_of(browser.get(HOME))

    def test_stops_at_once_and_says_who_did(self, browser, allowing, ada):
        assert "Stop automatic replies" in text_of(browser.get(HOME))
        shown = text_of(browser.post(STOP, headers=HTMX))
        assert 'id="home-automation"' in shown and "by Ada Brandt" in shown
        assert "Automatic replies are stopped." in shown
        assert "Let them go on" not in shown
        assert AutomationSwitch.objects.get().is_stopped
        assert AuditEntry.objects.get(stream="automation:replies").actor_ref == str(ada.pk)

    def test_works_as_a_plain_form(self, browser, allowing, lead):
        assert browser.post(STOP).url == HOME
        assert "Let them go on" in text_of(browser.get(HOME))
        assert browser.post(RESUME).url == HOME
        assert not AutomationSwitch.objects.get().is_stopped

    def test_goes_on_by_nobody_without_the_permission(self, browser, allowing, ada):
        browser.post(STOP)
        response = browser.post(RESUME, headers=HTMX)
        assert response.status_code == 403
        assert "Ask whoever manages this site." in text_of(response)
        assert AutomationSwitch.objects.get().is_stopped

    def test_goes_on_by_nobody_whom_the_host_does_not_name(self, browser, allowing, settings):
        settings.CAIRNLOOP = {**settings.CAIRNLOOP, "OPERATOR_ACCESS": f"{__name__}.WithoutAnswer"}
        assert browser.post(STOP).status_code == 302
        assert browser.post(RESUME).status_code == 403
        assert AutomationSwitch.objects.get().is_stopped

    def test_is_gone_after_a_resumption_where_nothing_is_sent_by_itself(self, browser, lead):
        cairnloop.stop_automation(by=actor_of(lead))
        assert '<section id="home-automation" hidden></section>' in text_of(browser.post(RESUME, headers=HTMX))
