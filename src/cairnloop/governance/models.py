"""What is proposed, what was decided about it, and what became of it; and the switch that stops all of it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from cairnloop.core.actors import Actor


class AutomationSwitchManager(models.Manager["AutomationSwitch"]):
    """The one row there is."""

    def hold(self) -> AutomationSwitch:
        """Lock the switch until the transaction ends and return it; made where it was never turned."""
        # One after the other also for those who only read it, so that who turns it waits for nobody who comes later.
        try:
            return self.select_for_update().get()
        except AutomationSwitch.DoesNotExist:
            self.bulk_create([AutomationSwitch()], ignore_conflicts=True)
            return self.select_for_update().get()

    def current(self) -> AutomationSwitch:
        """Return how it stands now, for those who only show it."""
        return self.first() or AutomationSwitch()


class AutomationSwitch(models.Model):
    """Whether anything may be sent without a person at all, whatever the policy allows."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    is_stopped = models.BooleanField(default=False)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by_kind = models.CharField(max_length=10, blank=True)
    changed_by_ref = models.CharField(max_length=200, blank=True)
    changed_by_name = models.CharField(max_length=200, blank=True)

    objects = AutomationSwitchManager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="cl_automation_one_switch")]

    def turn(self, *, is_stopped: bool, by: Actor, at: datetime) -> None:
        """Stop or resume, and keep who did. The caller holds the row."""
        self.is_stopped, self.changed_at = is_stopped, at
        self.changed_by_kind, self.changed_by_ref, self.changed_by_name = by.kind, by.ref, by.name
        self.save()
