"""Cairnloop as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CairnloopConfig(AppConfig):
    """Connects reactions, registers system checks, and lets tables tell what tools do to them after each `migrate`."""

    name = "cairnloop"
    label = "cairnloop"
    verbose_name = _("Cairnloop support")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cairnloop import checks, wiring
        from cairnloop.governance.installing import install_triggers

        wiring.connect()
        checks.register_checks()
        post_migrate.connect(install_triggers, sender=self, dispatch_uid="cairnloop.governance.triggers")
