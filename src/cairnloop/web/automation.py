"""Whether anything is sent without a person: shown on Home, stopped and resumed there."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cairnloop.core.errors import NotAllowed
from cairnloop.drafting.policy import is_default_policy
from cairnloop.governance.models import AutomationSwitch
from cairnloop.governance.stopping import resume_automation, stop_automation
from cairnloop.web.access import ActingRequest, OperatorRequest
from cairnloop.web.guarding import acting_operator_required
from cairnloop.web.responses import partial_or_redirect

PARTIAL = "cairnloop/home/_automation.html"


@dataclass(frozen=True, slots=True)
class Switch:
    """The switch as it is shown."""

    is_stopped: bool
    text: str
    note: str
    may_stop: bool
    may_resume: bool


def switch_of(request: OperatorRequest) -> Switch | None:
    """Return how the switch stands; None where nothing could be sent by itself, so that there is nothing to stop."""
    switch = AutomationSwitch.objects.current()
    if is_default_policy() and not switch.is_stopped:
        return None
    acts = request.actor is not None
    return Switch(
        is_stopped=switch.is_stopped,
        text=_("Nothing is sent without a person") if switch.is_stopped else _("Sent where your policy allows it"),
        note=_note(switch),
        may_stop=acts and not switch.is_stopped and request.access.can_with_automation("stop"),
        may_resume=acts and switch.is_stopped and request.access.can_with_automation("resume"),
    )


@acting_operator_required
@require_POST
def stop(request: ActingRequest) -> HttpResponse:
    """Let nothing be sent without a person from now on."""
    if not request.access.can_with_automation("stop"):
        raise NotAllowed(_("You may not stop automatic replies. Nothing was changed."))
    stop_automation(by=request.actor)
    return _answer(request, toast=_("Automatic replies are stopped."))


@acting_operator_required
@require_POST
def resume(request: ActingRequest) -> HttpResponse:
    """Let the policy send again."""
    if not request.access.can_with_automation("resume"):
        raise NotAllowed(_("You may not resume automatic replies. Ask whoever manages this site."))
    resume_automation(by=request.actor)
    return _answer(request, toast=_("Automatic replies go on."))


def _answer(request: ActingRequest, *, toast: str) -> HttpResponse:
    return partial_or_redirect(
        request, PARTIAL, {"switch": switch_of(request)}, to=reverse("cairnloop:home"), toast=toast
    )


def _note(switch: AutomationSwitch) -> str:
    if not switch.is_stopped or switch.changed_at is None:
        return ""
    at = date_format(timezone.localtime(switch.changed_at), "j F H:i")
    return _("stopped %(time)s by %(name)s") % {"time": at, "name": switch.changed_by_name}
