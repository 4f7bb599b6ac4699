"""Cairnloop as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CairnloopConfig(AppConfig):
    """Connects reactions and registers system checks."""

    name = "cairnloop"
    label = "cairnloop"
    verbose_name = _("Cairnloop support")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cairnloop import checks, wiring

        wiring.connect()
        checks.register_checks()
