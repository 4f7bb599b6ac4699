"""`manage.py cairnloop_stop`: let nothing be sent without a person, from the next reply on."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cairnloop.core.actors import Actor
from cairnloop.core.errors import CairnloopError
from cairnloop.governance.models import AutomationSwitch
from cairnloop.governance.stopping import resume_automation, stop_automation

BY = Actor.system("cairnloop_stop")


class Command(BaseCommand):
    """Stops automatic replies, lets them go on, or says how things are."""

    help = "Let nothing be sent without a person. --off lets automatic replies go on, --status says how it is."
    # An emergency brake works whatever else is wrong with the settings.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do, and why."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--off", action="store_true", help="Take the stop back: the policy decides again.")
        which.add_argument("--status", action="store_true", help="Say whether automatic replies are stopped.")
        parser.add_argument("--reason", default="", help="Why, for the audit trail.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Turn the switch, and say how it stands."""
        if options["status"]:
            self.stdout.write(_said(AutomationSwitch.objects.current()))
            return
        turn = resume_automation if options["off"] else stop_automation
        try:
            self.stdout.write(_said(turn(by=BY, reason=options["reason"])))
        except CairnloopError as error:
            raise CommandError(error.message) from error


def _said(switch: AutomationSwitch) -> str:
    if not switch.is_stopped:
        return "Automatic replies are not stopped: what the policy allows is sent."
    at = timezone.localtime(switch.changed_at) if switch.changed_at else None
    return f"Automatic replies are stopped since {at:%Y-%m-%d %H:%M %Z} by {switch.changed_by_ref}."
